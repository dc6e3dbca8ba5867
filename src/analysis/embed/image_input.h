// Prepares a photo for a classifying image encoder, and turns its class probabilities into tags.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "analysis/findings.h"
#include "photo/image.h"

namespace calotype {

// Scales `photo` so that its short side is `short_side`, and returns the central size x size square. `size` must not
// exceed `short_side`. Returns an empty image for an empty photo. Scales at most four times as much as it keeps,
// however long the photo is.
Image CentreSquare(const Image& photo, int short_side, int size);

// The classes with at least `threshold`, most likely first. probabilities[i] belongs to labels[i].
std::vector<Tag> TagsAbove(std::span<const float> probabilities, std::span<const std::string> labels, float threshold);

}  // namespace calotype
