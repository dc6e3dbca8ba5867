// Where Calotype keeps its things: the XDG folders, or all under one folder when CALOTYPE_HOME says so.
#pragma once

#include <filesystem>
#include <functional>

namespace calotype {

struct Folders {
  std::filesystem::path config;  // config.toml
  std::filesystem::path data;    // the catalogue
  std::filesystem::path cache;   // models and runtimes: can be made again at any time
};

// Reads CALOTYPE_HOME, XDG_CONFIG_HOME, XDG_DATA_HOME, XDG_CACHE_HOME and HOME through `get` (std::getenv in the
// program). Nothing is created.
Folders FoldersFromEnvironment(const std::function<const char*(const char*)>& get);

}  // namespace calotype
