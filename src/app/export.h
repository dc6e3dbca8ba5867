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
#include "app/library.h"
#include "app/sidecar_files.h"
#include "base/status.h"
#include "catalog/catalog.h"
#include "search/query.h"
#include "search/searcher.h"

namespace calotype {

enum class TableFormat {
  kJsonLines,  // one JSON object per photo and line (docs/json.md)
  kCsv,        // a line with the names of the columns, then one row per photo; RFC 4180
};

// All photos that `query` finds with confidence, however many they are; an empty query finds all.
StatusOr<std::vector<Hit>> PhotosToExport(Library& library, const Query& query);

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

// The photos of hits, with the files that the query asked for.
std::vector<ChosenPhoto> ChosenPhotos(std::span<const Hit> hits);

// These photos with all their files that are on the disk. kNotFound when one of them does not exist.
StatusOr<std::vector<ChosenPhoto>> FilesOf(Library& library, std::span<const PhotoId> photos);

struct SidecarOptions {
  SidecarNames names = SidecarNames::kWhole;
  bool labels = false;             // also what models found
  bool remove_old_labels = false;  // see XmpAdditions::unwanted
  bool dry_run = false;            // nothing is written
};

// What was, or with SidecarOptions::dry_run would be, written to one sidecar.
struct WrittenSidecar {
  std::string path;
  bool is_new = false;
  std::vector<std::string> changes;  // as in XmpChange
};

// Each function is called on the calling thread, in the order of the photos' paths.
struct SidecarReport {
  std::function<void(const WrittenSidecar&)> on_written;
  // `path` is that of the photo.
  std::function<void(const std::string& path, const std::string& reason)> on_skipped;
  std::function<void(const Status&)> on_failure;
};

struct ExportedSidecars {
  int64_t written = 0;
  int64_t unchanged = 0;  // had all of it already, or there was nothing to add
  int64_t skipped = 0;    // the photo is gone, or something changed after the last scan
  int64_t failed = 0;     // cannot be read or written
};

// Adds the photo's keywords, the regions and names of its faces and, if asked for, the labels of its objects and its
// tags to the XMP sidecars of the chosen files (xmp_writer.h says how, sidecar_files.h to which). Where a JPEG
// represents the RAW of a pair, the RAW gets its own sidecar too. The photos themselves are only read.
StatusOr<ExportedSidecars> ExportSidecars(const App& app, std::span<const ChosenPhoto> chosen,
                                          const SidecarOptions& options, const SidecarReport& report);

}  // namespace calotype
