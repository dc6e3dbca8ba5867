#include "server/http/endpoint.h"

#include <fmt/format.h>

#include <charconv>

namespace calotype {

StatusOr<Endpoint> ParseEndpoint(std::string_view text) {
  const auto wrong = [text] {
    return absl::InvalidArgumentError(
        fmt::format("'{}' is no address to listen on; write HOST:PORT, such as 127.0.0.1:4280 or [::]:4280", text));
  };
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) {
    return wrong();
  }
  std::string_view host = text.substr(0, colon);
  const std::string_view port = text.substr(colon + 1);
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string_view::npos) {
    return wrong();  // an IPv6 address without brackets
  }
  Endpoint endpoint{.host = std::string(host)};
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), endpoint.port);
  if (error != std::errc() || end != port.data() + port.size()) {
    return wrong();
  }
  return endpoint;
}

std::string UrlOf(std::string_view scheme, const Endpoint& endpoint) {
  const bool is_six = endpoint.host.find(':') != std::string::npos;
  const bool is_any = endpoint.host.empty() || endpoint.host == "::" || endpoint.host == "0.0.0.0";
  const std::string host = is_any ? "localhost" : is_six ? "[" + endpoint.host + "]" : endpoint.host;
  return fmt::format("{}://{}:{}", scheme, host, endpoint.port);
}

}  // namespace calotype
