// The names of a model's classes, from a text file of its pack.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "models/pack.h"

namespace calotype {

// The lines of the file that the parameter `key` of `model` names: line i names class i. kInvalidArgument for a file
// without lines, or a name that leads out of the pack's folder.
StatusOr<std::vector<std::string>> ReadLabels(const ModelSpec& model, std::string_view key);

}  // namespace calotype
