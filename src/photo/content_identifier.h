// The identifier that ties the photo and the video of a live photo together.
#pragma once

#include <string>

namespace calotype {

// Returns the content identifier that Apple's phones write into both files: in the maker note of a JPEG or HEIC, and as
// com.apple.quicktime.content.identifier in a QuickTime or MP4 video. Empty when there is none, or the file is damaged.
// Reads a few kilobytes, whatever the size of the file. Does not move the offset of the descriptor.
std::string ContentIdentifier(int descriptor);

}  // namespace calotype
