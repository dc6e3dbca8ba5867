#include "catalog/path_matcher.h"

#include <algorithm>

#include "base/unicode.h"

namespace calotype {

PathMatcher::PathMatcher(const PathFilter& filter) {
  for (std::string folder : filter.folders) {
    while (folder.size() > 1 && folder.ends_with('/')) {
      folder.pop_back();
    }
    if (folder.starts_with('/') || folder.find("://") != std::string::npos) {  // "s3://bucket/folder"
      roots_.push_back(ToNormalForm(folder, NormalForm::kNfc) + (folder == "/" ? "" : "/"));
    } else {
      folders_.push_back("/" + FoldCaseAndAccents(folder) + "/");
    }
  }
  for (const std::string& name : filter.names) {
    names_.push_back(FoldCaseAndAccents(name));
  }
}

bool PathMatcher::Matches(std::string_view path) const {
  if (!roots_.empty()) {
    const std::string composed = ToNormalForm(path, NormalForm::kNfc);
    if (!std::ranges::all_of(roots_, [&](const std::string& root) { return composed.starts_with(root); })) {
      return false;
    }
  }
  if (folders_.empty() && names_.empty()) {
    return true;
  }
  const std::string folded = FoldCaseAndAccents(path);
  const std::size_t slash = folded.rfind('/') + 1;
  const std::string_view folders = std::string_view(folded).substr(0, slash);
  const std::string_view name = std::string_view(folded).substr(slash);
  const auto is_in = [](std::string_view text) {
    return [text](const std::string& part) { return text.find(part) != std::string_view::npos; };
  };
  return std::ranges::all_of(folders_, is_in(folders)) && std::ranges::all_of(names_, is_in(name));
}

std::vector<std::string> NamesMatching(std::span<const std::string> names, std::string_view asked) {
  const std::string wanted = FoldCaseAndAccents(asked);
  std::vector<std::string> equal;
  std::vector<std::string> containing;
  for (const std::string& name : names) {
    const std::string folded = FoldCaseAndAccents(name);
    if (folded == wanted) {
      equal.push_back(name);
    } else if (folded.find(wanted) != std::string::npos) {
      containing.push_back(name);
    }
  }
  return equal.empty() ? containing : equal;
}

}  // namespace calotype
