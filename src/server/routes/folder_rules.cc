#include "server/routes/folder_rules.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <system_error>

#include "app/folders.h"
#include "storage/photo_storage.h"

namespace calotype {

std::vector<std::string> FolderRules::All() const {
  std::vector<std::string> folders = ScannedFolders(library_).value_or(std::vector<std::string>());
  const std::shared_ptr<const std::vector<std::string>> more = allowed_.Get();
  folders.insert(folders.end(), more->begin(), more->end());
  return folders;
}

std::vector<std::string> FolderRules::Roots() const {
  std::vector<std::string> roots = All();
  std::erase_if(roots, [](const std::string& folder) {
    std::error_code error;
    return !std::filesystem::is_directory(LocalPath(folder), error);
  });
  std::ranges::sort(roots);
  roots.erase(std::ranges::unique(roots).begin(), roots.end());
  return roots;
}

StatusOr<std::vector<std::string>> FolderRules::Subfolders(const std::string& path) const {
  CALOTYPE_ASSIGN_OR_RETURN(const std::filesystem::path real, RealPath(path));
  return SubfoldersOf(real);
}

StatusOr<std::filesystem::path> FolderRules::RealPath(const std::string& path) const {
  std::optional<std::filesystem::path> real;
  if (std::filesystem::path(path).is_absolute()) {
    real = RealPathBelow(path, All());
  }
  return real.has_value() ? StatusOr<std::filesystem::path>(*std::move(real))
                          : absl::PermissionDeniedError(fmt::format(
                                "{} is not at or below a folder that may be scanned; allowed are folders that were "
                                "scanned before, and those of the setting server.folders",
                                path));
}

}  // namespace calotype
