#include "base/log.h"

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <atomic>
#include <memory>
#include <string>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "base/mutex.h"
#include "base/printable.h"

namespace calotype {
namespace {

spdlog::level::level_enum ToSpdlog(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return spdlog::level::debug;
    case LogLevel::kInfo:
      return spdlog::level::info;
    case LogLevel::kWarning:
      return spdlog::level::warn;
    case LogLevel::kError:
      return spdlog::level::err;
  }
  return spdlog::level::err;
}

// The process has one log. It is never destroyed, since threads may still log while the program exits.
class LogState {
 public:
  LogState() : logger_(std::make_shared<spdlog::sinks::stderr_color_sink_mt>()) {
    logger_.set_pattern("calotype: %^%l%$: %v");
    logger_.set_level(spdlog::level::trace);
  }

  std::atomic<LogLevel>& level() { return level_; }

  void SetSink(LogSink sink) {
    const MutexLock lock(&mutex_);
    sink_ = std::move(sink);
  }

  void Write(LogLevel level, std::string_view message) {
    const MutexLock lock(&mutex_);
    const std::string safe = PrintableLines(message);  // it may name files
    if (sink_) {
      sink_(level, safe);
    } else {
      logger_.log(ToSpdlog(level), "{}", safe);
    }
  }

 private:
  class StderrLogger : public spdlog::logger {
   public:
    explicit StderrLogger(spdlog::sink_ptr sink) : spdlog::logger("calotype", std::move(sink)) {}
  };

  std::atomic<LogLevel> level_ = LogLevel::kWarning;
  Mutex mutex_;
  LogSink sink_ ABSL_GUARDED_BY(mutex_);
  StderrLogger logger_ ABSL_GUARDED_BY(mutex_);
};

LogState& State() {
  static auto* const kState = new LogState;
  return *kState;
}

}  // namespace

void SetLogLevel(LogLevel level) { State().level() = level; }

void SetLogSink(LogSink sink) { State().SetSink(std::move(sink)); }

void Log(LogLevel level, std::string_view message) {
  if (level >= State().level()) {
    State().Write(level, message);
  }
}

}  // namespace calotype
