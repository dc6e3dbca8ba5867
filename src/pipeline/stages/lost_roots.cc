#include "pipeline/stages/lost_roots.h"

#include <algorithm>
#include <system_error>

#include "base/file.h"
#include "storage/object_path.h"
#include "storage/photo_storage.h"

namespace calotype {
namespace {

// The folder that a disk was mounted on remains, and is empty.
bool IsLost(const std::filesystem::path& root, const Status& reason) {
  std::error_code error;
  const std::filesystem::path local = LocalPath(root.native());
  return IsObjectPath(root.native())
             ? absl::IsUnavailable(reason)
             : !std::filesystem::exists(local, error) || std::filesystem::is_empty(local, error);
}

}  // namespace

bool LostRoots::Explain(const std::vector<std::string>& paths, const Status& reason) {
  for (const std::string& path : paths) {
    const auto root = std::ranges::find_if(roots_, [&](const auto& one) { return IsAtOrBelow(path, one); });
    if (root == roots_.end() || !IsLost(*root, reason)) {
      return false;
    }
    bool is_new = false;
    {
      const MutexLock lock(&mutex_);
      is_new = reported_.insert(*root).second;
    }
    if (is_new) {
      ++state_.counts().problems;
      state_.Report(
          {.path = root->string(),
           .analysis = "read",
           .reason =
               IsObjectPath(root->native())
                   ? Message(reason) + "; its photos wait for the next scan"
                   : "is gone or empty, as if its disk was removed; its photos wait for the next scan (if it lies "
                     "elsewhere on this machine, set storage.paths)"});
    }
  }
  return true;
}

}  // namespace calotype
