#include "models/hub.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace calotype {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::milliseconds kLongestDelay{30'000};
constexpr std::chrono::seconds kLongestRetryAfter{60};

std::optional<int64_t> ParseNumber(std::string_view text) {
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool whole = error == std::errc() && end == text.data() + text.size() && number >= 0;
  return whole ? std::optional(number) : std::nullopt;
}

// Removes the quotes and the mark of a weak etag.
std::string BareEtag(std::string etag) {
  if (etag.starts_with("W/")) {
    etag.erase(0, 2);
  }
  std::erase(etag, '"');
  return etag;
}

std::string FirstOf(const HttpClientResponse& response, const std::string& name, const std::string& other) {
  const std::string value = response.Header(name);
  return value.empty() ? response.Header(other) : value;
}

}  // namespace

std::string HubUrl(const std::string& endpoint, const HubFile& file) {
  std::string base = endpoint;
  while (base.ends_with('/')) {
    base.pop_back();
  }
  // A branch name may contain a slash, which must not be read as part of the path.
  std::string revision = EscapePath(file.revision);
  for (std::size_t at = revision.find('/'); at != std::string::npos; at = revision.find('/', at)) {
    revision.replace(at, 1, "%2F");
  }
  return fmt::format("{}/{}/resolve/{}/{}", base, EscapePath(file.repository), revision, EscapePath(file.path));
}

std::vector<fs::path> LocalPlaces(const fs::path& folder, const HubFile& file,
                                  const std::optional<Sha256Digest>& sha256) {
  std::string cached = "models--" + file.repository;
  for (std::size_t at = cached.find('/'); at != std::string::npos; at = cached.find('/', at)) {
    cached.replace(at, 1, "--");
  }
  std::vector<fs::path> places = {folder / file.repository / file.path,
                                  folder / cached / "snapshots" / file.revision / file.path};
  if (sha256) {
    places.push_back(folder / sha256->Hex());
    places.push_back(folder / "blobs" / sha256->Hex());
    places.push_back(folder / cached / "blobs" / sha256->Hex());
  }
  return places;
}

HubFacts ReadHubFacts(const HttpClientResponse& response) {
  HubFacts facts;
  // A redirect's own etag does not describe the file.
  facts.etag = BareEtag(IsRedirect(response.status) ? response.Header("x-linked-etag")
                                                    : FirstOf(response, "x-linked-etag", "etag"));
  if (const StatusOr<Sha256Digest> sha256 = ParseSha256(BareEtag(response.Header("x-linked-etag"))); sha256.ok()) {
    facts.sha256 = *sha256;
  }
  // The length of a redirect's body is not that of the file.
  facts.bytes = ParseNumber(response.status == 200 ? FirstOf(response, "x-linked-size", "content-length")
                                                   : response.Header("x-linked-size"));
  facts.commit = response.Header("x-repo-commit");
  return facts;
}

bool IsRedirect(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

std::optional<ContentRange> ParseContentRange(std::string_view text) {
  constexpr std::string_view kUnit = "bytes ";
  const std::size_t slash = text.find('/');
  if (!text.starts_with(kUnit) || slash == std::string_view::npos) {
    return std::nullopt;
  }
  ContentRange range{.total = ParseNumber(text.substr(slash + 1))};
  const std::string_view bytes = text.substr(kUnit.size(), slash - kUnit.size());
  if (bytes == "*") {  // The response to a range beyond the end of the file.
    return range.total ? std::optional(ContentRange{.first = *range.total, .total = range.total}) : std::nullopt;
  }
  const std::optional<int64_t> first = ParseNumber(bytes.substr(0, bytes.find('-')));
  if (!first || bytes.find('-') == std::string_view::npos) {
    return std::nullopt;
  }
  range.first = *first;
  return range;
}

std::vector<std::string> RangeHeaders(int64_t offset, const std::string& etag) {
  if (offset == 0) {
    return {};
  }
  std::vector<std::string> headers = {fmt::format("Range: bytes={}-", offset)};
  if (etag.starts_with('"')) {
    headers.push_back("If-Range: " + etag);
  }
  return headers;
}

Status HubError(const HttpClientResponse& response, const HubFile& file, const std::string& endpoint, bool with_token) {
  const std::string said = FirstOf(response, "x-error-message", "x-error-code");
  const std::string what =
      fmt::format("{}: {} answers {}{}{}", file.ToString(), endpoint, response.status, said.empty() ? "" : ": ", said);
  const std::string page = fmt::format("{}/{}", endpoint, file.repository);
  switch (response.status) {
    case 401:
      return absl::PermissionDeniedError(
          with_token ? fmt::format("{}; the token in HF_TOKEN is not valid, or may not read {}", what, page)
                     : fmt::format("{}; the repository is private, gated or missing. If you have access, set "
                                   "HF_TOKEN to an access token of the hub",
                                   what));
    case 403:
      return absl::PermissionDeniedError(
          fmt::format("{}; its owner requires consent at {}, from the account whose token is in HF_TOKEN{}", what, page,
                      with_token ? "" : " (no token is set)"));
    case 404:
    case 410:
      return absl::NotFoundError(what + "; the hub has no such file");
    default:
      break;
  }
  const bool passes = response.status == 408 || response.status == 429 || response.status >= 500;
  return passes ? absl::UnavailableError(what) : absl::InternalError(what);
}

std::chrono::milliseconds RetryDelay(int next, std::chrono::milliseconds first, const std::string& retry_after) {
  std::chrono::milliseconds delay = first;
  for (int i = 2; i < next && delay < kLongestDelay; ++i) {
    delay *= 2;
  }
  delay = std::min(delay, std::max(first, kLongestDelay));
  if (const std::optional<int64_t> seconds = ParseNumber(retry_after)) {
    const std::chrono::seconds asked(std::min<int64_t>(*seconds, kLongestRetryAfter.count()));
    delay = std::max<std::chrono::milliseconds>(delay, asked);
  }
  return delay;
}

}  // namespace calotype
