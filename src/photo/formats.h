// The table of all formats, one row each.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "base/status.h"
#include "photo/decode.h"
#include "photo/unturned_photo.h"

namespace calotype {

struct FormatRow {
  PhotoFormat format;
  bool (*sniff)(std::span<const uint8_t> file);
  // Checks what a library would read before it can be stopped; null when there is nothing.
  Status (*check)(std::span<const uint8_t> file, const DecodeLimits& limits);
  StatusOr<UnturnedPhoto> (*decode)(std::span<const uint8_t> file, const DecodeLimits& limits);
  // decode_memory.h
  StatusOr<int64_t> (*memory)(std::span<const uint8_t> file, const DecodeLimits& limits);
  // Reads the metadata without decoding pixels.
  StatusOr<PhotoFacts> (*facts)(std::span<const uint8_t> file, const DecodeLimits& limits);
  // The libvips loader that the format needs, and the package that contains it; empty when none is needed.
  std::string_view vips_loader;
  std::string_view package;
};

// Returns the row whose `sniff` accepts the file; null when none does.
const FormatRow* FindFormat(std::span<const uint8_t> file);

}  // namespace calotype
