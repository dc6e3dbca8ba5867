// Requests and responses as plain values. HTTP's library stays in http_server.cc.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "app/tokens.h"
#include "base/file.h"

namespace calotype {

// The numbers of responses; ReasonPhrase() has their names.
namespace http_status {
inline constexpr int kNoContent = 204;
inline constexpr int kPartial = 206;
inline constexpr int kUnchanged = 304;
inline constexpr int kBadRequest = 400;
inline constexpr int kUnauthorized = 401;
inline constexpr int kForbidden = 403;
inline constexpr int kNotFound = 404;
inline constexpr int kWrongMethod = 405;
inline constexpr int kTimeout = 408;
inline constexpr int kConflict = 409;
inline constexpr int kTooLarge = 413;
inline constexpr int kWrongType = 415;
inline constexpr int kOutside = 416;
inline constexpr int kMisdirected = 421;
inline constexpr int kUnprocessable = 422;
inline constexpr int kTooMany = 429;
inline constexpr int kHeadTooLarge = 431;
inline constexpr int kInternalError = 500;
inline constexpr int kNotImplemented = 501;
inline constexpr int kUnavailable = 503;
}  // namespace http_status

struct HttpRequest {
  std::string id;      // 16 hexadecimal digits, different for each request; also the response's X-Request-Id
  std::string method;  // "GET"
  std::string target;  // as it was sent: "/api/v1/search?q=a%20dog"
  std::string path;    // decoded and without the query: "/api/v1/search"
  std::vector<std::pair<std::string, std::string>> query;    // decoded, in order
  std::vector<std::pair<std::string, std::string>> headers;  // names in lower case, in order
  std::string body;
  std::string client;          // the address of the client, without a port: "192.168.1.7"
  bool from_loopback = false;  // the connection came from this machine
  bool secure = false;         // over TLS, or a trusted proxy says so
  Scope scope = Scope::kNone;  // what the caller may do; Admit() sets it

  // The value of the first header with this name (lower case); empty if there is none.
  std::string_view Header(std::string_view name) const;
  // How many headers have this name.
  std::size_t CountHeader(std::string_view name) const;
};

// A part of an open file.
struct FileBody {
  UniqueFd file;
  uint64_t offset = 0;
  uint64_t bytes = 0;
};

// Events for as long as the client listens. Next() returns what to send now, empty if there is nothing, or nullopt at
// the end. It is called several times a second, never concurrently, and must not wait.
using EventStream = std::function<std::optional<std::string>()>;

struct HttpResponse {
  int status = 200;
  std::string content_type;  // empty: no body
  std::vector<std::pair<std::string, std::string>> headers;
  // At most one of `body`, `file` and `events` is used.
  std::string body;
  std::optional<FileBody> file;
  EventStream events;
};

// Decodes "%20" in a path, or also "+" in a query. nullopt for a bad escape, a zero byte, and in
// a path for any control character.
std::optional<std::string> DecodeUrl(std::string_view text, bool plus_is_space);

// Splits the target of a request into `path` and `query`. False if it is malformed, or its path has a "." or ".."
// segment, also in escaped form.
bool ParseTarget(HttpRequest& request);

// "Not Found" for 404.
std::string_view ReasonPhrase(int status);

}  // namespace calotype
