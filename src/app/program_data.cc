#include "app/program_data.h"

#include <system_error>

namespace calotype {

namespace fs = std::filesystem;

fs::path FindProgramData(const std::string& name) {
  std::error_code error;
  for (fs::path folder = fs::read_symlink("/proc/self/exe", error); folder.has_relative_path();) {
    folder = folder.parent_path();
    for (fs::path found : {folder / name, folder / "share/calotype" / name}) {
      if (fs::exists(found, error)) {
        return found;
      }
    }
  }
  return {};
}

}  // namespace calotype
