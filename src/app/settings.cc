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
#include "storage/photo_storage.h"

namespace calotype {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kMaxWorkers = 256;
// Analyses of photos wait for shared runs of models, so a server takes more of them than it has cores.
constexpr int64_t kModelThreadsPerCore = 4;

// If no pack is selected, the first of these that is installed is used. A pack that is installed later never replaces
// one that comes before it.
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
                   "the catalogue: sqlite:PATH or a path, on a local disk, not NFS or CIFS; or "
                   "postgresql://USER@HOST/DATABASE (docs/postgres.md)");
  registry.AddText("places.file", &places_file, "the list of places (tools/setup/fetch_places); optional");
  registry.AddText("models.folder", &models_folder, "where packs are installed");
  registry.AddText("models.pack", &pack,
                   "the pack to use; empty: the one that calotype models use selected, else the first installed");
  registry.AddText("models.hub", &hub, "where packs are downloaded from; empty: HF_ENDPOINT, else huggingface.co");
  registry.AddInteger("models.connections", &connections, 1, 64, "files that are downloaded at the same time");
  registry.AddInteger("models.tries", &tries, 1, 1000, "failed downloads of a file in a row before giving up");
  registry.AddInteger("models.retry_delay_ms", &retry_delay_ms, 0, 3'600'000,
                      "wait before the second try, in milliseconds; doubled for each further try");
  registry.AddText("storage.endpoint", &storage_endpoint,
                   "where photos named s3://BUCKET/KEY lie: http(s)://HOST[:PORT]; empty: AWS_ENDPOINT_URL_S3, "
                   "AWS_ENDPOINT_URL, else Amazon S3");
  registry.AddText("storage.region", &storage_region,
                   "the region of that storage; empty: AWS_REGION, AWS_DEFAULT_REGION, else us-east-1");
  registry.AddInteger("storage.tries", &storage_tries, 1, 1000,
                      "failed requests for an object in a row before giving up");
  registry.AddText("search.segments", &search_segments,
                   "where all machines share the vector index: s3://BUCKET/FOLDER or a folder; empty: each makes its "
                   "own (docs/vector-index.md)");
  registry.AddList("storage.paths", &storage_paths,
                   "where folders of the library lie on this machine, each as STORED=HERE, such as "
                   "/mnt/nas/photos=/volume1/photos; empty: where the library says");
  registry.AddText("inference.onnxruntime", &onnxruntime, "ONNX Runtime's library or its folder");
  registry.AddText("inference.openvino", &openvino, "OpenVINO's C library or its folder; optional");
  registry.AddList("inference.providers", &providers, "plug-in execution providers, each as NAME=LIBRARY");
  registry.AddInteger("inference.device_timeout_s", &device_timeout_s, 1, 86'400,
                      "seconds after which a load or a run on a GPU counts as failed");
  registry.AddInteger("inference.cpu_timeout_s", &cpu_timeout_s, 1, 86'400,
                      "seconds after which a run on the CPU counts as failed; a model can loop forever");
  registry.AddInteger("inference.batch_delay_us", &batch_delay_us, 0, 1'000'000,
                      "microseconds that a call on a GPU waits for others, to run together as a batch");
  registry.AddList("devices.default", &default_devices, "auto, or devices in the order in which to try them");
  registry.AddInteger("cache.memory_mb", &cache_memory_mb, 0, int64_t{1} << 30,
                      "unload idle models while all models together use more megabytes; 0: no limit");
  registry.AddInteger("cache.idle_s", &cache_idle_s, 0, int64_t{1} << 30,
                      "seconds without use after which a model is unloaded; 0: never");
  registry.AddList("cache.preload", &preload, "tasks whose models are loaded at the start");
  registry.AddList("cache.pin", &pinned, "tasks whose models are never unloaded");
  for (const std::string_view task : kModelTasks) {
    const std::string name(task);
    registry.AddText("models.choice." + name, &choices[name],
                     "which model of the pack to use for this task; empty: the default");
    registry.AddList("devices." + name, &devices[name],
                     "like devices.default, for the model of this task; empty: devices.default");
    registry.AddInteger("batch." + name, &max_batch.emplace(name, UsualBatch(task)).first->second, 1, 1024,
                        "maximum batch size of the model of this task on a GPU; 1: no batching");
    registry.AddInteger("idle_s." + name, &idle_s.emplace(name, -1).first->second, -1, int64_t{1} << 30,
                        "like cache.idle_s, for the model of this task; -1: cache.idle_s");
  }
  registry.AddInteger("scan.workers", &workers, 0, kMaxWorkers, "photos processed at the same time; 0: one per core");
  registry.AddList("scan.exclude", &exclude, "files and folders to leave out, in the syntax of .gitignore");
  registry.AddBool("scan.follow_links", &follow_links, "enter symbolic links to folders");
  registry.AddInteger("scan.forget_after_days", &forget_after_days, 0, 36'500,
                      "days to keep the data of deleted photos; 0: forever");
  registry.AddInteger("scan.nice", &nice, 0, 19,
                      "lower the priority of scans: 0 is normal, 19 the lowest, as in nice(1)");
  registry.AddInteger("scan.max_load", &max_load, 0, 10'000,
                      "pause scans while the system load caused by other programs is higher; 0: never");
  registry.AddBool("scan.rest_on_battery", &rest_on_battery, "pause scans while the machine runs on battery");
  registry.AddInteger("scan.settle_s", &settle_s, 0, 3600,
                      "with --watch: seconds without changes before a folder is scanned");
  registry.AddInteger("scan.poll_s", &poll_s, 1, 1'000'000,
                      "with --watch: seconds between checks of folders that cannot be watched");
  registry.AddInteger("worker.drain_s", &drain_s, 0, 86'400,
                      "seconds that a stopped worker may take to finish the photos in progress; then it gives them "
                      "back");
  registry.AddInteger("coordinate.walk_s", &walk_s, 1, 31'536'000, "seconds from one walk of the folders to the next");
  registry.AddInteger("coordinate.people_s", &people_s, 1, 86'400,
                      "seconds from one look for new faces, which are assigned to people, to the next");
  registry.AddInteger(
      "fleet.lease_s", &fleet_lease_s, 1, 86'400,
      "a worker or coordinator counts as gone when it has not reported for so many seconds; then another "
      "coordinator leads");
  registry.AddInteger("limits.file_bytes", &max_file_bytes, 1, int64_t{1} << 40, "files with more bytes are refused");
  registry.AddInteger("limits.pixels", &max_pixels, 1, int64_t{1} << 40,
                      "photos with more pixels (width x height) are refused");
  registry.AddInteger("limits.aspect_ratio", &max_aspect_ratio, 1, 100'000,
                      "photos whose long side is more than this many times the short side are refused");
  registry.AddInteger("limits.pages", &max_pages, 1, 65'536,
                      "pages of a document (a TIFF with several pages) that are read; later ones are left out");
  registry.AddInteger("limits.samples_per_byte", &samples_per_byte, 1, 1'000'000,
                      "photos that take more than 200 million samples (a channel of a pixel) and this many for each "
                      "byte of their file to decode are refused");
  registry.AddInteger("limits.metadata_mb", &metadata_mb, 1, 100'000,
                      "photos with more megabytes of EXIF, XMP, IPTC, colour profile and texts are refused");
  registry.AddInteger("limits.xmp_properties", &max_xmp_properties, 1, 1'000'000,
                      "XMP with more properties in one structure is not read; entries of lists do not count");
  registry.AddInteger("limits.frames", &max_frames, 1, 100'000'000, "animations with more frames are refused");
  registry.AddInteger(
      "limits.memory_mb", &memory_mb, 0, int64_t{1} << 30,
      "memory limit of a scan, in megabytes: photos wait until enough is free, and a photo that needs more is "
      "refused; 0: no limit");
  registry.AddBool("scan.sandbox", &sandbox,
                   "keep the processes that read photos from files, the network and other processes");
  registry.AddInteger(
      "limits.decode_s", &decode_s, 1, 86'400,
      "seconds of processor time to read a photo, and one more for each megabyte of its file, after which it fails");
  registry.AddInteger("limits.decoder_memory_mb", &decoder_memory_mb, 100, int64_t{1} << 30,
                      "megabytes of memory that reading one photo may take");
  registry.AddList(
      "server.listen", &listen,
      "addresses to listen on, each as HOST:PORT; on addresses other than this machine's own, clients need a token");
  registry.AddText("server.tls_certificate", &tls_certificate, "a file with the certificate (PEM); empty: no TLS");
  registry.AddText("server.tls_key", &tls_key, "the file with the key of that certificate (PEM)");
  registry.AddList("server.hosts", &server_hosts,
                   "names under which clients reach the server, besides its addresses and the machine's own name");
  registry.AddList("server.folders", &server_folders,
                   "folders that clients may have scanned, besides those that were scanned before");
  registry.AddList("server.trash_folders", &trash_folders,
                   "folders in which clients with the scope admin may move photos to a trash folder; empty: none");
  registry.AddList("server.trusted_proxies", &trusted_proxies,
                   "addresses or networks of proxies whose X-Forwarded-For and X-Forwarded-Proto count");
  registry.AddText("server.base_path", &base_path,
                   "the path under which a proxy passes requests on, such as /photos; empty: none");
  registry.AddBool("server.require_token", &require_token, "ask clients on this machine for a token, too");
  registry.AddInteger("server.requests_per_minute", &requests_per_minute, 0, 1'000'000,
                      "requests a minute of each client that is not on this machine; 0: no limit");
  registry.AddInteger("server.connections", &server_connections, 1, 1'000'000,
                      "open connections; when there are more, the one that is idle for longest is closed");
  registry.AddInteger("server.waiting", &server_waiting, 1, 1'000'000, "requests that may wait for a thread");
  registry.AddInteger("server.threads", &server_threads, 1, 256, "threads that answer searches and lists");
  registry.AddInteger("server.heavy_threads", &server_heavy_threads, 0, 256,
                      "threads that make thumbnails and analyse uploads; 0: one per core");
  registry.AddInteger("server.model_threads", &server_model_threads, 0, 1024,
                      "photos of Immich that are analysed at the same time; 0: four per core");
  registry.AddInteger("server.upload_mb", &upload_mb, 1, 100'000, "megabytes of a photo that a client sends");
  registry.AddInteger("server.idle_timeout_s", &idle_timeout_s, 1, 86'400,
                      "seconds that a connection may wait for its next request");
  registry.AddInteger("server.body_timeout_s", &body_timeout_s, 1, 86'400, "seconds to receive a request's body");
  registry.AddInteger("server.write_timeout_s", &write_timeout_s, 1, 86'400,
                      "seconds to send each 256 KB of a response");
  registry.AddInteger("server.thumbnails_mb", &thumbnails_mb, 1, int64_t{1} << 30,
                      "megabytes of thumbnails that are kept in the cache");
  registry.AddList("server.webhook_networks", &webhook_networks,
                   "internal addresses or networks that webhooks may reach, such as 192.168.1.0/24; empty: none");
  registry.AddInteger(
      "server.webhook_retry_ms", &webhook_retry_ms, 1, 3'600'000,
      "milliseconds until a message to a webhook is repeated; twice as long after each failure, up to an "
      "hour");
  registry.AddText("server.immich", &immich,
                   "answer Immich's machine-learning requests on this HOST:PORT, without tokens; on: IMMICH_HOST and "
                   "IMMICH_PORT, else [::]:3003; empty: off");
  registry.AddList("server.immich_networks", &immich_networks,
                   "addresses or networks from which Immich's requests are answered; empty: all");
  registry.AddList("server.immich_packs", &immich_packs,
                   "packs, or paths of manifests, that are downloaded when Immich asks for a model of theirs; empty: "
                   "nothing is downloaded");
  registry.AddList("server.immich_licences", &immich_licences,
                   "licences that are accepted for server.immich_packs, by name (calotype models pull shows them)");
  registry.AddText("client.token_file", &token_file,
                   "with --server: a file that has the token, for when CALOTYPE_TOKEN is not set");
  registry.AddText("client.certificates", &certificates,
                   "with --server: a file of trusted certificates (PEM), instead of those of the system");
  registry.AddText("log.file", &log_file,
                   "append log lines to this file, with the time, instead of writing them to standard error");
  registry.AddChoice("log.format", &log_format, {"text", "json"},
                     "log lines as text, or as one JSON object a line with time, level, message and fields");
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
  if (server_heavy_threads == 0) {
    server_heavy_threads = cores;
  }
  if (server_model_threads == 0) {
    server_model_threads = kModelThreadsPerCore * cores;
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

StatusOr<PathMapping> Settings::Paths() const { return PathMapping::Parse(storage_paths, "storage.paths"); }

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

StatusOr<S3Settings> Settings::Storage(const std::function<const char*(const char*)>& environment) const {
  return CompleteS3Settings(
      {.endpoint = storage_endpoint, .region = storage_region, .tries = static_cast<int>(storage_tries)}, environment);
}

ReaderSettings Settings::Reader() const {
  return {.sandbox = sandbox, .decode_s = decode_s, .memory_mb = decoder_memory_mb};
}

DecodeLimits Settings::Limits() const {
  return {.max_file_bytes = static_cast<std::size_t>(max_file_bytes),
          .max_pixels = max_pixels,
          .max_aspect_ratio = static_cast<int>(max_aspect_ratio),
          .max_pages = static_cast<int>(max_pages),
          .samples_per_byte = static_cast<int>(samples_per_byte),
          .max_metadata_bytes = metadata_mb * 1'000'000,
          .max_xmp_properties = static_cast<int>(max_xmp_properties),
          .max_frames = static_cast<int>(max_frames)};
}

}  // namespace calotype
