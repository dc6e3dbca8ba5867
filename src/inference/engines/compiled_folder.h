// The folder in which engines keep what they compiled (SessionOptions::compiled). Whatever lies there can be made
// again.
#pragma once

#include <chrono>
#include <filesystem>
#include <string_view>

#include "base/status.h"

namespace calotype {

// The file for the compiled form of `model`. Its name holds all that this depends on: the model file (path, size, time
// of change), the processor, and `maker` (the engine, its version, settings that leave a mark).
StatusOr<std::filesystem::path> CompiledFile(const std::filesystem::path& folder, const std::filesystem::path& model,
                                             std::string_view maker);

// Removes files, in folders within it too, that nobody read or wrote for that long: of engines, models and settings
// that are no longer in use.
void ForgetUnusedFiles(const std::filesystem::path& folder, std::chrono::hours unused);

}  // namespace calotype
