#include "base/log.h"

#include <fcntl.h>
#include <fmt/chrono.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "base/file.h"
#include "base/mutex.h"
#include "base/printable.h"

namespace calotype {
namespace {

std::string_view NameOf(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return "debug";
    case LogLevel::kInfo:
      return "info";
    case LogLevel::kNotice:
      return "notice";
    case LogLevel::kWarning:
      return "warning";
    case LogLevel::kError:
      return "error";
  }
  return "error";
}

// "2026-11-29T14:03:07.250+01:00": ISO 8601 wants a colon in the offset, which strftime leaves out.
std::string LocalTime() {
  const auto now = std::chrono::system_clock::now();
  const std::time_t seconds = std::chrono::system_clock::to_time_t(now);
  const auto milliseconds =
      std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count() % 1000;
  std::tm local{};
  localtime_r(&seconds, &local);
  const int64_t minutes = std::abs(local.tm_gmtoff) / 60;
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}{}{:02}:{:02}", local, milliseconds, local.tm_gmtoff < 0 ? '-' : '+',
                     minutes / 60, minutes % 60);
}

std::string TextLine(LogLevel level, std::string_view message, bool with_time) {
  const std::string name = level < LogLevel::kWarning ? "" : fmt::format("{}: ", NameOf(level));
  return fmt::format("{}calotype: {}{}\n", with_time ? LocalTime() + " " : "", name, message);
}

std::string JsonLine(LogLevel level, std::string_view message, const LogFields& fields) {
  nlohmann::ordered_json line = {{"time", LocalTime()}, {"level", NameOf(level)}, {"message", message}};
  for (const LogField& field : fields) {
    std::visit([&](const auto& value) { line[field.name] = value; }, field.value);
  }
  // Fields may name files, whose names need not be UTF-8.
  return PrintableJson(line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace)) + "\n";
}

StatusOr<UniqueFd> OpenForAppending(const std::filesystem::path& file) {
  constexpr mode_t kMode = 0644;
  UniqueFd opened(open(file.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, kMode));
  if (opened.get() < 0) {
    return ErrnoStatus(errno, fmt::format("cannot open the log file {} (log.file)", file.string()));
  }
  return opened;
}

// The process has one log. It is never destroyed, since threads may still log while the program exits.
class LogState {
 public:
  std::atomic<LogLevel>& level() { return level_; }

  void SetSink(LogSink sink) {
    const MutexLock lock(&mutex_);
    sink_ = std::move(sink);
  }

  void SetPreparation(std::function<void()> prepare) {
    const MutexLock lock(&mutex_);
    prepare_ = std::move(prepare);
  }

  Status SetTarget(LogTarget target) {
    std::optional<UniqueFd> file;
    if (!target.file.empty()) {
      CALOTYPE_ASSIGN_OR_RETURN(file, OpenForAppending(target.file));
    }
    const MutexLock lock(&mutex_);
    target_ = std::move(target);
    file_ = std::move(file);
    return absl::OkStatus();
  }

  LogTarget target() const {
    const MutexLock lock(&mutex_);
    return target_;
  }

  Status Reopen() {
    const MutexLock lock(&mutex_);
    if (!file_.has_value()) {
      return absl::OkStatus();
    }
    CALOTYPE_ASSIGN_OR_RETURN(file_, OpenForAppending(target_.file));
    return absl::OkStatus();
  }

  void Write(LogLevel level, std::string_view message, const LogFields& fields) {
    const MutexLock lock(&mutex_);
    const std::string safe = PrintableLines(message);  // it may name files
    if (sink_) {
      sink_(level, safe);
      return;
    }
    const std::string line = target_.format == LogFormat::kJson
                                 ? JsonLine(level, message, fields)
                                 : TextLine(level, safe, file_.has_value() || isatty(STDERR_FILENO) == 0);
    if (!file_.has_value()) {
      if (prepare_) {
        prepare_();
      }
      std::fwrite(line.data(), 1, line.size(), stderr);
    } else if (const Status written =
                   WriteAll(file_->get(), {reinterpret_cast<const uint8_t*>(line.data()), line.size()});
               !written.ok() && !std::exchange(write_failed_, true)) {
      // Said once: a full disk must not stop the work.
      const std::string problem = TextLine(
          LogLevel::kWarning, fmt::format("cannot write to {}: {}", target_.file.string(), Message(written)), false);
      std::fwrite(problem.data(), 1, problem.size(), stderr);
    }
  }

 private:
  std::atomic<LogLevel> level_ = LogLevel::kNotice;
  mutable Mutex mutex_;
  LogSink sink_ ABSL_GUARDED_BY(mutex_);
  std::function<void()> prepare_ ABSL_GUARDED_BY(mutex_);
  LogTarget target_ ABSL_GUARDED_BY(mutex_);
  std::optional<UniqueFd> file_ ABSL_GUARDED_BY(mutex_);  // set if the target is a file
  bool write_failed_ ABSL_GUARDED_BY(mutex_) = false;
};

LogState& State() {
  static auto* const kState = new LogState;
  return *kState;
}

}  // namespace

void SetLogLevel(LogLevel level) { State().level() = level; }

Status SetLogTarget(LogTarget target) { return State().SetTarget(std::move(target)); }

LogTarget CurrentLogTarget() { return State().target(); }

Status ReopenLog() { return State().Reopen(); }

void SetLogPreparation(std::function<void()> prepare) { State().SetPreparation(std::move(prepare)); }

void SetLogSink(LogSink sink) { State().SetSink(std::move(sink)); }

void Log(LogLevel level, std::string_view message, const LogFields& fields) {
  if (level >= State().level()) {
    State().Write(level, message, fields);
  }
}

}  // namespace calotype
