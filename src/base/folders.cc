#include "base/folders.h"

#include <string>

namespace calotype {
namespace {

namespace fs = std::filesystem;

}  // namespace

Folders FoldersFromEnvironment(const std::function<const char*(const char*)>& get) {
  // The XDG specification treats an empty variable as unset.
  const auto read = [&](const char* name) -> fs::path {
    const char* const value = get(name);
    return value == nullptr ? "" : value;
  };
  const fs::path user = read("HOME");
  const auto folder = [&](const char* name, const char* fallback) {
    const fs::path base = read(name);
    return (base.is_absolute() ? base : user / fallback) / "calotype";
  };
  const fs::path cache = folder("XDG_CACHE_HOME", ".cache");
  if (const fs::path home = read("CALOTYPE_HOME"); !home.empty()) {
    return {.config = home, .data = home, .cache = cache};
  }
  return {
      .config = folder("XDG_CONFIG_HOME", ".config"), .data = folder("XDG_DATA_HOME", ".local/share"), .cache = cache};
}

}  // namespace calotype
