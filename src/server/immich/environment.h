// Reads the environment variables of Immich's machine-learning container, so that a container can replace it with the
// same variables.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "app/predict_models.h"
#include "base/log.h"

namespace calotype {

// What is unset stays at Calotype's own setting.
struct ImmichSettings {
  std::optional<std::string> host;         // IMMICH_HOST: the address to listen on; "[::]" has no brackets here
  std::optional<int> port;                 // IMMICH_PORT
  std::optional<LogLevel> log_level;       // IMMICH_LOG_LEVEL
  std::optional<int64_t> idle_s;           // MODEL_TTL: as cache.idle_s; 0: models are never unloaded
  std::optional<int64_t> request_threads;  // REQUEST_THREADS: requests that run at the same time
  std::optional<int64_t> threads_per_run;  // MODEL_INTRA_OP_THREADS: CPU threads of one run of a model
  std::optional<int64_t> keep_alive_s;     // HTTP_KEEPALIVE_TIMEOUT_S
  std::vector<PredictModelName> preload;   // PRELOAD__*: to be loaded at the start, and never unloaded
  ImmichModelFolder models;                // CACHE_FOLDER and MODEL_REVISION; the folder is empty if unset
  std::vector<std::string> notes;          // one sentence for each variable that is set and has no effect
};

// Calls `get` (std::getenv in the program) with the name of each variable; it returns null for one that is not set. An
// empty variable counts as unset. A value that cannot be read has no effect, and a note says so.
ImmichSettings ReadImmichEnvironment(const std::function<const char*(const char*)>& get);

}  // namespace calotype
