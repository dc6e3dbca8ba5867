// ONNX Runtime's environment, one per process, and its log.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "inference/engines/onnxruntime_api.h"

namespace calotype {

// Created at the first call, which must follow the opening of the library. Never destroyed, like the library. Throws
// Ort::Exception.
Ort::Env& Environment();

// A reference to the arena in which all CPU sessions compute. A run of one model reuses the memory of another model's
// earlier run, so five models need little more than the largest of them. The first ArenaShare creates the arena; the
// last one frees its memory, except for results that are still in use. A session whose options contain
// "session.use_env_allocators" uses the arena and must hold an ArenaShare as long as it lives. Thread-safe. May throw
// Ort::Exception.
class ArenaShare {
 public:
  ArenaShare();
  ArenaShare(const ArenaShare&) = delete;
  ArenaShare& operator=(const ArenaShare&) = delete;
  ~ArenaShare();
};

// Records what the runtime logs on this thread while the object lives. Some reasons are logged but not thrown (which
// library a provider misses), and old versions report only in the log where nodes run. At most one at a time per
// thread.
class RuntimeLog {
 public:
  RuntimeLog();
  RuntimeLog(const RuntimeLog&) = delete;
  RuntimeLog& operator=(const RuntimeLog&) = delete;
  ~RuntimeLog();

  // True if a recorded line of any severity contains `words`. Lines below the session's log level are not recorded.
  bool Heard(std::string_view words) const;
  // Returns `status`, extended by the first logged error that adds information.
  Status Explain(const Status& status) const;

  // Called by the runtime's log function.
  static void Tell(OrtLoggingLevel severity, std::string_view message);

 private:
  std::vector<std::string> lines_;
  std::vector<std::string> errors_;
};

}  // namespace calotype
