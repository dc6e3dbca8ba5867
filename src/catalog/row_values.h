// Values that several queries read from rows. Only this folder includes it.
#pragma once

#include <cstdint>
#include <vector>

#include "base/file_stamp.h"
#include "base/status.h"
#include "catalog/sqlite.h"
#include "catalog/types.h"

namespace calotype {

// From the columns size, mtime_ns, ctime_ns and inode, of which the first is `column`.
inline FileStamp StampFromRow(const Statement& row, int column) {
  return {.size = row.Int(column),
          .mtime_ns = row.Int(column + 1),
          .ctime_ns = row.Int(column + 2),
          .inode = static_cast<uint64_t>(row.Int(column + 3))};
}

// The first column of all rows.
inline StatusOr<std::vector<PhotoId>> PhotoIds(Statement rows) {
  std::vector<PhotoId> ids;
  CALOTYPE_RETURN_IF_ERROR(rows.ForEach([&ids](const Statement& row) { ids.push_back(row.Int(0)); }));
  return ids;
}

}  // namespace calotype
