// What an image encoder sees of a photo, and what its class probabilities say.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "analysis/findings.h"
#include "photo/image.h"

namespace calotype {

// `photo`, scaled so that its short side is `short_side`, and of that the `size` x `size` in the middle; size must not
// be more than short_side. Empty for an empty photo. At most four times as much is scaled as is kept, however long the
// photo.
Image CentreSquare(const Image& photo, int short_side, int size);

// The classes with `threshold` or more, likeliest first. probabilities[i] belongs to labels[i].
std::vector<Tag> TagsAbove(std::span<const float> probabilities, std::span<const std::string> labels, float threshold);

}  // namespace calotype
