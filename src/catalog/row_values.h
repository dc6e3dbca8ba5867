// Functions that read rows and columns for several queries. Only this folder includes it.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

#include "analysis/findings.h"
#include "base/file_stamp.h"
#include "base/geometry.h"
#include "base/status.h"
#include "catalog/sql.h"
#include "catalog/types.h"

namespace calotype {

// Values of face.decided other than 0. Clustering changes neither; a region does not change what a user decided.
inline constexpr int kDecidedByUser = 1;
inline constexpr int kDecidedByRegion = 2;

// The column, or nullopt for NULL.
inline std::optional<int64_t> OptionalInt(const Statement& row, int column) {
  return row.IsNull(column) ? std::nullopt : std::optional(row.Int(column));
}
inline std::optional<float> OptionalFloat(const Statement& row, int column) {
  return row.IsNull(column) ? std::nullopt : std::optional(row.Float(column));
}

// Reads x, y, width and height, starting at `column`.
inline Box BoxFromRow(const Statement& row, int column) {
  return {row.Float(column), row.Float(column + 1), row.Float(column + 2), row.Float(column + 3)};
}

// Reads size, mtime_ns, ctime_ns and inode, starting at `column`.
inline FileStamp StampFromRow(const Statement& row, int column) {
  return {.size = row.Int(column),
          .mtime_ns = row.Int(column + 1),
          .ctime_ns = row.Int(column + 2),
          .inode = static_cast<uint64_t>(row.Int(column + 3))};
}

// Reads hash and quality, starting at `column`. A hash that is too short is filled up with zeros.
inline PdqFinding PdqFromRow(const Statement& row, int column) {
  PdqFinding pdq;
  const Blob hash = row.Bytes(column);
  std::copy_n(hash.begin(), std::min(hash.size(), pdq.hash.size()), pdq.hash.begin());
  pdq.quality = static_cast<int>(row.Int(column + 1));
  return pdq;
}

// Returns make(row) of each row, in their order.
template <typename Make>
StatusOr<std::vector<std::invoke_result_t<const Make&, const Statement&>>> ReadRows(Statement rows, const Make& make) {
  std::vector<std::invoke_result_t<const Make&, const Statement&>> values;
  CALOTYPE_RETURN_IF_ERROR(rows.ForEach([&](const Statement& row) { values.push_back(make(row)); }));
  return values;
}

// Returns the first column of each row.
inline StatusOr<std::vector<PhotoId>> PhotoIds(Statement rows) {
  return ReadRows(std::move(rows), [](const Statement& row) { return PhotoId{row.Int(0)}; });
}

}  // namespace calotype
