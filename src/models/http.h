// HTTP, as far as fetching models needs it.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace calotype {

struct HttpRequest {
  std::string url;                   // http or https
  std::vector<std::string> headers;  // "Name: value"
  bool head = false;                 // ask for the headers alone
  std::chrono::milliseconds connect_timeout{20'000};
  // Given up when less than a byte a second comes for this long.
  std::chrono::seconds stall_timeout{60};
  std::chrono::milliseconds total_timeout{0};  // for all of it; 0: none
};

struct HttpResponse {
  int status = 0;
  std::map<std::string, std::string> headers;  // names in lower case

  // Empty when there is no such header.
  std::string Header(const std::string& name) const;
};

// What is done with an answer. An error that one of them returns ends the request and is its result.
struct HttpHandlers {
  std::function<Status(const HttpResponse&)> on_response;         // once, before the body
  std::function<Status(std::span<const uint8_t> bytes)> on_body;  // in order; not called for HEAD
};

// Thread-safe: one request runs beside others.
class HttpClient {
 public:
  virtual ~HttpClient() = default;
  // One request; redirects are answers like any other. OK when the whole answer came, whatever its status is.
  //   kUnavailable      no connection, or one that broke: may work when tried again
  //   kInvalidArgument  a URL that is none
  //   kFailedPrecondition  the server's certificate is not trusted
  //   kCancelled        `stop` was requested
  virtual StatusOr<HttpResponse> Send(const HttpRequest& request, const HttpHandlers& handlers,
                                      const std::stop_token& stop) = 0;
};

// By libcurl. Proxies are those of the usual variables (https_proxy, no_proxy, ...).
std::unique_ptr<HttpClient> CreateHttpClient();

// `location` as seen from `base`: what a redirect names. kInvalidArgument when the two make no http or https URL.
StatusOr<std::string> ResolveUrl(const std::string& base, const std::string& location);

// "https://host:443": scheme, host and port, in lower case; empty when `url` is none.
std::string OriginOf(const std::string& url);

// `text` with what a URL's path cannot hold written as %XX; slashes stay.
std::string EscapePath(std::string_view text);

}  // namespace calotype
