// The names of COCO's classes, in the two numberings that detectors use.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace calotype {

// The names of a detector with `classes` outputs: 80 is COCO's classes without gaps; 91 and 92 are its category ids (92
// with "no object" last), where a gap has no name. Empty for any other number.
std::span<const std::string_view> CocoLabels(std::size_t classes);

}  // namespace calotype
