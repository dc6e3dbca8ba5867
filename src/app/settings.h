// All settings of the program, with their defaults.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/config.h"
#include "base/folders.h"
#include "base/status.h"
#include "inference/engine.h"
#include "inference/placement/device_policy.h"
#include "inference/placement/model_cache.h"
#include "photo/decode.h"
#include "photo/reader_settings.h"
#include "storage/path_mapping.h"
#include "storage/s3_client.h"

namespace calotype {

// Empty paths mean the default below the folders of base/folders.h; 0 means "as many as fit this machine".
struct Settings {
  std::string catalog_file;
  std::string models_folder;
  std::string places_file;
  std::string pack;                            // empty: PackInUse() in model_choice.h
  std::map<std::string, std::string> choices;  // by task; empty: the pack's own
  std::string hub;                             // empty: HF_ENDPOINT, else kHubEndpoint
  int64_t connections = 4;
  int64_t tries = 6;
  int64_t retry_delay_ms = 1000;
  std::string storage_endpoint;
  std::string storage_region;
  int64_t storage_tries = 6;
  std::string search_segments;
  std::vector<std::string> storage_paths;
  std::string onnxruntime;
  std::string openvino;
  std::vector<std::string> providers;
  int64_t device_timeout_s = 60;
  int64_t cpu_timeout_s = 300;
  int64_t batch_delay_us = 2000;
  std::map<std::string, int64_t> max_batch;  // by task
  std::vector<std::string> default_devices = {"auto"};
  std::map<std::string, std::vector<std::string>> devices;  // by task; empty: the default ones
  int64_t cache_memory_mb = 0;
  int64_t cache_idle_s = 0;
  std::map<std::string, int64_t> idle_s;  // by task; -1: cache_idle_s
  std::vector<std::string> preload;
  std::vector<std::string> pinned;
  int64_t workers = 0;
  std::vector<std::string> exclude;
  bool follow_links = false;
  int64_t forget_after_days = 30;
  int64_t nice = 0;
  int64_t max_load = 0;
  bool rest_on_battery = false;
  int64_t settle_s = 2;
  int64_t poll_s = 300;
  int64_t fleet_lease_s = 60;
  int64_t drain_s = 60;
  int64_t walk_s = 300;
  int64_t people_s = 60;
  int64_t max_file_bytes = int64_t{1} << 30;
  int64_t max_pixels = 600'000'000;
  int64_t max_aspect_ratio = 200;
  int64_t max_pages = 100;
  int64_t samples_per_byte = 300;
  int64_t metadata_mb = 64;
  int64_t max_xmp_properties = 2000;
  int64_t max_frames = 100'000;
  int64_t memory_mb = 0;
  bool sandbox = true;
  int64_t decode_s = 60;
  int64_t decoder_memory_mb = 6000;
  std::vector<std::string> listen = {"127.0.0.1:4280"};
  std::string tls_certificate;
  std::string tls_key;
  std::vector<std::string> server_hosts;
  std::vector<std::string> server_folders;
  std::vector<std::string> trash_folders;
  std::vector<std::string> trusted_proxies;
  std::string base_path;
  bool require_token = false;
  int64_t requests_per_minute = 3000;
  int64_t server_connections = 10'000;
  int64_t server_waiting = 1000;
  int64_t server_threads = 4;
  int64_t server_heavy_threads = 0;
  int64_t server_model_threads = 0;
  int64_t upload_mb = 64;
  int64_t idle_timeout_s = 75;
  int64_t body_timeout_s = 120;
  int64_t write_timeout_s = 60;
  int64_t thumbnails_mb = 2000;
  std::vector<std::string> webhook_networks;
  int64_t webhook_retry_ms = 5000;
  std::string immich;
  std::vector<std::string> immich_networks;
  std::vector<std::string> immich_packs;
  std::vector<std::string> immich_licences;
  std::string token_file;
  std::string certificates;
  std::string log_file;
  std::string log_format = "text";

  void Register(ConfigRegistry& registry);
  // Fills in the defaults that depend on the machine.
  void Resolve(const Folders& folders, int cores);
  Status Validate() const;
  DecodeLimits Limits() const;
  ReaderSettings Reader() const;
  // What storage.* says, and where it is empty the environment. kInvalidArgument for an endpoint that is no URL.
  StatusOr<S3Settings> Storage(const std::function<const char*(const char*)>& environment) const;
  // What `storage_paths` says.
  StatusOr<PathMapping> Paths() const;
  // What `providers` says.
  StatusOr<std::vector<PluginProvider>> Plugins() const;
  // By task, and under "" the default one.
  StatusOr<std::map<std::string, DevicePolicy>> Policies() const;
  CacheSettings Cache() const;
};

// The pack that is taken where nobody chose one: the first that is installed of those that people use.
std::string UsualPack(const std::filesystem::path& models_folder);

}  // namespace calotype
