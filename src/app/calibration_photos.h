// Chooses the photos that models are calibrated with.
#pragma once

#include <cstddef>
#include <filesystem>
#include <vector>

#include "app/app.h"
#include "base/status.h"
#include "models/pack.h"

namespace calotype {

// Paths of up to `count` present photos, spread evenly over the library and the same on each call. Empty when nothing
// was scanned yet.
StatusOr<std::vector<std::filesystem::path>> PhotosOfLibrary(const App& app, std::size_t count);

// The photos of the pack's self-tests, each once, by path.
std::vector<std::filesystem::path> PhotosOfSelfTests(const Pack& pack);

}  // namespace calotype
