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
// exists.
StatusOr<Backup> BackUpCatalogue(Library& library, const std::filesystem::path& target);

struct RestoredCatalogue {
  std::optional<std::filesystem::path> replaced;  // where the catalogue from before was moved; nullopt: there was none
};

// Replaces the catalogue by the checked copy of `backup`. kFailedPrecondition while a scan runs or another operation
// of this library uses the catalogue; no other process may have it open.
StatusOr<RestoredCatalogue> RestoreCatalogue(Library& library, const std::filesystem::path& backup);

// Reads the whole catalogue and returns one line per fault; empty when it is intact.
StatusOr<std::vector<std::string>> FindCatalogueFaults(Library& library);

}  // namespace calotype
