#include "server/routes/folder_rules.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "app/folders.h"
#include "base/file.h"

namespace calotype {

Status FolderRules::Check(const std::string& path) const {
  namespace fs = std::filesystem;
  std::error_code error;
  const fs::path real = fs::canonical(path, error);
  std::vector<std::string> folders = ScannedFolders(library_).value_or(std::vector<std::string>());
  folders.insert(folders.end(), allowed_.begin(), allowed_.end());
  const bool allowed =
      !error && fs::path(path).is_absolute() && std::ranges::any_of(folders, [&real](const auto& folder) {
        std::error_code missing;
        const fs::path root = fs::canonical(folder, missing);
        return !missing && IsAtOrBelow(real, root);
      });
  return allowed
             ? absl::OkStatus()
             : absl::PermissionDeniedError(fmt::format(
                   "{} is not at or below a folder that may be scanned; allowed are folders that were scanned before, "
                   "and those of the setting server.folders",
                   path));
}

}  // namespace calotype
