// Hears of changes below folders, so that a scan need not look for them.
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
  std::chrono::milliseconds settle{2000};      // that long nothing may have happened before a change is told
  std::chrono::milliseconds patience{60'000};  // ... but a folder that never rests is told after this time
  std::chrono::milliseconds poll{300'000};     // how often folders are looked at that cannot be watched
};

// By inotify where that hears of changes. It does not on network file systems (others change them, and this machine is
// not told), nor when there are more folders than the system lets a user watch: such roots are polled. One thread.
class FolderWatcher {
 public:
  struct Polled {
    std::filesystem::path root;
    std::string reason;  // "on a network file system (NFS)"
  };

  // Begins to watch all folders below `roots`, hidden ones excluded. From now on nothing is missed.
  FolderWatcher(const std::vector<std::filesystem::path>& roots, const WatchOptions& options);

  // Blocks until something changed and then rested, and answers the folders in which it did, none of them below
  // another; roots that are polled, each time that they are due. Empty after `timeout`, or when `stop` is requested.
  std::vector<std::filesystem::path> Wait(std::chrono::milliseconds timeout, const std::stop_token& stop);

  // Those that are polled now, and why.
  const std::vector<Polled>& polled() const { return polled_; }

 private:
  using Clock = std::chrono::steady_clock;

  void AddRoot(const std::filesystem::path& root);
  // Watches the folder and those below it; an errno when the system refuses.
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
