// Reports changes below folders, so that a scan need not search for them.
#pragma once

#include <chrono>
#include <filesystem>
#include <map>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "base/file.h"
#include "base/status.h"

namespace calotype {

struct WatchOptions {
  std::chrono::milliseconds settle{2000};      // changes are reported when there was none for this long
  std::chrono::milliseconds patience{60'000};  // ... but at the latest this long after the first one
  std::chrono::milliseconds poll{300'000};     // interval for folders that cannot be watched
};

// Uses inotify. Roots that inotify cannot watch are polled: those on network file systems, where it does not see the
// changes of other machines, and those with more folders than the system lets a user watch. For one thread.
class FolderWatcher {
 public:
  struct Polled {
    std::filesystem::path root;
    std::string reason;  // "on a network file system (NFS)"
  };

  // Starts to watch all folders below `roots`, except hidden ones. No change is missed from now on.
  FolderWatcher(const std::vector<std::filesystem::path>& roots, const WatchOptions& options);

  // Blocks until something changed and WatchOptions::settle has passed. Returns the folders that changed, none of them
  // below another, and polled roots when their interval has passed. Empty after `timeout` or when `stop` is requested.
  std::vector<std::filesystem::path> Wait(std::chrono::milliseconds timeout, const std::stop_token& stop);

  // The roots that are polled at present.
  const std::vector<Polled>& polled() const { return polled_; }

 private:
  using Clock = std::chrono::steady_clock;

  void AddRoot(const std::filesystem::path& root);
  // Watches the folder and those below it. Returns 0, or the errno with which the system refused.
  int AddTree(const std::filesystem::path& folder);
  void Poll(const std::filesystem::path& root, std::string reason);
  void ReadEvents();
  void DropBelow(const std::filesystem::path& folder);
  void CheckPolled();

  const std::vector<std::filesystem::path> roots_;
  const WatchOptions options_;
  UniqueFd inotify_;
  std::map<int, std::filesystem::path> folders_;  // by watch
  std::vector<Polled> polled_;
  Clock::time_point next_poll_;
  std::set<std::filesystem::path> changed_;
  Clock::time_point first_change_;
  Clock::time_point last_change_;
};

}  // namespace calotype
