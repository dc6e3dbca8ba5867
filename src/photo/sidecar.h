// XMP files that belong to a photo: "photo.jpg.xmp" and "photo.xmp".
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "photo/facts.h"

namespace calotype {

// Larger XMP files are not read.
inline constexpr std::size_t kMaxSidecarBytes = std::size_t{16} << 20;
inline constexpr std::string_view kSidecarBytesKnob = "a fixed limit for sidecars";

// True for the name of an XMP file, in upper or lower case.
bool IsSidecarName(std::string_view name);

// Returns the existing sidecars of the photo at `path`: those named after the whole file name ("photo.jpg.xmp") first.
// A "photo.xmp" applies to every photo of that name.
std::vector<std::filesystem::path> SidecarsOf(const std::filesystem::path& path);

// Reads an open XMP file. `orientation` is the photo's EXIF orientation, by which regions are turned.
// kInvalidArgument when the file is not XMP, kResourceExhausted when it is larger than 16 MB.
StatusOr<PhotoFacts> ReadSidecar(int descriptor, int orientation);

// Replaces each fact of the photo that the sidecar states. The time, camera and lens are taken from the sidecar only
// where the photo does not state them.
void TakeFromSidecar(PhotoFacts sidecar, PhotoFacts& facts);

}  // namespace calotype
