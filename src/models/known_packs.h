// The packs that are compiled into the program: the files of packs/ at build time.
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

// A manifest whose model files may not be installed yet.
struct PackSource {
  std::string file;  // name for messages: the given path, or "packs/standard.toml"
  std::string text;
  std::filesystem::path folder;  // folder of the self-tests' photos; empty: they are KnownFile()s
};

// The names of the packs that can be pulled: "standard", "standard-free", "classic".
std::span<const std::string_view> KnownPackNames();

// Returns the pack with that name, or the manifest at that path. kNotFound lists the known names.
StatusOr<PackSource> FindPackSource(const std::string& name_or_path);

// Returns a self-test's photo by its name in a manifest ("self_test/objects.jpg"); nullopt for an unknown one.
std::optional<std::span<const uint8_t>> KnownFile(std::string_view name);

}  // namespace calotype
