// The one environment of ONNX Runtime in this process, and what the runtime says of its own accord.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "inference/engines/onnxruntime_api.h"

namespace calotype {

// Made at the first call, after the library was opened; never destroyed, like the library. Throws Ort::Exception.
Ort::Env& Environment();

// A share in the arena where all sessions on the CPU compute, so that one model's run takes the memory that another's
// has left: five models hold little more than the largest of them. The first share makes the arena, the last gives its
// memory back, but for results that are still in use. A session looks for it where its options say
// "session.use_env_allocators"; it holds a share as long as it lives. Thread-safe. May throw Ort::Exception.
class ArenaShare {
 public:
  ArenaShare();
  ArenaShare(const ArenaShare&) = delete;
  ArenaShare& operator=(const ArenaShare&) = delete;
  ~ArenaShare();
};

// Hears what the runtime logs on this thread while the object lives: some reasons are logged and not thrown (which
// library a provider misses), and old versions only log where nodes run. One at a time on a thread.
class RuntimeLog {
 public:
  RuntimeLog();
  RuntimeLog(const RuntimeLog&) = delete;
  RuntimeLog& operator=(const RuntimeLog&) = delete;
  ~RuntimeLog();

  // True when a line of any severity holds `words`. Only lines that the session's severity lets through are heard.
  bool Heard(std::string_view words) const;
  // `status` with the first logged error that says more than it does.
  Status Explain(const Status& status) const;

  // For the runtime's log function.
  static void Tell(OrtLoggingLevel severity, std::string_view message);

 private:
  std::vector<std::string> lines_;
  std::vector<std::string> errors_;
};

}  // namespace calotype
