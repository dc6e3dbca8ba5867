// Where Calotype keeps its files.
#pragma once

#include <filesystem>
#include <functional>

namespace calotype {

struct Folders {
  std::filesystem::path config;  // config.toml
  std::filesystem::path data;    // the catalogue
  std::filesystem::path cache;   // models, runtimes and measurements: can be fetched or made again
};

// The XDG folders of the user. CALOTYPE_HOME, where set, holds configuration and data instead; the cache, which all
// homes of a user share, stays where it is. Reads CALOTYPE_HOME, XDG_CONFIG_HOME, XDG_DATA_HOME, XDG_CACHE_HOME and
// HOME through `get` (std::getenv in the program). Creates nothing.
Folders FoldersFromEnvironment(const std::function<const char*(const char*)>& get);

}  // namespace calotype
