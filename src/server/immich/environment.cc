#include "server/immich/environment.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <string_view>

#include "base/text.h"
#include "server/immich/entries.h"

namespace calotype {
namespace {

constexpr std::string_view kPrefix = "MACHINE_LEARNING_";

struct Preload {
  std::string_view variable;
  std::vector<PredictRole> roles;
};

const std::array kPreloads = {
    Preload{"MACHINE_LEARNING_PRELOAD__CLIP__TEXTUAL", {PredictRole::kTextEmbedding}},
    Preload{"MACHINE_LEARNING_PRELOAD__CLIP__VISUAL", {PredictRole::kImageEmbedding}},
    Preload{"MACHINE_LEARNING_PRELOAD__FACIAL_RECOGNITION__DETECTION", {PredictRole::kFaceDetection}},
    Preload{"MACHINE_LEARNING_PRELOAD__FACIAL_RECOGNITION__RECOGNITION", {PredictRole::kFaceRecognition}},
    Preload{"MACHINE_LEARNING_PRELOAD__OCR__DETECTION", {PredictRole::kTextDetection}},
    Preload{"MACHINE_LEARNING_PRELOAD__OCR__RECOGNITION", {PredictRole::kTextRecognition}},
    // The names of older releases.
    Preload{"MACHINE_LEARNING_PRELOAD__CLIP", {PredictRole::kTextEmbedding, PredictRole::kImageEmbedding}},
    Preload{"MACHINE_LEARNING_PRELOAD__FACIAL_RECOGNITION",
            {PredictRole::kFaceDetection, PredictRole::kFaceRecognition}},
};

struct WithoutEffect {
  std::string_view variable;
  std::string_view reason;
};

constexpr std::string_view kOneProcess = "one process serves all requests";
constexpr std::string_view kOtherEngine = "Calotype has no engine for this hardware";
constexpr std::string_view kPrecision = "Calotype measures which precision is right and fast enough (calotype doctor)";
constexpr std::string_view kOnlyPacks = "only the packs that server.immich_packs names are downloaded";

constexpr std::array kWithoutEffect = {
    WithoutEffect{"MACHINE_LEARNING_MODEL_TTL_POLL_S", "idle models are looked for four times a second"},
    WithoutEffect{"MACHINE_LEARNING_MODEL_INTER_OP_THREADS", "the layers of a model run one after another"},
    WithoutEffect{"MACHINE_LEARNING_MODEL_ARENA", "Calotype chooses how memory is allocated"},
    WithoutEffect{"MACHINE_LEARNING_WORKERS", kOneProcess},
    WithoutEffect{"MACHINE_LEARNING_WORKER_TIMEOUT", kOneProcess},
    WithoutEffect{"MACHINE_LEARNING_DEVICE_IDS",
                  "set CUDA_VISIBLE_DEVICES to choose a GPU, and devices.default to choose kinds of devices"},
    WithoutEffect{"MACHINE_LEARNING_DEVICE_ID", "set CUDA_VISIBLE_DEVICES to choose a GPU"},
    WithoutEffect{"MACHINE_LEARNING_PRELOAD__OCR__MAX_RESOLUTION", "no model is prepared for one size of photos"},
    WithoutEffect{"MACHINE_LEARNING_MAX_BATCH_SIZE__FACIAL_RECOGNITION", "up to eight faces run together"},
    WithoutEffect{"MACHINE_LEARNING_MAX_BATCH_SIZE__OCR", "six lines of text run together"},
    WithoutEffect{"MACHINE_LEARNING_MAX_BATCH_SIZE__TEXT_RECOGNITION", "six lines of text run together"},
    WithoutEffect{"MACHINE_LEARNING_ANN", kOtherEngine},
    WithoutEffect{"MACHINE_LEARNING_ANN_FP16_TURBO", kOtherEngine},
    WithoutEffect{"MACHINE_LEARNING_ANN_TUNING_LEVEL", kOtherEngine},
    WithoutEffect{"MACHINE_LEARNING_RKNN", kOtherEngine},
    WithoutEffect{"MACHINE_LEARNING_RKNN_THREADS", kOtherEngine},
    WithoutEffect{"MACHINE_LEARNING_OPENVINO_PRECISION", kPrecision},
    WithoutEffect{"MACHINE_LEARNING_ROCM_PRECISION", kPrecision},
    WithoutEffect{"MACHINE_LEARNING_MODEL_ORGANIZATION", kOnlyPacks},
    WithoutEffect{"HF_HUB_OFFLINE", kOnlyPacks},
    WithoutEffect{"DEVICE", "the setting devices.default chooses devices"},
};

struct NamedLevel {
  std::string_view name;
  LogLevel level;
};
constexpr std::array kLevels = {
    NamedLevel{"verbose", LogLevel::kDebug},  NamedLevel{"debug", LogLevel::kDebug},
    NamedLevel{"log", LogLevel::kInfo},       NamedLevel{"info", LogLevel::kInfo},
    NamedLevel{"warn", LogLevel::kWarning},   NamedLevel{"warning", LogLevel::kWarning},
    NamedLevel{"error", LogLevel::kError},    NamedLevel{"fatal", LogLevel::kError},
    NamedLevel{"critical", LogLevel::kError},
};

class Reader {
 public:
  explicit Reader(const std::function<const char*(const char*)>& get) : get_(get) {}

  ImmichSettings Read() {
    ReadListener();
    ReadModels();
    for (const Preload& preload : kPreloads) {
      ReadPreload(preload);
    }
    for (const WithoutEffect& row : kWithoutEffect) {
      if (!Value(row.variable).empty()) {
        Note(row.variable, row.reason);
      }
    }
    return std::move(settings_);
  }

 private:
  // The value without spaces around it; empty when the variable is not set.
  std::string Value(std::string_view variable) const {
    const char* const value = get_(std::string(variable).c_str());
    return value == nullptr ? "" : std::string(Trim(value));
  }

  void Note(std::string_view variable, std::string_view reason) {
    settings_.notes.push_back(fmt::format("{} has no effect: {}", variable, reason));
  }

  // A whole number in `least`..`most`.
  std::optional<int64_t> Number(std::string_view variable, int64_t least, int64_t most) {
    const std::string text = Value(variable);
    if (text.empty()) {
      return std::nullopt;
    }
    int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size() || number < least || number > most) {
      Note(variable, fmt::format("\"{}\" is not a whole number from {} to {}", text, least, most));
      return std::nullopt;
    }
    return number;
  }

  std::optional<int64_t> Prefixed(std::string_view variable, int64_t least, int64_t most) {
    return Number(std::string(kPrefix) + std::string(variable), least, most);
  }

  void ReadListener() {
    constexpr int64_t kMostPort = 65'535;
    constexpr int64_t kDay = 86'400;
    if (const std::string host = Value("IMMICH_HOST"); !host.empty()) {
      settings_.host = Trim(host, "[]");
    }
    if (const std::optional<int64_t> port = Number("IMMICH_PORT", 1, kMostPort)) {
      settings_.port = static_cast<int>(*port);
    }
    settings_.keep_alive_s = Prefixed("HTTP_KEEPALIVE_TIMEOUT_S", 1, kDay);
    const std::string level = ToLowerAscii(Value("IMMICH_LOG_LEVEL"));
    if (const auto* const row = std::ranges::find(kLevels, level, &NamedLevel::name); row != kLevels.end()) {
      settings_.log_level = row->level;
    } else if (!level.empty()) {
      Note("IMMICH_LOG_LEVEL", fmt::format("\"{}\" is none of debug, info, warning, error", level));
    }
  }

  void ReadModels() {
    constexpr int64_t kMostSeconds = int64_t{1} << 30;
    constexpr int64_t kMostThreads = 256;
    if (const auto seconds = Prefixed("MODEL_TTL", std::numeric_limits<int32_t>::min(), kMostSeconds)) {
      settings_.idle_s = std::max<int64_t>(*seconds, 0);
    }
    settings_.request_threads = Positive(Prefixed("REQUEST_THREADS", 0, kMostThreads));
    settings_.threads_per_run = Positive(Prefixed("MODEL_INTRA_OP_THREADS", 0, kMostThreads));
    settings_.models.path = Value("MACHINE_LEARNING_CACHE_FOLDER");
    if (const std::string revision = Value("MACHINE_LEARNING_MODEL_REVISION"); !revision.empty()) {
      settings_.models.revision = revision;
    }
  }

  // 0 asks for the default.
  static std::optional<int64_t> Positive(std::optional<int64_t> number) {
    return number && *number > 0 ? number : std::nullopt;
  }

  void ReadPreload(const Preload& preload) {
    const std::string names = Value(preload.variable);
    std::string_view left = names;
    while (!left.empty()) {
      const std::string_view one = left.substr(0, left.find(','));
      left.remove_prefix(std::min(one.size() + 1, left.size()));
      if (const std::string name = CleanModelName(Trim(one)); !name.empty()) {
        for (const PredictRole role : preload.roles) {
          settings_.preload.push_back({.role = role, .name = name});
        }
      }
    }
  }

  const std::function<const char*(const char*)>& get_;
  ImmichSettings settings_;
};

}  // namespace

ImmichSettings ReadImmichEnvironment(const std::function<const char*(const char*)>& get) { return Reader(get).Read(); }

}  // namespace calotype
