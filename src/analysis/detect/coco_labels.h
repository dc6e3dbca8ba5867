// The names of COCO's classes, in the two numberings that detectors use.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace calotype {

// The names for a detector with `classes` outputs. 80: COCO's classes numbered without gaps. 91 and 92: COCO's category
// ids, where unused ids have empty names; 92 has "no object" last. Empty for any other number.
std::span<const std::string_view> CocoLabels(std::size_t classes);

}  // namespace calotype
