// Errors in a TOML file, with file, line, what was found and what is allowed. Include it only in .cc files: it shows
// toml++ types.
#pragma once

#include <fmt/format.h>
#include <toml++/toml.h>

#include <string>
#include <string_view>

#include "base/status.h"

namespace calotype {

// Returns an error with the message "packs/starter.toml:12: message".
inline Status TomlError(std::string_view file, const toml::source_region& where, std::string_view message) {
  return absl::InvalidArgumentError(fmt::format("{}:{}: {}", file, where.begin.line, message));
}

// The type of `node` as text for messages: "an integer", "a table" ...
inline std::string_view TomlTypeName(const toml::node& node) {
  switch (node.type()) {
    case toml::node_type::string:
      return "a string";
    case toml::node_type::integer:
      return "an integer";
    case toml::node_type::floating_point:
      return "a floating-point number";
    case toml::node_type::boolean:
      return "a boolean";
    case toml::node_type::array:
      return "an array";
    case toml::node_type::table:
      return "a table";
    default:
      return "a date or time";
  }
}

}  // namespace calotype
