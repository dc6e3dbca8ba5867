// Copies a whole catalogue to another database: from a file to a server, or back.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace calotype {

struct CopiedTable {
  std::string name;
  int64_t rows = 0;
  std::string sha256;  // over all rows in the order of their key; the same on both sides
};

// Called after each page of rows.
using CopyProgress = std::function<void(std::string_view table, int64_t rows)>;

// Copies everything that the catalogue `from` knows to the empty catalogue `to` (both as for Catalog::Open()), page by
// page, then compares the number of rows and their hash in each table. Returns the tables. After an error or a crash,
// the same call goes on where it ended. The copy gets an id of its own, so vector indices are built anew. What the
// pages of one call read is of one instant; nobody should write to either catalogue before it is complete.
//   kFailedPrecondition  `to` has photos that are not of this copy, or both are the same catalogue
//   kDataLoss            the tables differ afterwards: `from` was changed meanwhile, or its texts have bytes that `to`
//                        cannot keep in a key
//   kNotFound            `from` does not exist
StatusOr<std::vector<CopiedTable>> CopyCatalog(const std::string& from, const std::string& to,
                                               const CopyProgress& progress);

}  // namespace calotype
