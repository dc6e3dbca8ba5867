#include "cli/app_config.h"

#include <fmt/format.h>

#include <filesystem>
#include <system_error>

namespace calotype {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kMaxWorkers = 256;

void SetDefault(std::string& path, const fs::path& fallback) {
  if (path.empty()) {
    path = fallback.string();
  }
}

}  // namespace

void AppConfig::Register(ConfigRegistry& registry) {
  registry.AddText("catalog.file", &catalog_file, "the database");
  registry.AddText("models.folder", &models_folder, "where packs are installed");
  registry.AddText("models.pack", &pack, "the pack in use");
  registry.AddText("inference.onnxruntime", &onnxruntime, "ONNX Runtime's library or its folder");
  registry.AddInteger("scan.workers", &workers, 0, kMaxWorkers, "photos looked at side by side; 0: one per core");
  registry.AddInteger("limits.file_bytes", &max_file_bytes, 1, int64_t{1} << 40, "larger files are refused");
  registry.AddInteger("limits.pixels", &max_pixels, 1, int64_t{1} << 40, "larger photos (width x height) are refused");
  registry.AddInteger("limits.aspect_ratio", &max_aspect_ratio, 1, 100'000, "longer, thinner photos are refused");
}

void AppConfig::Resolve(const Folders& folders, int cores) {
  SetDefault(catalog_file, folders.data / "catalog.db");
  SetDefault(models_folder, folders.cache / "models");
  std::error_code error;
  // The runtime that the set-up fetched, where there is one; else the one that the system's loader finds.
  if (const fs::path fetched = folders.cache / "onnxruntime" / "lib";
      onnxruntime.empty() && fs::exists(fetched, error)) {
    onnxruntime = fetched.string();
  }
  if (workers == 0) {
    workers = cores;
  }
}

Status AppConfig::Validate() const {
  if (pack.empty() || pack.find('/') != std::string::npos) {
    return absl::InvalidArgumentError(
        fmt::format("models.pack is '{}'; it must be the name of an installed pack", pack));
  }
  return absl::OkStatus();
}

DecodeLimits AppConfig::Limits() const {
  return {.max_file_bytes = static_cast<std::size_t>(max_file_bytes),
          .max_pixels = max_pixels,
          .max_aspect_ratio = static_cast<int>(max_aspect_ratio)};
}

std::string DescribeConfig(const ConfigRegistry& registry) {
  std::string text;
  for (const ConfigField& field : registry.fields()) {
    text += fmt::format("{:<24}{:<36}{} ({})\n", field.key, field.Value(), field.help, field.EnvironmentName());
  }
  return text;
}

}  // namespace calotype
