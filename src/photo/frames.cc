#include "photo/frames.h"

#include <algorithm>
#include <cstddef>
#include <string_view>

#include "photo/exif_limits.h"
#include "photo/limits.h"

namespace calotype {
namespace {

using Bytes = std::span<const uint8_t>;

// Takes bytes from the front; beyond the end they are 0.
class FrameReader {
 public:
  explicit FrameReader(Bytes bytes) : rest_(bytes) {}
  bool at_end() const { return rest_.empty(); }
  uint8_t Byte() {
    const uint8_t byte = rest_.empty() ? 0 : rest_.front();
    Skip(1);
    return byte;
  }
  void Skip(std::size_t bytes) { rest_ = rest_.subspan(std::min(bytes, rest_.size())); }
  Bytes First(std::size_t bytes) const { return rest_.first(std::min(bytes, rest_.size())); }
  // Blocks of at most 255 bytes, the last of which is empty (GIF89a, 15).
  void SkipBlocks() {
    while (const uint8_t size = Byte()) {
      Skip(size);
    }
  }
  // The table of colours that `flags` announces.
  void SkipColours(uint8_t flags) { Skip((flags & 0x80) != 0 ? std::size_t{6} << (flags & 7) : 0); }
  uint32_t LittleEndian32() {
    uint32_t number = 0;
    for (unsigned shift = 0; shift < 32; shift += 8) {
      number |= uint32_t{Byte()} << shift;
    }
    return number;
  }
  bool StartsWith(std::string_view text) const {
    return rest_.size() >= text.size() && std::equal(text.begin(), text.end(), rest_.begin(),
                                                     [](char a, uint8_t b) { return a == static_cast<char>(b); });
  }

 private:
  Bytes rest_;
};

}  // namespace

Status CheckGifFrames(Bytes file, const DecodeLimits& limits) {
  constexpr uint8_t kImage = 0x2C;
  constexpr uint8_t kExtension = 0x21;
  FrameReader reader(file);
  reader.Skip(10);
  const uint8_t screen = reader.Byte();
  reader.Skip(2);
  reader.SkipColours(screen);
  int64_t frames = 0;
  while (!reader.at_end()) {
    const uint8_t kind = reader.Byte();
    if (kind == kImage) {
      ++frames;
      CALOTYPE_RETURN_IF_ERROR(CheckFrames(frames, limits));
      reader.Skip(8);
      reader.SkipColours(reader.Byte());
      reader.Skip(1);
      reader.SkipBlocks();
    } else if (kind == kExtension) {
      reader.Skip(1);
      reader.SkipBlocks();
    } else {
      break;
    }
  }
  return absl::OkStatus();
}

Status CheckWebpChunks(Bytes file, const DecodeLimits& limits) {
  FrameReader reader(file);
  reader.Skip(12);
  int64_t frames = 0;
  while (!reader.at_end()) {
    frames += reader.StartsWith("ANMF") ? 1 : 0;
    const bool is_exif = reader.StartsWith("EXIF");
    CALOTYPE_RETURN_IF_ERROR(CheckFrames(frames, limits));
    reader.Skip(4);
    const std::size_t size = reader.LittleEndian32();
    if (is_exif) {
      CALOTYPE_RETURN_IF_ERROR(CheckExif(WithoutExifMark(reader.First(size)), limits).exif);
    }
    reader.Skip(size + size % 2);
  }
  return absl::OkStatus();
}

}  // namespace calotype
