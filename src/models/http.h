// A minimal HTTP client: downloads of models, and messages to webhooks.
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

// The bytes of an open file, from its start. They are read with pread(), so that a repeated request sends them again.
struct HttpFile {
  int descriptor = -1;
  int64_t bytes = 0;
};

struct HttpClientRequest {
  std::string url;                   // http or https
  std::vector<std::string> headers;  // "Name: value"
  bool head = false;                 // request only the headers
  std::optional<std::string> body;   // nullopt: none
  std::optional<HttpFile> file;      // a body of any size, sent with PUT; not together with `body`
  std::string method;                // empty: GET, POST with a body, or PUT with a file
  std::string certificates;          // a file of trusted ones (PEM); empty: those of the system
  std::chrono::milliseconds connect_timeout{20'000};
  // Give up when less than one byte per second arrives for this long.
  std::chrono::seconds stall_timeout{60};
  std::chrono::milliseconds total_timeout{0};  // for the whole request; 0: no limit
  // Asked for each address (numeric, without the port) before a connection to it is opened; an error refuses it, and
  // becomes the result if no other address answers. With it no proxy is used, and no open connection of an earlier
  // request. Null: all addresses.
  std::function<Status(const std::string& address)> check_address = nullptr;
};

struct HttpClientResponse {
  int status = 0;
  std::map<std::string, std::string> headers;  // names in lower case

  // Returns an empty string when there is no such header.
  std::string Header(const std::string& name) const;
};

// Callbacks for a response. An error that one of them returns ends the request and becomes its result.
struct HttpHandlers {
  std::function<Status(const HttpClientResponse&)> on_response;   // once, before the body
  std::function<Status(std::span<const uint8_t> bytes)> on_body;  // in order; not called for HEAD
};

// Thread-safe: requests run in parallel.
class HttpClient {
 public:
  virtual ~HttpClient() = default;
  // Sends one request. Does not follow redirects: they are responses like any other. OK means that the response arrived
  // completely, whatever its status code is. Returns
  //   kUnavailable         no connection, or it broke: a retry may succeed
  //   kInvalidArgument     not a valid URL
  //   kFailedPrecondition  the server's certificate is not trusted
  //   kCancelled           `stop` was requested
  // or the error of request.check_address.
  virtual StatusOr<HttpClientResponse> Send(const HttpClientRequest& request, const HttpHandlers& handlers,
                                            const std::stop_token& stop) = 0;
};

// A client that uses libcurl. It reads the usual proxy variables (https_proxy, no_proxy, ...).
std::unique_ptr<HttpClient> CreateHttpClient();

// Resolves the `location` of a redirect against the URL `base`. Returns kInvalidArgument when the result is not an http
// or https URL.
StatusOr<std::string> ResolveUrl(const std::string& base, const std::string& location);

// Returns "https://host:443": scheme, host and port in lower case; empty when `url` is not a URL.
std::string OriginOf(const std::string& url);

// Percent-encodes characters that a URL's path may not contain; keeps slashes.
std::string EscapePath(std::string_view text);

}  // namespace calotype
