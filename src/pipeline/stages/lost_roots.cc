#include "pipeline/stages/lost_roots.h"

#include <algorithm>
#include <system_error>

#include "base/file.h"

namespace calotype {

bool LostRoots::Explain(const std::vector<std::string>& paths) {
  std::error_code error;
  for (const std::string& path : paths) {
    const auto root = std::ranges::find_if(roots_, [&](const auto& one) { return IsAtOrBelow(path, one); });
    // The folder that a disk was mounted on remains, and is empty.
    if (root == roots_.end() || (std::filesystem::exists(*root, error) && !std::filesystem::is_empty(*root, error))) {
      return false;
    }
    bool is_new = false;
    {
      const MutexLock lock(&mutex_);
      is_new = reported_.insert(*root).second;
    }
    if (is_new) {
      ++state_.counts().problems;
      state_.Report({.path = root->string(),
                     .analysis = "read",
                     .reason = "is gone or empty, as if its disk was removed; its photos wait for the next scan"});
    }
  }
  return true;
}

}  // namespace calotype
