// Numbers as the bytes of a blob: little-endian, without padding (docs/schema.md).
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

#include "base/geometry.h"
#include "catalog/sqlite.h"

namespace calotype {

static_assert(std::endian::native == std::endian::little, "blobs are written in the machine's own order");

// The bytes of `values`, which must outlive the answer.
template <typename Number, std::size_t kExtent>
Blob AsBlob(std::span<const Number, kExtent> values) {
  return {reinterpret_cast<const uint8_t*>(values.data()), values.size_bytes()};
}

// The numbers in `blob`; a rest shorter than one number is left out.
template <typename Number>
std::vector<Number> FromBlob(Blob blob) {
  std::vector<Number> values(blob.size() / sizeof(Number));
  if (!values.empty()) {
    std::memcpy(values.data(), blob.data(), values.size() * sizeof(Number));
  }
  return values;
}

// x0, y0, x1, y1 ... as float32.
static_assert(sizeof(Point) == 2 * sizeof(float));
template <std::size_t kCount>
Blob PointsBlob(const std::array<Point, kCount>& points) {
  return AsBlob(std::span(points));
}

// kCount points; those that `blob` is too short for stay at the origin.
template <std::size_t kCount>
std::array<Point, kCount> PointsFromBlob(Blob blob) {
  std::array<Point, kCount> points{};
  std::memcpy(points.data(), blob.data(), std::min(blob.size(), sizeof(points)));
  return points;
}

}  // namespace calotype
