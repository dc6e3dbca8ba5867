// Log messages for the user. Library code logs; only the command line prints.
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

namespace calotype {

enum class LogLevel : uint8_t { kDebug, kInfo, kWarning, kError };

// Drops messages below `level`, kWarning by default. Thread-safe.
void SetLogLevel(LogLevel level);

// Sends messages to `sink` instead of stderr; an empty function restores stderr. The sink is called from any thread,
// one message at a time.
using LogSink = std::function<void(LogLevel, std::string_view message)>;
void SetLogSink(LogSink sink);

// Logs one line, given without a newline. Thread-safe.
void Log(LogLevel level, std::string_view message);

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
