#include "photo/decode.h"

#include <fmt/format.h>

#include <new>
#include <utility>
#include <vector>

#include "base/file.h"
#include "photo/decode_memory.h"
#include "photo/formats.h"
#include "photo/limits.h"
#include "photo/orient.h"

namespace calotype {
namespace {

DecodedPhoto MakeUpright(UnturnedPhoto stored, PhotoFormat format) {
  const bool swaps = SwapsAxes(stored.turn);
  return {.image = Upright(std::move(stored.image), stored.turn),
          .full_width = swaps ? stored.height : stored.width,
          .full_height = swaps ? stored.width : stored.height,
          .reduction = stored.reduction,
          .damage = std::move(stored.damage),
          .format = format,
          .facts = std::move(stored.facts),
          .pages = stored.pages};
}

StatusOr<const FormatRow*> RequireFormat(std::span<const uint8_t> file) {
  const FormatRow* const row = FindFormat(file);
  if (row == nullptr) {
    return absl::InvalidArgumentError(
        "not a photo: its first bytes are none of JPEG, PNG, WebP, TIFF, GIF, HEIC, AVIF, JPEG XL or RAW");
  }
  return row;
}

Status CheckStructure(const FormatRow& row, std::span<const uint8_t> file, const DecodeLimits& limits) {
  return row.check == nullptr ? absl::OkStatus() : row.check(file, limits);
}

// Returns the format of the file if this machine can read it.
StatusOr<const FormatRow*> FormatToDecode(std::span<const uint8_t> file, const DecodeLimits& limits) {
  CALOTYPE_RETURN_IF_ERROR(CheckFileSize(file.size(), limits));
  CALOTYPE_ASSIGN_OR_RETURN(const FormatRow* const row, RequireFormat(file));
  if (!CanDecode(row->format)) {
    return absl::UnimplementedError(
        fmt::format("this machine cannot read {}; install the package {}", FormatName(row->format), row->package));
  }
  CALOTYPE_RETURN_IF_ERROR(CheckStructure(*row, file, limits));
  return row;
}

}  // namespace

StatusOr<FileFacts> ReadPhotoFacts(int descriptor, const DecodeLimits& limits) {
  CALOTYPE_ASSIGN_OR_RETURN(const std::vector<uint8_t> file,
                            ReadAll(descriptor, limits.max_file_bytes, kFileBytesKnob));
  CALOTYPE_ASSIGN_OR_RETURN(const FormatRow* const row, RequireFormat(file));
  CALOTYPE_RETURN_IF_ERROR(CheckStructure(*row, file, limits));
  CALOTYPE_ASSIGN_OR_RETURN(PhotoFacts facts, row->facts(file, limits));
  return FileFacts{.format = row->format, .facts = std::move(facts)};
}

StatusOr<DecodedPhoto> DecodePhoto(int descriptor, const DecodeLimits& limits) {
  CALOTYPE_ASSIGN_OR_RETURN(const std::vector<uint8_t> file,
                            ReadAll(descriptor, limits.max_file_bytes, kFileBytesKnob));
  return DecodePhoto(file, limits);
}

StatusOr<DecodedPhoto> DecodePhoto(std::span<const uint8_t> file, const DecodeLimits& limits) try {
  CALOTYPE_ASSIGN_OR_RETURN(const FormatRow* const row, FormatToDecode(file, limits));
  CALOTYPE_ASSIGN_OR_RETURN(UnturnedPhoto stored, row->decode(file, limits));
  if (limits.as_stored) {
    stored.turn = 1;
  }
  return MakeUpright(std::move(stored), row->format);
} catch (const std::bad_alloc&) {
  return absl::ResourceExhaustedError("not enough memory to decode the photo (limits.decoder_memory_mb)");
}

StatusOr<int64_t> MemoryToDecode(std::span<const uint8_t> file, const DecodeLimits& limits) try {
  CALOTYPE_ASSIGN_OR_RETURN(const FormatRow* const row, FormatToDecode(file, limits));
  CALOTYPE_ASSIGN_OR_RETURN(const int64_t bytes, row->memory(file, limits));
  return static_cast<int64_t>(file.size()) + bytes;
} catch (const std::bad_alloc&) {
  return absl::ResourceExhaustedError("not enough memory to read the photo's header");
}

}  // namespace calotype
