// XMP files beside a photo: "photo.jpg.xmp" and "photo.xmp".
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "photo/facts.h"

namespace calotype {

// True for the name of an XMP file, whatever the case.
bool IsSidecarName(std::string_view name);

// The sidecars of the photo at `path` that are there, the one that names it whole first. A "photo.xmp" speaks for every
// photo of that name.
std::vector<std::filesystem::path> SidecarsOf(const std::filesystem::path& path);

// What is in it. `orientation` is the photo's, which tells how regions lie. kInvalidArgument when it is no XMP, or
// larger than 16 MB.
StatusOr<PhotoFacts> ReadSidecar(const std::filesystem::path& path, int orientation);

// What the sidecar says takes the place of what the photo says, fact by fact; when and with what it was taken are the
// photo's where it knows.
void TakeFromSidecar(PhotoFacts sidecar, PhotoFacts& facts);

}  // namespace calotype
