// The child processes of this program that read photos.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "base/mutex.h"
#include "photo/sandbox/child_reader.h"
#include "photo/sandbox/messages.h"

namespace calotype {

// A request with the files that travel with it.
struct ReaderCall {
  ReaderRequest request;
  std::vector<int> files;
  std::size_t sidecars = 0;  // of the files
  std::stop_token stop;
};

struct ReaderReply {
  ReaderAnswer answer;
  std::vector<UniqueFd> files;
};

// Thread-safe. A child answers one request at a time; a request that finds no idle child starts one, so there are as
// many as threads that read photos at once. Children that are idle for a minute end, up to one.
class ReaderPool {
 public:
  // The children of the whole program.
  static ReaderPool& Get();

  // Asks a child, for at most the deadline of the settings plus a second per megabyte of the files. When the child dies
  // over the request, the request is tried once more, alone, in a new child: an earlier photo may have damaged the
  // first one, or somebody killed it. Errors as for ChildReader::Call(), and those that the child answers.
  StatusOr<ReaderReply> Ask(ReaderCall call) ABSL_LOCKS_EXCLUDED(mutex_);

  int64_t ResidentBytes() ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  using Child = std::unique_ptr<ChildReader>;

  StatusOr<Child> Start(ChildKind kind) ABSL_LOCKS_EXCLUDED(mutex_);
  // An idle child, or a new one.
  StatusOr<Child> Take(ChildKind kind) ABSL_LOCKS_EXCLUDED(mutex_);
  void Return(ChildKind kind, Child child) ABSL_LOCKS_EXCLUDED(mutex_);
  StatusOr<ReaderReply> AskOnce(ReaderCall& call, Child& child) ABSL_LOCKS_EXCLUDED(mutex_);

  Mutex mutex_;
  // By kind, the one that was used last at the end.
  std::array<std::vector<Child>, 2> idle_ ABSL_GUARDED_BY(mutex_);
  std::vector<pid_t> processes_ ABSL_GUARDED_BY(mutex_);  // all of them
};

}  // namespace calotype
