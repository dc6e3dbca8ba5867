// XMP files that belong to a photo: "photo.jpg.xmp" and "photo.xmp".
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace calotype {

// Larger XMP files are not read.
inline constexpr std::size_t kMaxSidecarBytes = std::size_t{16} << 20;
inline constexpr std::string_view kSidecarBytesKnob = "a fixed limit for sidecars";

// True for the name of an XMP file, in upper or lower case.
bool IsSidecarName(std::string_view name);

// Returns the existing sidecars of the photo at `path`: those named after the whole file name ("photo.jpg.xmp") first.
// A "photo.xmp" applies to every photo of that name. Where the disk does not tell whether there is one, its path is
// among them: opening it gives the error.
std::vector<std::filesystem::path> SidecarsOf(const std::filesystem::path& path);

}  // namespace calotype
