// Backs up, restores and checks the catalogue of a library.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "app/library.h"
#include "base/status.h"

namespace calotype {

struct Backup {
  std::filesystem::path file;
  int64_t bytes = 0;
};

// Copies the catalogue to the new file `target`, or into the folder `target` under a name with the date
// ("catalog-2024-05-01-123456.db"). Other processes may use the catalogue meanwhile. kAlreadyExists when the file
// exists, kNotFound when its folder does not.
StatusOr<Backup> BackUpCatalogue(Library& library, const std::filesystem::path& target);

struct RestoredCatalogue {
  std::optional<std::filesystem::path> replaced;  // where the previous catalogue was moved to; nullopt: there was none
};

// Checks a copy of `backup` and replaces the catalogue with it. The previous catalogue is moved to a new file beside
// it, and those of earlier calls stay. No other process may have the catalogue open; a scan and a server are detected.
//   kNotFound            `backup` does not exist
//   kDataLoss            `backup` is damaged or not a catalogue; nothing was changed
//   kFailedPrecondition  a scan or a server runs, or another operation of this library uses the catalogue
StatusOr<RestoredCatalogue> RestoreCatalogue(Library& library, const std::filesystem::path& backup);

// The same, for the server of the library. While the backup is copied and checked, other threads use the catalogue as
// ever; while it is replaced, they wait for less than a second, or up to 10 s for operations in progress. kCancelled
// when `stop` was requested before the catalogue was replaced.
StatusOr<RestoredCatalogue> RestoreWhileServing(Library& library, const std::filesystem::path& backup,
                                                const std::stop_token& stop);

// The backup in the catalogue's folder that a client of the server names: its file name, or its whole path.
//   kInvalidArgument  it lies elsewhere, or is the catalogue itself
//   kNotFound         there is no such file
StatusOr<std::filesystem::path> FindServedBackup(const Library& library, const std::string& named);

// What CopyCatalogue() copied.
struct CopiedCatalogue {
  struct Table {
    std::string name;
    int64_t rows = 0;
    std::string sha256;  // of all rows
  };
  std::vector<Table> tables;
};

// Copies the catalogue `from` to the empty catalogue `to`, and compares them (CopyCatalog() in catalog/copy_catalog.h,
// with its errors). Both are what the setting catalog.file can be. `tell` is called now and then, with a table and how
// many of its rows are copied.
StatusOr<CopiedCatalogue> CopyCatalogue(const std::string& from, const std::string& to,
                                        const std::function<void(std::string_view table, int64_t rows)>& tell);

// Reads the whole catalogue and returns one line per fault; empty when it is intact.
StatusOr<std::vector<std::string>> FindCatalogueFaults(Library& library);

}  // namespace calotype
