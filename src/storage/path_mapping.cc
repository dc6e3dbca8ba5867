#include "storage/path_mapping.h"

#include <fmt/format.h>

#include <filesystem>

#include "storage/object_path.h"

namespace calotype {
namespace {

// Without a slash at the end; empty if it is not absolute and normal.
std::string Folder(std::string_view text) {
  while (text.size() > 1 && text.ends_with('/')) {
    text.remove_suffix(1);
  }
  const std::filesystem::path path(text);
  return path.is_absolute() && path.lexically_normal() == path ? std::string(text) : std::string();
}

bool Holds(std::string_view folder, std::string_view path) {
  return folder == "/" || path == folder || (path.starts_with(folder) && path[folder.size()] == '/');
}

// `path`, which lies in `from`, moved to `to`.
std::string Move(std::string_view path, std::string_view from, std::string_view to) {
  const std::string_view rest = path.substr(from == "/" ? 0 : from.size());  // "" or "/..."
  if (to != "/") {
    return std::string(to).append(rest == "/" ? "" : rest);
  }
  return rest.empty() ? "/" : std::string(rest);
}

}  // namespace

StatusOr<PathMapping> PathMapping::Parse(const std::vector<std::string>& lines, std::string_view setting) {
  PathMapping mapping;
  for (const std::string& line : lines) {
    const std::size_t equals = line.find('=');
    const std::string stored = equals == std::string::npos ? "" : Folder(std::string_view(line).substr(0, equals));
    const std::string here = equals == std::string::npos ? "" : Folder(std::string_view(line).substr(equals + 1));
    if (stored.empty() || here.empty()) {
      return absl::InvalidArgumentError(
          fmt::format("{} has '{}'; it must be STORED=HERE with two absolute folders, such as "
                      "/mnt/nas/photos=/volume1/photos",
                      setting, line));
    }
    mapping.folders_.emplace_back(stored, here);
  }
  return mapping;
}

std::string PathMapping::ToHere(std::string_view stored) const {
  const std::pair<std::string, std::string>* best = nullptr;
  for (const auto& folder : folders_) {
    if (Holds(folder.first, stored) && (best == nullptr || folder.first.size() > best->first.size())) {
      best = &folder;
    }
  }
  return best == nullptr || IsObjectPath(stored) ? std::string(stored) : Move(stored, best->first, best->second);
}

std::string PathMapping::ToStored(std::string_view here) const {
  const std::pair<std::string, std::string>* best = nullptr;
  for (const auto& folder : folders_) {
    if (Holds(folder.second, here) && (best == nullptr || folder.second.size() > best->second.size())) {
      best = &folder;
    }
  }
  return best == nullptr || IsObjectPath(here) ? std::string(here) : Move(here, best->second, best->first);
}

}  // namespace calotype
