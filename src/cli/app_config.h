// All settings of the program, with their defaults.
#pragma once

#include <cstdint>
#include <string>

#include "base/config.h"
#include "base/folders.h"
#include "base/status.h"
#include "photo/decode.h"

namespace calotype {

// Empty paths mean the default below the folders of base/folders.h; 0 means "as many as fit this machine".
struct AppConfig {
  std::string catalog_file;
  std::string models_folder;
  std::string pack = "starter";
  std::string onnxruntime;
  int64_t workers = 0;
  int64_t max_file_bytes = int64_t{1} << 30;
  int64_t max_pixels = 400'000'000;
  int64_t max_aspect_ratio = 200;

  void Register(ConfigRegistry& registry);
  // Fills in the defaults that depend on the machine.
  void Resolve(const Folders& folders, int cores);
  Status Validate() const;
  DecodeLimits Limits() const;
};

// Every field with its value now, its help and its environment variable, one a line.
std::string DescribeConfig(const ConfigRegistry& registry);

}  // namespace calotype
