// Writes what is known of photos as a table, or into sidecars beside the photos.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "app/app.h"
#include "base/status.h"
#include "catalog/catalog.h"

namespace calotype {

enum class TableFormat {
  kJsonLines,  // one JSON object per photo and line (docs/json.md)
  kCsv,        // a line with the names of the columns, then one row per photo; RFC 4180
};

// Calls `write` with the text of the table, piece by piece in the order of `photos`. Ends with the first error of
// `write`.
Status ExportTable(const App& app, std::span<const PhotoId> photos, TableFormat format,
                   const std::function<Status(std::string_view)>& write);

// The same into a file, which is replaced when the table is complete and stays as it was on an error.
// kInvalidArgument when `file` is a photo of the library.
Status ExportTableToFile(const App& app, std::span<const PhotoId> photos, TableFormat format, const std::string& file);

// A photo and those of its files that get a sidecar.
struct ChosenPhoto {
  PhotoId photo = 0;
  std::vector<std::string> paths;
};

struct ExportedSidecars {
  int64_t written = 0;
  int64_t unchanged = 0;  // had all of it already, or there was nothing to add
  int64_t failed = 0;
};

// Adds keywords (those of the photo, labels of objects, tags) and the regions of named faces to the XMP sidecars of the
// chosen files. Creates FILE.xmp where there is no sidecar, and keeps what others wrote into one. The
// photos themselves are only read. Calls `on_failure` for each sidecar that cannot be read or written.
StatusOr<ExportedSidecars> ExportSidecars(const App& app, std::span<const ChosenPhoto> chosen,
                                          const std::function<void(const Status&)>& on_failure);

}  // namespace calotype
