#include "inference/engines/onnxruntime_environment.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/log.h"
#include "base/mutex.h"
#include "inference/engines/onnxruntime_error.h"

namespace calotype {
namespace {

thread_local RuntimeLog* listener = nullptr;

Mutex arena_mutex;
int arena_shares ABSL_GUARDED_BY(arena_mutex) = 0;

Ort::MemoryInfo ArenaMemory() { return Ort::MemoryInfo::CreateCpu(OrtArenaAllocator, OrtMemTypeDefault); }

// The caller gets such an error as well, so it need not be logged for each photo.
bool IsReported(std::string_view message) {
  return listener != nullptr || message.starts_with("Non-zero status code returned while running");
}

// Forwards ONNX Runtime's log to ours. Messages below a warning appear only if a RuntimeLog made a session verbose;
// they are not meant for users.
void ORT_API_CALL LogFromRuntime(void* /*param*/, OrtLoggingLevel severity, const char* /*category*/,
                                 const char* /*id*/, const char* /*location*/, const char* message) {
  RuntimeLog::Tell(severity, message);
  if (severity >= ORT_LOGGING_LEVEL_WARNING) {
    const bool loud = severity >= ORT_LOGGING_LEVEL_ERROR && !IsReported(message);
    Log(loud ? LogLevel::kWarning : LogLevel::kDebug, fmt::format("onnxruntime: {}", message));
  }
}

}  // namespace

Ort::Env& Environment() {
  static auto* const kEnvironment = new Ort::Env(ORT_LOGGING_LEVEL_WARNING, "calotype", LogFromRuntime, nullptr);
  return *kEnvironment;
}

ArenaShare::ArenaShare() {
  const MutexLock lock(&arena_mutex);
  if (arena_shares == 0) {
    // The arena grows by doubling, so that blocks of many sizes fit into freed regions; untouched pages take no memory.
    // Regions of exactly the requested size took a tenth more memory.
    constexpr int kNextPowerOfTwo = 0;
    const Ort::ArenaCfg config(0, kNextPowerOfTwo, -1, -1);
    Environment().CreateAndRegisterAllocator(ArenaMemory(), config);
  }
  ++arena_shares;
}

ArenaShare::~ArenaShare() {
  const MutexLock lock(&arena_mutex);
  if (--arena_shares == 0) {
    const Status gone = Guarded([]() -> Status {
      Environment().UnregisterAllocator(ArenaMemory());
      return absl::OkStatus();
    });
    if (!gone.ok()) {
      LogDebug("onnxruntime does not free its arena: {}", Message(gone));
    }
  }
}

RuntimeLog::RuntimeLog() { listener = this; }

RuntimeLog::~RuntimeLog() { listener = nullptr; }

bool RuntimeLog::Heard(std::string_view words) const {
  return std::any_of(lines_.begin(), lines_.end(),
                     [&](const std::string& line) { return line.find(words) != std::string::npos; });
}

Status RuntimeLog::Explain(const Status& status) const {
  const std::string known = Message(status);
  for (const std::string& error : errors_) {
    // The runtime also logs most of what it throws.
    if (known.find(error) == std::string::npos && error.find(known) == std::string::npos) {
      return {status.code(), fmt::format("{} ({})", known, error)};
    }
  }
  return status;
}

void RuntimeLog::Tell(OrtLoggingLevel severity, std::string_view message) {
  if (listener == nullptr) {
    return;
  }
  listener->lines_.emplace_back(message);
  if (severity >= ORT_LOGGING_LEVEL_ERROR) {
    listener->errors_.emplace_back(message);
  }
}

}  // namespace calotype
