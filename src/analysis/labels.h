// Reads the class names of a model from a text file in its pack.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "models/pack.h"

namespace calotype {

// Reads the file that the parameter `key` of `model` names; line i is the name of class i. Returns kInvalidArgument
// when the file is empty or its name leads out of the pack's folder.
StatusOr<std::vector<std::string>> ReadLabels(const ModelSpec& model, std::string_view key);

}  // namespace calotype
