// The protocol of the Hugging Face hub: how to build requests and interpret responses. Pure functions.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/sha256.h"
#include "base/status.h"
#include "models/http.h"
#include "models/pack.h"

namespace calotype {

inline constexpr std::string_view kHubEndpoint = "https://huggingface.co";

struct HubSettings {
  std::string endpoint = std::string(kHubEndpoint);
  std::string token;                            // sent only to the endpoint; empty: none
  std::filesystem::path folder;                 // copy files from here instead of using the network; empty: download
  int tries = 6;                                // consecutive attempts without progress
  std::chrono::milliseconds retry_delay{1000};  // before the second try; doubled for each further one
};

// ENDPOINT/REPOSITORY/resolve/REVISION/PATH
std::string HubUrl(const std::string& endpoint, const HubFile& file);

// Where `file` may be in a local folder, most likely place first: REPOSITORY/PATH; the layout of the hub's cache
// (models--OWNER--NAME/snapshots/REVISION/PATH); a file named by its SHA-256, in the folder or in blobs/.
std::vector<std::filesystem::path> LocalPlaces(const std::filesystem::path& folder, const HubFile& file,
                                               const std::optional<Sha256Digest>& sha256);

// The properties of a file, from the first response of the hub, which may be a redirect.
struct HubFacts {
  std::string etag;                    // identifies the content; empty when there is none
  std::optional<Sha256Digest> sha256;  // files in large-file storage have it as their etag
  std::optional<int64_t> bytes;
  std::string commit;  // the revision's current commit; may be empty
};
HubFacts ReadHubFacts(const HttpClientResponse& response);

bool IsRedirect(int status);

// Parses "bytes 400-999/1000".
struct ContentRange {
  int64_t first = 0;
  std::optional<int64_t> total;
};
std::optional<ContentRange> ParseContentRange(std::string_view text);

// The headers that request the rest of a file of which the first `offset` bytes are present. `etag` is from the
// response that those bytes came from; if the file has another etag now, the whole file is sent. A weak etag does not
// guarantee equal bytes, so it is not used.
std::vector<std::string> RangeHeaders(int64_t offset, const std::string& etag);

// Converts a response with status 400 or above to an error:
//   kUnavailable       408, 429, 5xx: a retry may succeed
//   kPermissionDenied  401, 403: the message says which access the token needs
//   kNotFound          404, 410
//   kInternal          any other
Status HubError(const HttpClientResponse& response, const HubFile& file, const std::string& endpoint, bool with_token);

// How long to wait before try number `next` (2, 3, ...). `retry_after` is the response's header; it can raise the delay
// to at most a minute.
std::chrono::milliseconds RetryDelay(int next, std::chrono::milliseconds first, const std::string& retry_after);

}  // namespace calotype
