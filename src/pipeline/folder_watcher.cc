#include "pipeline/folder_watcher.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/inotify.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <system_error>
#include <utility>

#include "pipeline/photo_files.h"
#include "storage/object_path.h"

namespace calotype {
namespace {

namespace fs = std::filesystem;

constexpr uint32_t kEvents = IN_CREATE | IN_MODIFY | IN_CLOSE_WRITE | IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE |
                             IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR | IN_EXCL_UNLINK;
constexpr std::chrono::milliseconds kTick{100};
constexpr std::size_t kEventBytes = 65'536;  // some thousand events

struct NetworkFileSystem {
  uint32_t magic;  // statfs(2)
  std::string_view name;
};
constexpr std::array kNetworkFileSystems = {
    NetworkFileSystem{0x6969, "NFS"},
    NetworkFileSystem{0x517B, "SMB"},
    NetworkFileSystem{0xFE534D42, "SMB"},
    NetworkFileSystem{0xFF534D42, "CIFS"},
    NetworkFileSystem{0x65735546, "FUSE"},
    NetworkFileSystem{0x01021997, "9P"},
    NetworkFileSystem{0x00C36400, "Ceph"},
    NetworkFileSystem{0x5346414F, "AFS"},
    NetworkFileSystem{0x786F4256, "VirtualBox"},
};

// Returns the kind of network file system that holds the folder; empty for a local one.
std::string_view NetworkOf(const fs::path& folder) {
  struct statfs info{};
  if (statfs(folder.c_str(), &info) != 0) {
    return {};
  }
  const auto* const found =
      std::ranges::find(kNetworkFileSystems, static_cast<uint32_t>(info.f_type), &NetworkFileSystem::magic);
  return found == kNetworkFileSystems.end() ? std::string_view() : found->name;
}

// Returns the folders that do not lie below another one.
std::vector<fs::path> Outermost(const std::set<fs::path>& folders) {
  std::vector<fs::path> outermost;
  for (const fs::path& folder : folders) {
    if (outermost.empty() || !IsAtOrBelow(folder, outermost.back())) {
      outermost.push_back(folder);
    }
  }
  return outermost;
}

}  // namespace

FolderWatcher::FolderWatcher(const std::vector<fs::path>& roots, const WatchOptions& options)
    : roots_(roots), options_(options), inotify_(inotify_init1(IN_NONBLOCK | IN_CLOEXEC)) {
  for (const fs::path& root : roots_) {
    AddRoot(root);
  }
  next_poll_ = Clock::now() + options_.poll;
}

void FolderWatcher::AddRoot(const fs::path& root) {
  if (inotify_.get() < 0) {
    return Poll(root, "inotify is not available, or its limit is reached");
  }
  if (IsObjectPath(root.native())) {
    return Poll(root, "object storage does not report changes");
  }
  if (const std::string_view network = NetworkOf(root); !network.empty()) {
    return Poll(root, fmt::format("on a network file system ({}), where inotify does not see changes", network));
  }
  const int error = AddTree(root);
  if (error == ENOSPC) {
    DropBelow(root);
    return Poll(root, "it has more folders than fs.inotify.max_user_watches permits");
  }
  if (error != 0) {
    Poll(root, fmt::format("cannot be watched: {}", std::strerror(error)));
  }
}

void FolderWatcher::Poll(const fs::path& root, std::string reason) {
  polled_.push_back({.root = root, .reason = std::move(reason)});
}

int FolderWatcher::AddTree(const fs::path& folder) {
  const int watch = inotify_add_watch(inotify_.get(), folder.c_str(), kEvents);
  if (watch < 0) {
    return errno;
  }
  folders_[watch] = folder;
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    std::error_code ignored;
    if (it->is_directory(ignored) && !it->is_symlink(ignored) && !IsSkippedName(it->path().filename().string())) {
      if (AddTree(it->path()) == ENOSPC) {
        return ENOSPC;  // Any other error concerns one folder: it was removed, or cannot be read.
      }
    }
  }
  return 0;
}

void FolderWatcher::DropBelow(const fs::path& folder) {
  std::erase_if(folders_, [&](const auto& watched) {
    if (!IsAtOrBelow(watched.second, folder)) {
      return false;
    }
    inotify_rm_watch(inotify_.get(), watched.first);
    return true;
  });
}

void FolderWatcher::ReadEvents() {
  alignas(inotify_event) std::array<char, kEventBytes> buffer;
  ssize_t size = 0;
  while ((size = read(inotify_.get(), buffer.data(), buffer.size())) > 0) {
    for (const char* at = buffer.data(); at < buffer.data() + size;) {
      inotify_event event{};
      std::memcpy(&event, at, sizeof(event));
      const std::string name = event.len > 0 ? at + sizeof(event) : "";
      at += sizeof(event) + event.len;
      if ((event.mask & IN_Q_OVERFLOW) != 0) {
        changed_.insert(roots_.begin(), roots_.end());  // Events were lost: anything may have changed.
        last_change_ = Clock::now();
        continue;
      }
      const auto folder = folders_.find(event.wd);
      if (folder == folders_.end() || (!name.empty() && IsSkippedName(name) && name != ".calotypeignore")) {
        continue;
      }
      const fs::path path = folder->second;
      if ((event.mask & IN_IGNORED) != 0) {
        folders_.erase(folder);
        continue;
      }
      if ((event.mask & IN_ISDIR) != 0 && (event.mask & (IN_CREATE | IN_MOVED_TO)) != 0) {
        DropBelow(path / name);
        if (AddTree(path / name) == ENOSPC) {
          Poll(path / name, "there are more folders than fs.inotify.max_user_watches permits");
        }
      }
      if ((event.mask & IN_ISDIR) != 0 && (event.mask & IN_MOVED_FROM) != 0) {
        DropBelow(path / name);
      }
      if (changed_.empty()) {
        first_change_ = Clock::now();
      }
      changed_.insert(path);
      last_change_ = Clock::now();
    }
  }
}

// Polled roots count as changed when their interval has passed. A root that has reappeared is watched again.
void FolderWatcher::CheckPolled() {
  if (Clock::now() < next_poll_) {
    return;
  }
  next_poll_ = Clock::now() + options_.poll;
  const std::vector<Polled> polled = std::exchange(polled_, {});
  for (const Polled& one : polled) {
    AddRoot(one.root);
    changed_.insert(one.root);
  }
  for (const fs::path& root : roots_) {
    const bool watched = std::ranges::any_of(folders_, [&](const auto& folder) { return folder.second == root; });
    const bool listed = std::ranges::any_of(polled_, [&](const Polled& one) { return one.root == root; });
    if (!watched && !listed) {
      AddRoot(root);
      changed_.insert(root);
    }
  }
}

std::vector<fs::path> FolderWatcher::Wait(std::chrono::milliseconds timeout, const std::stop_token& stop) {
  const Clock::time_point deadline = Clock::now() + timeout;
  while (!stop.stop_requested()) {
    pollfd waiting{.fd = inotify_.get(), .events = POLLIN, .revents = 0};
    if (::poll(&waiting, 1, static_cast<int>(kTick.count())) > 0) {
      ReadEvents();
    }
    CheckPolled();
    const Clock::time_point now = Clock::now();
    if (!changed_.empty() && (now - last_change_ >= options_.settle || now - first_change_ >= options_.patience)) {
      const std::vector<fs::path> folders = Outermost(changed_);
      changed_.clear();
      return folders;
    }
    if (changed_.empty() && now >= deadline) {
      break;
    }
  }
  return {};
}

}  // namespace calotype
