// Which files of one folder belong together.
#pragma once

#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/catalog.h"

namespace calotype {

// True for what may stand beside a photo and is none itself: XMP, and the videos of live photos.
bool IsCompanionName(std::string_view name);

// Tells of the halves of live photos what their names do not. Asked only where it decides something: of an unchanged
// folder of photos and their videos nothing is read.
struct LiveHalves {
  // The content identifier (photo/content_identifier.h) of the photo or video at `path`; empty: none.
  std::function<std::string(const std::string& path)> identifier;
  // The photo whose video this was found to be before, as long as neither has changed; empty: not known.
  std::function<std::string(const std::string& video)> known_photo;
};

// The companions of the photos among `files`, which are all files of one folder:
//   photo.jpg.xmp, photo.xmp  sidecars, the second of every photo called so
//   photo.mov, photo.mp4      the video of a live photo, beside a JPEG or HEIC called so, unless both have content
//                             identifiers that differ; and beside any that has the same identifier
//   photo.dng beside photo.jpg (or .heic ...)  the RAW of a pair
// Upper and lower case of names matter, but for extensions. Stamps are not filled in.
std::vector<Companion> FindCompanions(std::span<const std::filesystem::path> files, const LiveHalves& halves);

}  // namespace calotype
