#include "server/http/file_response.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/text.h"
#include "server/http/problem.h"

namespace calotype {
namespace {

constexpr std::string_view kKeep = "private, max-age=31536000, immutable";

std::optional<uint64_t> ParsePosition(std::string_view text) {
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool whole = !text.empty() && error == std::errc() && end == text.data() + text.size();
  return whole ? std::optional(number) : std::nullopt;
}

}  // namespace

std::optional<ByteRange> ParseRange(std::string_view header, uint64_t size) {
  constexpr std::string_view kUnit = "bytes=";
  const std::string_view range = header.starts_with(kUnit) ? header.substr(kUnit.size()) : std::string_view();
  const std::size_t dash = range.find('-');
  if (dash == std::string_view::npos || range.find(',') != std::string_view::npos) {
    return std::nullopt;
  }
  const std::string_view from = range.substr(0, dash);
  const std::string_view to = range.substr(dash + 1);
  const std::optional<uint64_t> first = ParsePosition(from);
  const std::optional<uint64_t> last = ParsePosition(to);
  if (from.empty() && last.has_value()) {  // the last bytes of the file
    const uint64_t bytes = std::min(*last, size);
    return ByteRange{.first = size - bytes, .bytes = bytes};
  }
  if (!first.has_value() || (!to.empty() && !last.has_value()) || (last.has_value() && *last < *first)) {
    return std::nullopt;
  }
  if (*first >= size) {
    return ByteRange{.first = size, .bytes = 0};
  }
  const uint64_t end = last.has_value() && *last < size ? *last + 1 : size;
  return ByteRange{.first = *first, .bytes = end - *first};
}

bool ClientHas(const HttpRequest& request, std::string_view etag) {
  for (std::string_view known : Split(request.Header("if-none-match"), ',')) {
    known = Trim(known);
    if (known.starts_with("W/")) {
      known.remove_prefix(2);
    }
    if (known == "*" || known == etag) {
      return true;
    }
  }
  return false;
}

HttpResponse NotModified(std::string_view etag) {
  HttpResponse response{.status = http_status::kUnchanged};
  response.headers = {{"ETag", std::string(etag)}, {"Cache-Control", std::string(kKeep)}};
  return response;
}

HttpResponse FileResponse(const HttpRequest& request, ServedFile file) {
  if (ClientHas(request, file.etag)) {
    return NotModified(file.etag);
  }
  HttpResponse response{
      .content_type = file.content_type,
      .headers = {{"ETag", file.etag}, {"Cache-Control", std::string(kKeep)}, {"Accept-Ranges", "bytes"}}};
  // A range of another version would not fit what the client has.
  const std::string_view if_range = request.Header("if-range");
  const bool may_be_partial = if_range.empty() || if_range == file.etag;
  ByteRange part{.first = 0, .bytes = file.bytes};
  if (const auto range = may_be_partial ? ParseRange(request.Header("range"), file.bytes) : std::nullopt) {
    if (range->bytes == 0) {
      HttpResponse refusal =
          Problem(request.id, http_status::kOutside, fmt::format("the file has {} bytes", file.bytes));
      refusal.headers.emplace_back("Content-Range", fmt::format("bytes */{}", file.bytes));
      return refusal;
    }
    part = *range;
    response.status = http_status::kPartial;
    response.headers.emplace_back("Content-Range",
                                  fmt::format("bytes {}-{}/{}", part.first, part.first + part.bytes - 1, file.bytes));
  }
  response.file = FileBody{.file = std::move(file.file), .offset = part.first, .bytes = part.bytes};
  return response;
}

}  // namespace calotype
