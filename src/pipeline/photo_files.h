// Which files of a folder are photos, before any is decoded.
#pragma once

#include <filesystem>
#include <string_view>

namespace calotype {

// True for a name that promises a photo ("IMG_1.HEIC"): such a file is booked even when its content turns out broken,
// so that the user hears of it.
bool HasPhotoExtension(const std::filesystem::path& path);

// True for a folder or file that no scan enters: hidden ones and what file systems and storage boxes keep for
// themselves.
bool IsSkippedName(std::string_view name);

}  // namespace calotype
