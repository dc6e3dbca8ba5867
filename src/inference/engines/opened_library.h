// A shared library that a process opens once.
#pragma once

#include <fmt/format.h>

#include <filesystem>
#include <optional>

#include "absl/base/thread_annotations.h"
#include "base/mutex.h"
#include "base/status.h"

namespace calotype {

// Thread-safe. Users of this class never destroy it: what the library created may outlive every owner.
template <typename Library>
class OpenedLibrary {
 public:
  // Returns what `open(asked)` returned at the first success. kFailedPrecondition if another path was opened then.
  // Errors are not kept.
  template <typename Open>
  StatusOr<const Library*> Get(const std::filesystem::path& asked, const Open& open) ABSL_LOCKS_EXCLUDED(mutex_) {
    const MutexLock lock(&mutex_);
    if (!library_.has_value()) {
      CALOTYPE_ASSIGN_OR_RETURN(library_, open(asked));
      asked_ = asked;
    } else if (asked_ != asked) {
      return absl::FailedPreconditionError(fmt::format("{} is already open in this process; {} cannot be opened too",
                                                       library_->file.string(), asked.string()));
    }
    return &*library_;
  }

 private:
  Mutex mutex_;
  std::optional<Library> library_ ABSL_GUARDED_BY(mutex_);
  std::filesystem::path asked_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace calotype
