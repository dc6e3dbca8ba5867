#include "server/http/multipart.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <optional>

#include "base/text.h"

namespace calotype {
namespace {

constexpr std::size_t kMaxParts = 100;
constexpr std::size_t kMaxBoundary = 70;  // RFC 2046
constexpr std::string_view kLineEnd = "\r\n";

Status Malformed(std::string_view why) {
  return absl::InvalidArgumentError(fmt::format("the form is malformed: {}", why));
}

// The value of a parameter of a header: "b" for `boundary` in `multipart/form-data; boundary="b"`.
std::optional<std::string> Parameter(std::string_view header, std::string_view name) {
  // A quoted value may contain semicolons, so the header cannot simply be split at them.
  std::size_t at = header.find(';');
  while (at != std::string_view::npos) {
    header = Trim(header.substr(at + 1));
    const std::size_t equals = header.find('=');
    if (equals == std::string_view::npos) {
      return std::nullopt;
    }
    const bool is_wanted = ToLowerAscii(Trim(header.substr(0, equals))) == name;
    header = Trim(header.substr(equals + 1));
    std::string value;
    if (header.starts_with('"')) {
      std::size_t i = 1;
      for (; i < header.size() && header[i] != '"'; ++i) {
        i += header[i] == '\\' && i + 1 < header.size() ? 1 : 0;
        value += header[i];
      }
      header = header.substr(std::min(i + 1, header.size()));
      at = header.find(';');
    } else {
      at = header.find(';');
      value = Trim(header.substr(0, at));
    }
    if (is_wanted) {
      return value;
    }
  }
  return std::nullopt;
}

// The name in the part's header Content-Disposition: `form-data; name="image"; filename="blob"`.
std::optional<std::string> NameOf(std::string_view headers) {
  for (const std::string_view line : Split(headers, '\n')) {
    const std::size_t colon = line.find(':');
    if (colon != std::string_view::npos && ToLowerAscii(Trim(line.substr(0, colon))) == "content-disposition") {
      return Parameter(line.substr(colon + 1), "name");
    }
  }
  return std::nullopt;
}

}  // namespace

StatusOr<std::vector<FormPart>> ParseForm(std::string_view content_type, std::string_view body) {
  if (!ToLowerAscii(Trim(content_type)).starts_with("multipart/form-data")) {
    return absl::InvalidArgumentError("the body must be multipart/form-data");
  }
  const std::optional<std::string> boundary = Parameter(content_type, "boundary");
  if (!boundary.has_value() || boundary->empty() || boundary->size() > kMaxBoundary) {
    return Malformed("the header Content-Type has no boundary");
  }
  const std::string delimiter = "--" + *boundary;
  const std::string next_delimiter = std::string(kLineEnd) + delimiter;
  // What comes before the first delimiter means nothing.
  if (!body.starts_with(delimiter)) {
    const std::size_t start = body.find(next_delimiter);
    if (start == std::string_view::npos) {
      return Malformed("its first boundary is missing");
    }
    body.remove_prefix(start + kLineEnd.size());
  }
  body.remove_prefix(delimiter.size());
  std::vector<FormPart> parts;
  while (!body.starts_with("--")) {
    if (parts.size() == kMaxParts) {
      return Malformed(fmt::format("it has more than {} parts", kMaxParts));
    }
    const std::size_t line_end = body.find(kLineEnd);
    if (line_end == std::string_view::npos) {
      return Malformed("it is cut short");
    }
    body.remove_prefix(line_end);  // keeps the line break, so that a part without headers is found, too
    const std::size_t content = body.find("\r\n\r\n");
    const std::size_t end = content == std::string_view::npos ? content : body.find(next_delimiter, content + 2);
    if (end == std::string_view::npos) {
      return Malformed("it is cut short");
    }
    const std::size_t first = content + 2 * kLineEnd.size();
    std::optional<std::string> name = NameOf(body.substr(0, content));
    if (!name.has_value()) {
      return Malformed("a part has no name");
    }
    parts.push_back(
        {.name = *std::move(name), .content = first <= end ? body.substr(first, end - first) : std::string_view()});
    body.remove_prefix(end + next_delimiter.size());
  }
  return parts;
}

}  // namespace calotype
