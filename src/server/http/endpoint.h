// An address to listen on.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/status.h"

namespace calotype {

// "127.0.0.1:4280", "[::1]:4280", "localhost:4280", ":4280" (all addresses).
struct Endpoint {
  std::string host;
  uint16_t port = 0;
};
// kInvalidArgument names the text and what is allowed.
StatusOr<Endpoint> ParseEndpoint(std::string_view text);

// "http://127.0.0.1:4280": where this machine reaches it.
std::string UrlOf(std::string_view scheme, const Endpoint& endpoint);

}  // namespace calotype
