// Which files of one folder belong together.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/catalog.h"

namespace calotype {

// True for what may stand beside a photo and is none itself: XMP, and the videos of live photos.
bool IsCompanionName(std::string_view name);

// The companions of the photos among `files`, which are all files of one folder, by their names:
//   photo.jpg.xmp, photo.xmp  sidecars, the second of every photo called so
//   photo.mov, photo.mp4      the video of a live photo, beside a JPEG or HEIC
//   photo.dng beside photo.jpg (or .heic ...)  the RAW of a pair
// Upper and lower case of names matter, but for extensions. Stamps are not filled in.
std::vector<Companion> FindCompanions(std::span<const std::filesystem::path> files);

}  // namespace calotype
