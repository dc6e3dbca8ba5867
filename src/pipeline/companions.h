// Finds the files of a folder that belong to a photo: sidecars, videos of live photos, RAW files.
#pragma once

#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/types.h"

namespace calotype {

// True for the name of a file that may belong to a photo and is not a photo itself: XMP and video files.
bool IsCompanionName(std::string_view name);

// What the names of photos and videos do not show. The functions are called only where the result matters: in an
// unchanged folder of live photos, no file is read.
struct LiveHalves {
  // Returns the content identifier (PhotoReader::ReadContentIdentifier) of the photo or video at `path`; empty if there
  // is none.
  std::function<std::string(const std::string& path)> identifier;
  // Returns the photo that an earlier scan found for this video, if neither has changed since; otherwise empty.
  std::function<std::string(const std::string& video)> known_photo;
};

// Returns the companions of the photos among `files`, which are all files of one folder:
//   photo.jpg.xmp, photo.xmp  sidecars; the second belongs to every photo of that name
//   photo.mov, photo.mp4      the video of the JPEG or HEIC of the same name, unless their content identifiers differ;
//                             or of any JPEG or HEIC with the same content identifier
//   photo.dng                 the RAW of the pair with photo.jpg (or .heic ...)
// Names are case-sensitive, extensions are not. The stamps are left empty.
std::vector<Companion> FindCompanions(std::span<const std::filesystem::path> files, const LiveHalves& halves);

}  // namespace calotype
