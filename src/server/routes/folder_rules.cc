#include "server/routes/folder_rules.h"

#include <fmt/format.h>

#include <filesystem>
#include <memory>

#include "app/folders.h"

namespace calotype {

Status FolderRules::Check(const std::string& path) const {
  std::vector<std::string> folders = ScannedFolders(library_).value_or(std::vector<std::string>());
  const std::shared_ptr<const std::vector<std::string>> more = allowed_.Get();
  folders.insert(folders.end(), more->begin(), more->end());
  const bool allowed = std::filesystem::path(path).is_absolute() && RealPathBelow(path, folders).has_value();
  return allowed ? absl::OkStatus()
                 : absl::PermissionDeniedError(
                       fmt::format("{} is not at or below a folder that may be scanned; allowed are folders that were "
                                   "scanned before, and those of the setting server.folders",
                                   path));
}

}  // namespace calotype
