// Backs up, restores and checks the catalogue of a library.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
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

// Reads the whole catalogue and returns one line per fault; empty when it is intact.
StatusOr<std::vector<std::string>> FindCatalogueFaults(Library& library);

}  // namespace calotype
