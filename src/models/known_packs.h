// The packs that the program knows without a file: those of packs/, as they were at build time.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace calotype {

// A manifest whose files may not be here yet.
struct PackSource {
  std::string file;  // what messages call it: the path that was given, or "packs/standard.toml"
  std::string text;
  std::filesystem::path folder;  // where the photos of its self-tests lie; empty: they are KnownFile()s
};

// The names of the packs that can be fetched: "standard", "standard-free", "classic".
std::span<const std::string_view> KnownPackNames();

// The pack of that name, or the manifest at that path. kNotFound names those that are known.
StatusOr<PackSource> FindPackSource(const std::string& name_or_path);

// A photo of a self-test, by its name in a manifest ("self_test/objects.jpg"); nullopt for one that is not known.
std::optional<std::span<const uint8_t>> KnownFile(std::string_view name);

}  // namespace calotype
