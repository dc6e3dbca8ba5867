// Reads the steps around a tokenizer's model from tokenizer.json. Include it only in .cc files that read JSON.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <vector>

#include "analysis/embed/step_tokenizer.h"
#include "base/status.h"

namespace calotype {

// `json` is the value of "normalizer" or "pre_tokenizer"; null means no step. Returns kInvalidArgument with the type or
// setting that is not supported; throws nlohmann::json::exception for a value of the wrong type.
StatusOr<std::vector<TextStep>> ReadNormaliser(const nlohmann::json& json);
StatusOr<std::vector<SplitStep>> ReadSplitter(const nlohmann::json& json);

// The tokens before and after the text, from the value of "post_processor".
struct EndTokens {
  std::vector<int64_t> prefix;
  std::vector<int64_t> suffix;
};
StatusOr<EndTokens> ReadEndTokens(const nlohmann::json& json);

}  // namespace calotype
