// The steps around a tokenizer's model, read from tokenizer.json. Only for the .cc files that read JSON.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <vector>

#include "analysis/embed/pipeline.h"
#include "base/status.h"

namespace calotype {

// `json` is the value of "normalizer" and "pre_tokenizer"; null is no step. kInvalidArgument names a type or a setting
// that is not known here; nlohmann::json::exception for a value of another kind than it must have.
StatusOr<std::vector<TextStep>> ReadNormaliser(const nlohmann::json& json);
StatusOr<std::vector<SplitStep>> ReadSplitter(const nlohmann::json& json);

// The tokens before and after the text, from the value of "post_processor".
struct EndTokens {
  std::vector<int64_t> prefix;
  std::vector<int64_t> suffix;
};
StatusOr<EndTokens> ReadEndTokens(const nlohmann::json& json);

}  // namespace calotype
