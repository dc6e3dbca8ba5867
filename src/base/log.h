// Log messages for the user and the operator. Library code logs; only the command line prints.
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/status.h"

namespace calotype {

// kNotice is for what a user should know although nothing is wrong, such as the device of a model.
enum class LogLevel : uint8_t { kDebug, kInfo, kNotice, kWarning, kError };

enum class LogFormat : uint8_t { kText, kJson };

// A value that a program can read without taking the message apart. Only kJson writes it.
struct LogField {
  std::string name;  // not "time", "level" or "message"
  std::variant<std::string, int64_t, double> value;
};
using LogFields = std::vector<LogField>;

// Drops messages below `level`, kNotice by default. Thread-safe.
void SetLogLevel(LogLevel level);

// Where lines go, and how they look:
//   kText  "2026-11-29T14:03:07.250+01:00 calotype: warning: MESSAGE", without the time on a terminal, and without the
//          level below kWarning
//   kJson  {"time":"2026-11-29T14:03:07.250+01:00","level":"warning","message":"MESSAGE"} and the fields
// Times are local, in ISO 8601 with the offset from UTC.
struct LogTarget {
  std::filesystem::path file;  // lines are appended; empty: standard error
  LogFormat format = LogFormat::kText;

  bool is_plain() const { return file.empty() && format == LogFormat::kText; }
};

// Opens the target and uses it from now on; if its file cannot be opened, returns an error that names it and keeps the
// target before. Thread-safe.
Status SetLogTarget(LogTarget target);
LogTarget CurrentLogTarget();
// Opens the file again under its name, after somebody renamed it (log rotation). Does nothing for standard error. On an
// error the open file stays in use. Thread-safe.
Status ReopenLog();

// `prepare` is called before each line on standard error, from any thread, one at a time: it erases a line that is
// redrawn. An empty function removes it.
void SetLogPreparation(std::function<void()> prepare);

// For tests: sends messages to `sink` instead of the target; an empty function restores the target. The sink is called
// from any thread, one message at a time.
using LogSink = std::function<void(LogLevel, std::string_view message)>;
void SetLogSink(LogSink sink);

// Logs one line, given without a newline. Thread-safe.
void Log(LogLevel level, std::string_view message, const LogFields& fields = {});

template <typename... Args>
void LogDebug(fmt::format_string<Args...> format, Args&&... args) {
  Log(LogLevel::kDebug, fmt::format(format, std::forward<Args>(args)...));
}
template <typename... Args>
void LogInfo(fmt::format_string<Args...> format, Args&&... args) {
  Log(LogLevel::kInfo, fmt::format(format, std::forward<Args>(args)...));
}
template <typename... Args>
void LogWarning(fmt::format_string<Args...> format, Args&&... args) {
  Log(LogLevel::kWarning, fmt::format(format, std::forward<Args>(args)...));
}

}  // namespace calotype
