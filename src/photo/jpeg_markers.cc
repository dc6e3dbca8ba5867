#include "photo/jpeg_markers.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>

namespace calotype {
namespace {

constexpr uint8_t kStartOfScan = 0xDA;
constexpr uint8_t kEndOfImage = 0xD9;
// A Huffman code has at least one bit, so a byte has at most eight blocks of 64 samples, unless a code stands for a run
// of empty blocks, as in the later scans of a progressive picture.
constexpr int64_t kSamplesAByte = int64_t{8} * 64;

// SOF0 to SOF15, except DHT, JPG and DAC, which are in the same range.
bool IsFrame(uint8_t marker) {
  return marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC;
}

class MarkerReader {
 public:
  explicit MarkerReader(std::span<const uint8_t> file) : file_(file) {}

  std::optional<JpegFrame> Read() {
    for (std::size_t at = 2; Next(at);) {
      const uint8_t marker = file_[at + 1];
      const std::size_t segment = at + 2;
      if (marker == kStartOfScan) {
        return ReadScans(segment) ? std::optional(frame_) : std::nullopt;
      }
      if (IsFrame(marker)) {
        ReadFrame(segment, marker);
      }
      at = segment + U16(segment);
    }
    return std::nullopt;
  }

 private:
  struct Channel {
    int id = 0;
    int64_t samples = 0;
  };

  int Byte(std::size_t at) const { return at < file_.size() ? file_[at] : 0; }
  std::size_t U16(std::size_t at) const { return static_cast<std::size_t>(Byte(at) << 8 | Byte(at + 1)); }

  // Moves `at` to the next marker, past fill bytes and past the data of a scan, with its restart markers.
  bool Next(std::size_t& at) const {
    while (at + 4 <= file_.size()) {
      const void* const found = std::memchr(file_.data() + at, 0xFF, file_.size() - at);
      at =
          found == nullptr ? file_.size() : static_cast<std::size_t>(static_cast<const uint8_t*>(found) - file_.data());
      const int code = Byte(at + 1);
      if (at + 4 <= file_.size() && code != 0xFF && code != 0 && (code < 0xD0 || code > 0xD7)) {
        return true;
      }
      ++at;
    }
    return false;
  }

  void ReadFrame(std::size_t segment, uint8_t marker) {
    is_progressive_ = (marker & 3) == 2;
    is_arithmetic_ = marker > 0xC8;
    frame_ = {.width = static_cast<int64_t>(U16(segment + 5)), .height = static_cast<int64_t>(U16(segment + 3))};
    count_ = std::min<std::size_t>(static_cast<std::size_t>(Byte(segment + 7)), channels_.size());
    int64_t across = 1;
    int64_t down = 1;
    for (std::size_t i = 0; i < count_; ++i) {
      const int sampling = Byte(segment + 9 + i * 3);
      across = std::max(across, int64_t{sampling >> 4});
      down = std::max(down, int64_t{sampling & 15});
    }
    const int64_t whole = (frame_.width + 8 * across) * (frame_.height + 8 * down);
    for (std::size_t i = 0; i < count_; ++i) {
      const int sampling = Byte(segment + 9 + i * 3);
      channels_.at(i) = {.id = Byte(segment + 8 + i * 3),
                         .samples = whole * (sampling >> 4) * (sampling & 15) / (across * down)};
      frame_.samples += channels_.at(i).samples;
    }
  }

  // `segment` is the header of the first scan.
  bool ReadScans(std::size_t segment) {
    if (count_ == 0) {
      return false;
    }
    frame_.is_held = is_progressive_ || static_cast<std::size_t>(Byte(segment + 2)) < count_;
    if (!frame_.is_held) {
      // Codes without runs: the data bound the work. Arithmetic coding needs no data at all for what it expects.
      frame_.work = is_arithmetic_ ? frame_.samples : std::min(frame_.samples, BytesAsSamples(file_.size()));
      return true;
    }
    while (true) {
      const std::size_t data = segment + U16(segment);
      std::size_t at = data;
      bool another = Next(at);
      while (another && file_[at + 1] != kStartOfScan && file_[at + 1] != kEndOfImage) {
        at += 2 + std::max<std::size_t>(U16(at + 2), 2);
        another = Next(at);
      }
      frame_.work += WorkOfScan(segment, std::min(at, file_.size()) - std::min(data, file_.size())) / 2;
      if (!another || file_[at + 1] == kEndOfImage) {
        return true;
      }
      segment = at + 2;
    }
  }

  static int64_t BytesAsSamples(std::size_t bytes) { return static_cast<int64_t>(bytes) * kSamplesAByte; }

  int64_t WorkOfScan(std::size_t segment, std::size_t bytes) const {
    const auto count = std::min<std::size_t>(static_cast<std::size_t>(Byte(segment + 2)), channels_.size());
    int64_t samples = 0;
    for (std::size_t i = 0; i < count; ++i) {
      const int id = Byte(segment + 3 + i * 2);
      for (const Channel& channel : channels_) {
        samples += channel.id == id ? channel.samples : 0;
      }
    }
    const bool has_runs = is_progressive_ && Byte(segment + 3 + count * 2) > 0;
    return has_runs || is_arithmetic_ ? samples : std::min(samples, BytesAsSamples(bytes));
  }

  std::span<const uint8_t> file_;
  JpegFrame frame_;
  bool is_progressive_ = false;
  bool is_arithmetic_ = false;
  std::array<Channel, 4> channels_{};  // libjpeg reads no more
  std::size_t count_ = 0;
};

}  // namespace

std::optional<JpegFrame> ReadJpegFrame(std::span<const uint8_t> file) { return MarkerReader(file).Read(); }

}  // namespace calotype
