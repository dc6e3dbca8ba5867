#include "photo/png_limits.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <memory>

#include "photo/exif_limits.h"
#include "photo/iso_boxes.h"
#include "photo/limits.h"

namespace calotype {
namespace {

using Bytes = std::span<const uint8_t>;

constexpr std::size_t kPngSignature = 8;
constexpr std::size_t kCrcBytes = 4;
// What a library keeps for each chunk besides its bytes: keyword, language, and the memory of the entry itself.
constexpr int64_t kChunkBytes = 200;

struct CloseInflate {
  void operator()(z_stream* stream) const { inflateEnd(stream); }
};

// The number of bytes that `packed` becomes; stops above `most`. What is broken ends there.
int64_t UnpackedBytes(Bytes packed, int64_t most) {
  z_stream stream{};
  if (inflateInit(&stream) != Z_OK) {
    return 0;
  }
  const std::unique_ptr<z_stream, CloseInflate> owner(&stream);
  stream.next_in = const_cast<Bytef*>(packed.data());  // zlib only reads it
  stream.avail_in = static_cast<uInt>(packed.size());
  std::array<Bytef, std::size_t{64} << 10> block{};
  int64_t bytes = 0;
  int result = Z_OK;
  while (result == Z_OK && bytes <= most) {
    stream.next_out = block.data();
    stream.avail_out = block.size();
    result = inflate(&stream, Z_NO_FLUSH);
    bytes += static_cast<int64_t>(block.size() - stream.avail_out);
  }
  return bytes;
}

// What follows the keyword and its zero.
Bytes AfterText(Bytes data) {
  const auto zero = std::ranges::find(data, uint8_t{0});
  return zero == data.end() ? Bytes() : Bytes(zero + 1, data.end());
}

// The compressed part of a chunk; empty when it is stored as it is (PNG specification, 11.3.2.3 and 11.3.3).
Bytes PackedPart(uint32_t type, Bytes data) {
  constexpr std::size_t kMethod = 1;
  constexpr std::size_t kFlagAndMethod = 2;
  const Bytes rest = AfterText(data);
  if (type == IsoType("zTXt") || type == IsoType("iCCP")) {
    return rest.subspan(std::min(rest.size(), kMethod));
  }
  const bool is_packed = type == IsoType("iTXt") && rest.size() > kFlagAndMethod && rest[0] == 1;
  return is_packed ? AfterText(AfterText(rest.subspan(kFlagAndMethod))) : Bytes();
}

bool IsMetadata(uint32_t type) {
  constexpr std::array kTypes = {IsoType("tEXt"), IsoType("zTXt"), IsoType("iTXt"), IsoType("iCCP"), IsoType("eXIf")};
  return std::ranges::find(kTypes, type) != kTypes.end();
}

}  // namespace

Status CheckPngChunks(Bytes file, const DecodeLimits& limits) {
  BigEndianReader reader(file.subspan(std::min(file.size(), kPngSignature)));
  int64_t total = 0;
  while (!reader.at_end()) {
    const auto size = static_cast<std::size_t>(reader.Take(4));
    const auto type = static_cast<uint32_t>(reader.Take(4));
    const Bytes data = reader.rest().first(std::min(reader.rest().size(), size));
    reader.Skip(size + kCrcBytes);
    if (!IsMetadata(type)) {
      continue;
    }
    if (type == IsoType("eXIf")) {
      CALOTYPE_RETURN_IF_ERROR(CheckExif(WithoutExifMark(data), limits).exif);
    }
    const Bytes packed = PackedPart(type, data);
    total += kChunkBytes + static_cast<int64_t>(data.size());
    if (!packed.empty()) {
      total += UnpackedBytes(packed, limits.max_metadata_bytes - total);
    }
    CALOTYPE_RETURN_IF_ERROR(CheckMetadataBytes(total, limits));
  }
  return absl::OkStatus();
}

}  // namespace calotype
