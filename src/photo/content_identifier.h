// What ties the two halves of a live photo together.
#pragma once

#include <string>

namespace calotype {

// The content identifier that Apple's phones write into both halves: of a JPEG or HEIC the maker note's in its EXIF, of
// a QuickTime or MP4 video com.apple.quicktime.content.identifier in its metadata. Empty where there is none, and where
// the file is broken. Reads the few kilobytes in which it stands, whatever the file's size; leaves the descriptor's
// offset as it is.
std::string ContentIdentifier(int descriptor);

}  // namespace calotype
