// A library of which a process has one.
#pragma once

#include <fmt/format.h>

#include <filesystem>
#include <optional>

#include "absl/base/thread_annotations.h"
#include "base/mutex.h"
#include "base/status.h"

namespace calotype {

// Thread-safe. Never destroyed where it is used: what it opened may outlive every owner.
template <typename Library>
class OpenedLibrary {
 public:
  // What `open(asked)` answered the first time; kFailedPrecondition when another one was asked for then. An error is
  // not kept.
  template <typename Open>
  StatusOr<const Library*> Get(const std::filesystem::path& asked, const Open& open) ABSL_LOCKS_EXCLUDED(mutex_) {
    const MutexLock lock(&mutex_);
    if (!library_.has_value()) {
      CALOTYPE_ASSIGN_OR_RETURN(library_, open(asked));
      asked_ = asked;
    } else if (asked_ != asked) {
      return absl::FailedPreconditionError(
          fmt::format("{} is already open in this process; {} cannot be opened beside it", library_->file.string(),
                      asked.string()));
    }
    return &*library_;
  }

 private:
  Mutex mutex_;
  std::optional<Library> library_ ABSL_GUARDED_BY(mutex_);
  std::filesystem::path asked_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace calotype
