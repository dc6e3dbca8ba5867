// Numbers as the bytes of a blob: little-endian, without padding (docs/schema.md).
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

#include "base/geometry.h"
#include "base/sha256.h"
#include "catalog/sql.h"

namespace calotype {

static_assert(std::endian::native == std::endian::little, "blobs are written in the machine's own order");

// The bytes of `values`, which must outlive the returned view.
template <typename Number, std::size_t kExtent>
Blob AsBlob(std::span<const Number, kExtent> values) {
  return {reinterpret_cast<const uint8_t*>(values.data()), values.size_bytes()};
}

// The numbers in `blob`; bytes at the end that make no whole number are ignored.
template <typename Number>
std::vector<Number> FromBlob(Blob blob) {
  std::vector<Number> values(blob.size() / sizeof(Number));
  if (!values.empty()) {
    std::memcpy(values.data(), blob.data(), values.size() * sizeof(Number));
  }
  return values;
}

// A digest; if `blob` is too short, the last bytes stay 0.
inline Sha256Digest DigestFromBlob(Blob blob) {
  Sha256Digest digest;
  std::copy_n(blob.begin(), std::min(blob.size(), digest.bytes.size()), digest.bytes.begin());
  return digest;
}

// x0, y0, x1, y1 ... as float32.
static_assert(sizeof(Point) == 2 * sizeof(float));
template <std::size_t kCount>
Blob PointsBlob(const std::array<Point, kCount>& points) {
  return AsBlob(std::span(points));
}

// kCount points; if `blob` is too short, the last ones stay at the origin.
template <std::size_t kCount>
std::array<Point, kCount> PointsFromBlob(Blob blob) {
  std::array<Point, kCount> points{};
  std::memcpy(points.data(), blob.data(), std::min(blob.size(), sizeof(points)));
  return points;
}

}  // namespace calotype
