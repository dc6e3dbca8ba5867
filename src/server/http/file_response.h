// Responses with files: conditional requests and ranges (RFC 9110, chapters 13 and 14).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "server/http/http.h"

namespace calotype {

// A file and what a browser may remember of it.
struct ServedFile {
  UniqueFd file;
  uint64_t bytes = 0;
  std::string content_type;
  std::string etag;  // with its quotes: "\"abc\""; a strong one
};

struct ByteRange {
  uint64_t first = 0;
  uint64_t bytes = 0;

  bool operator==(const ByteRange&) const = default;
};

// What "bytes=..." asks of a file of `size` bytes: nullopt for the whole file (there is no such header, it is
// malformed, or it names several ranges, which a server may ignore); a range of 0 bytes if it lies outside the file.
std::optional<ByteRange> ParseRange(std::string_view header, uint64_t size);

// True if If-None-Match says that the client has this version.
bool ClientHas(const HttpRequest& request, std::string_view etag);

// 304 with what the client needs to know.
HttpResponse NotModified(std::string_view etag);

// 200, 206, 304 or 416. The content of the file never changes under its etag, so a browser may keep it for a year; only
// that browser, because others may not see it.
HttpResponse FileResponse(const HttpRequest& request, ServedFile file);

}  // namespace calotype
