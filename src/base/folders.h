// The folders where Calotype stores its files: the XDG folders, or one folder for everything when CALOTYPE_HOME is set.
#pragma once

#include <filesystem>
#include <functional>

namespace calotype {

struct Folders {
  std::filesystem::path config;  // config.toml
  std::filesystem::path data;    // the catalogue
  std::filesystem::path cache;   // models and runtimes, which can be downloaded or built again
};

// Reads CALOTYPE_HOME, XDG_CONFIG_HOME, XDG_DATA_HOME, XDG_CACHE_HOME and HOME through `get` (std::getenv in the
// program). Creates no folder.
Folders FoldersFromEnvironment(const std::function<const char*(const char*)>& get);

}  // namespace calotype
