// The formats, one row each: the only place that lists them.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "base/status.h"
#include "photo/decode.h"
#include "photo/stored_photo.h"

namespace calotype {

struct FormatRow {
  PhotoFormat format;
  std::string_view name;
  bool (*sniff)(std::span<const uint8_t> file);
  StatusOr<StoredPhoto> (*decode)(std::span<const uint8_t> file, const DecodeLimits& limits);
  // decode_memory.h
  StatusOr<int64_t> (*memory)(std::span<const uint8_t> file, const DecodeLimits& limits);
  // What the header says, without pixels.
  StatusOr<PhotoFacts> (*facts)(std::span<const uint8_t> file);
  // The libvips loader without which the format cannot be read, and what brings it; empty: always there.
  std::string_view vips_loader;
  std::string_view package;
};

// The row whose sniff fits; nullptr when none does.
const FormatRow* FindFormat(std::span<const uint8_t> file);

}  // namespace calotype
