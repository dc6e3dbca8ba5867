// The folder in which engines keep compiled models (SessionOptions::compiled). Everything in it can be created again.
#pragma once

#include <chrono>
#include <filesystem>
#include <string_view>

#include "base/status.h"

namespace calotype {

// The file for the compiled form of `model`. Its name is derived from everything that this depends on: the model file
// (path, size, modification time), the processor, and `maker` (the engine, its version, and relevant settings).
StatusOr<std::filesystem::path> CompiledFile(const std::filesystem::path& folder, const std::filesystem::path& model,
                                             std::string_view maker);

// Deletes files, also in subfolders, that nobody read or wrote for the time `unused`: they belong to engines, models or
// settings that are no longer in use.
void ForgetUnusedFiles(const std::filesystem::path& folder, std::chrono::hours unused);

}  // namespace calotype
