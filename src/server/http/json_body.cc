#include "server/http/json_body.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <nlohmann/json.hpp>

namespace calotype {
namespace {

constexpr int kMaxDepth = 64;

// The number of levels of text that may be JSON: brackets outside strings.
int Depth(std::string_view text) {
  int depth = 0;
  int deepest = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      i += c == '\\' ? 1 : 0;
      in_string = c != '"';
    } else if (c == '"') {
      in_string = true;
    } else if (c == '[' || c == '{') {
      deepest = std::max(deepest, ++depth);
    } else if (c == ']' || c == '}') {
      --depth;
    }
  }
  return deepest;
}

}  // namespace

StatusOr<nlohmann::ordered_json> ParseJsonBody(std::string_view body) {
  if (Depth(body) > kMaxDepth) {
    return absl::InvalidArgumentError(fmt::format("the body has more than {} levels of nested values", kMaxDepth));
  }
  nlohmann::ordered_json json = nlohmann::ordered_json::parse(body, nullptr, /*allow_exceptions=*/false);
  if (json.is_discarded()) {
    return absl::InvalidArgumentError("the body is not JSON");
  }
  return json;
}

}  // namespace calotype
