#include "app/settings.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <filesystem>
#include <iterator>
#include <system_error>

#include "models/pack.h"

namespace calotype {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kMaxWorkers = 256;

// In use where nothing else is said, in this order. A pack that is fetched later does not take the place of another.
constexpr std::array<std::string_view, 4> kUsualPacks = {"starter", "standard", "standard-free", "starter-free"};

void SetDefault(std::string& path, const fs::path& fallback) {
  if (path.empty()) {
    path = fallback.string();
  }
}

Status CheckTasks(std::string_view key, const std::vector<std::string>& tasks) {
  for (const std::string& task : tasks) {
    if (std::ranges::find(kModelTasks, task) == kModelTasks.end()) {
      return absl::InvalidArgumentError(
          fmt::format("{} has '{}'; tasks are {}", key, task, fmt::join(kModelTasks, ", ")));
    }
  }
  return absl::OkStatus();
}

// Encoders treat each row for itself. Detectors are left alone: their photos differ in shape, and some graphs mix the
// rows of their boxes. Lines of text come several a photo, and are padded to fixed numbers of rows where that counts.
int64_t UsualBatch(std::string_view task) {
  const bool encoder = task.starts_with("embed.") || task == "faces.recognise";
  return encoder ? 16 : 1;
}

}  // namespace

std::string UsualPack(const fs::path& models_folder) {
  std::error_code error;
  const auto* const installed = std::ranges::find_if(
      kUsualPacks, [&](std::string_view name) { return fs::exists(models_folder / name / kManifestName, error); });
  return std::string(installed == kUsualPacks.end() ? kUsualPacks.front() : *installed);
}

void Settings::Register(ConfigRegistry& registry) {
  registry.AddText("catalog.file", &catalog_file,
                   "the catalogue: sqlite:PATH or a path; on a local disk, not NFS or CIFS");
  registry.AddText("places.file", &places_file, "names of places (tools/setup/fetch_places); not there: do without");
  registry.AddText("models.folder", &models_folder, "where packs are installed");
  registry.AddText("models.pack", &pack, "the pack in use; empty: what calotype models use chose");
  registry.AddText("models.hub", &hub, "where packs are fetched from; empty: HF_ENDPOINT, else huggingface.co");
  registry.AddInteger("models.connections", &connections, 1, 64, "files that are fetched side by side");
  registry.AddInteger("models.tries", &tries, 1, 1000, "a file is given up after so many in a row that bring nothing");
  registry.AddInteger("models.retry_delay_ms", &retry_delay_ms, 0, 3'600'000,
                      "before the second try; doubled before each further one");
  registry.AddText("inference.onnxruntime", &onnxruntime, "ONNX Runtime's library or its folder");
  registry.AddText("inference.openvino", &openvino, "OpenVINO's C library or its folder; none: do without");
  registry.AddList("inference.providers", &providers, "plug-in execution providers, NAME=LIBRARY each");
  registry.AddInteger("inference.device_timeout_s", &device_timeout_s, 1, 86'400,
                      "a load or a run on a GPU that takes longer is given up");
  registry.AddInteger("inference.batch_delay_us", &batch_delay_us, 0, 1'000'000,
                      "how long a call on a GPU waits for others to share a run with");
  registry.AddList("devices.default", &default_devices, "auto, or devices in the order in which to try them");
  registry.AddInteger("cache.memory_mb", &cache_memory_mb, 0, int64_t{1} << 30,
                      "idle models are unloaded while all hold more; 0: no limit");
  registry.AddInteger("cache.idle_s", &cache_idle_s, 0, int64_t{1} << 30,
                      "a model unused for this long is unloaded; 0: never");
  registry.AddList("cache.preload", &preload, "tasks whose models are loaded at the start");
  registry.AddList("cache.pin", &pinned, "tasks whose models are never unloaded");
  for (const std::string_view task : kModelTasks) {
    const std::string name(task);
    registry.AddText("models.choice." + name, &choices[name],
                     "which of the pack's models for this task; empty: its own");
    registry.AddList("devices." + name, &devices[name], "as devices.default, for this task's model");
    registry.AddInteger("batch." + name, &max_batch.emplace(name, UsualBatch(task)).first->second, 1, 1024,
                        "rows that a run of this task's model on a GPU may have; 1: no batching");
    registry.AddInteger("idle_s." + name, &idle_s.emplace(name, -1).first->second, -1, int64_t{1} << 30,
                        "as cache.idle_s, for this task's model; -1: that");
  }
  registry.AddInteger("scan.workers", &workers, 0, kMaxWorkers, "photos looked at side by side; 0: one per core");
  registry.AddList("scan.exclude", &exclude, "files and folders to leave out, as gitignore has them");
  registry.AddBool("scan.follow_links", &follow_links, "enter symbolic links to folders");
  registry.AddInteger("scan.forget_after_days", &forget_after_days, 0, 36'500,
                      "what is known of deleted photos is kept for so long; 0: for ever");
  registry.AddInteger("scan.nice", &nice, 0, 19, "how much scans give way to other programs, as nice(1) has it");
  registry.AddInteger("scan.max_load", &max_load, 0, 10'000,
                      "scans rest while the load without their own threads is higher; 0: never");
  registry.AddBool("scan.rest_on_battery", &rest_on_battery, "scans rest while the machine runs on its battery");
  registry.AddInteger("scan.settle_s", &settle_s, 0, 3600, "with --watch: that long a folder must have rested");
  registry.AddInteger("scan.poll_s", &poll_s, 1, 1'000'000,
                      "with --watch: how often folders are looked at that cannot be watched");
  registry.AddInteger("limits.file_bytes", &max_file_bytes, 1, int64_t{1} << 40, "larger files are refused");
  registry.AddInteger("limits.pixels", &max_pixels, 1, int64_t{1} << 40, "larger photos (width x height) are refused");
  registry.AddInteger("limits.aspect_ratio", &max_aspect_ratio, 1, 100'000, "longer, thinner photos are refused");
  registry.AddInteger("limits.memory_mb", &memory_mb, 0, int64_t{1} << 30,
                      "what a scan may hold: photos wait for it, larger ones are refused; 0: no limit");
}

void Settings::Resolve(const Folders& folders, int cores) {
  SetDefault(catalog_file, folders.data / "catalog.db");
  SetDefault(models_folder, folders.cache / "models");
  SetDefault(places_file, folders.cache / "places" / "places.tsv");
  std::error_code error;
  // The runtime that the set-up fetched, where there is one; else the one that the system's loader finds.
  if (const fs::path fetched = folders.cache / "onnxruntime" / "lib";
      onnxruntime.empty() && fs::exists(fetched, error)) {
    onnxruntime = fetched.string();
  }
  if (const fs::path fetched = folders.cache / "openvino" / "libs"; openvino.empty() && fs::exists(fetched, error)) {
    openvino = fetched.string();
  }
  if (workers == 0) {
    workers = cores;
  }
}

Status Settings::Validate() const {
  if (pack.find('/') != std::string::npos) {
    return absl::InvalidArgumentError(
        fmt::format("models.pack is '{}'; it must be the name of an installed pack", pack));
  }
  CALOTYPE_RETURN_IF_ERROR(CheckTasks("cache.preload", preload));
  CALOTYPE_RETURN_IF_ERROR(CheckTasks("cache.pin", pinned));
  return Policies().status();
}

StatusOr<std::vector<PluginProvider>> Settings::Plugins() const {
  std::vector<PluginProvider> plugins;
  for (const std::string& text : providers) {
    const std::size_t equals = text.find('=');
    if (equals == std::string::npos || equals == 0 || equals + 1 == text.size() || text.find(':') < equals) {
      return absl::InvalidArgumentError(
          fmt::format("inference.providers has '{}'; NAME=LIBRARY is needed, with a name that has no colon", text));
    }
    plugins.push_back({.name = text.substr(0, equals), .library = text.substr(equals + 1)});
  }
  return plugins;
}

StatusOr<std::map<std::string, DevicePolicy>> Settings::Policies() const {
  CALOTYPE_ASSIGN_OR_RETURN(const std::vector<PluginProvider> plugins, Plugins());
  std::vector<std::string> names;
  std::ranges::transform(plugins, std::back_inserter(names), &PluginProvider::name);
  std::map<std::string, DevicePolicy> policies;
  CALOTYPE_ASSIGN_OR_RETURN(policies[""], ParseDevicePolicy("devices.default", default_devices, names));
  for (const auto& [task, value] : devices) {
    if (!value.empty()) {
      CALOTYPE_ASSIGN_OR_RETURN(policies[task], ParseDevicePolicy("devices." + task, value, names));
    }
  }
  return policies;
}

CacheSettings Settings::Cache() const {
  CacheSettings settings{.memory_bytes = cache_memory_mb * 1'000'000,
                         .idle = std::chrono::seconds(cache_idle_s),
                         .pinned = {pinned.begin(), pinned.end()}};
  for (const auto& [task, seconds] : idle_s) {
    if (seconds >= 0) {
      settings.idle_by_task[task] = std::chrono::seconds(seconds);
    }
  }
  return settings;
}

DecodeLimits Settings::Limits() const {
  return {.max_file_bytes = static_cast<std::size_t>(max_file_bytes),
          .max_pixels = max_pixels,
          .max_aspect_ratio = static_cast<int>(max_aspect_ratio)};
}

std::string DescribeSettings(const ConfigRegistry& registry) {
  std::size_t key = 0;
  std::size_t value = 0;
  for (const ConfigField& field : registry.fields()) {
    key = std::max(key, field.key.size());
    value = std::max(value, field.Value().size());
  }
  std::string text;
  for (const ConfigField& field : registry.fields()) {
    text += fmt::format("{:<{}}  {:<{}}  {} ({})\n", field.key, key, field.Value(), value, field.help,
                        field.EnvironmentName());
  }
  return text;
}

}  // namespace calotype
