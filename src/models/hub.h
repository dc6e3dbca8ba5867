// The protocol of the Hugging Face hub: what is asked, and what the answers mean. Pure functions.
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
  std::string token;             // sent to the endpoint alone; empty: none
  std::filesystem::path folder;  // files are taken from here, and no network is used; empty: from the endpoint
  int tries = 6;                 // in a row that bring no byte
  std::chrono::milliseconds retry_delay{1000};  // before the second try; doubled before each further one
};

// ENDPOINT/REPOSITORY/resolve/REVISION/PATH
std::string HubUrl(const std::string& endpoint, const HubFile& file);

// Where `file` may lie in a folder that was filled elsewhere, likeliest first: REPOSITORY/PATH; the hub's own cache
// (models--OWNER--NAME/snapshots/REVISION/PATH); its SHA-256 as its name, in the folder or in blobs/.
std::vector<std::filesystem::path> LocalPlaces(const std::filesystem::path& folder, const HubFile& file,
                                               const std::optional<Sha256Digest>& sha256);

// What the hub says of a file before it is fetched. The first answer, which may be a redirect, says it.
struct HubFacts {
  std::string etag;                    // names the content; empty when there is none
  std::optional<Sha256Digest> sha256;  // files in large-file storage have it for their etag
  std::optional<int64_t> bytes;
  std::string commit;  // that the revision is now; may be empty
};
HubFacts ReadHubFacts(const HttpResponse& response);

bool IsRedirect(int status);

// "bytes 400-999/1000"
struct ContentRange {
  int64_t first = 0;
  std::optional<int64_t> total;
};
std::optional<ContentRange> ParseContentRange(std::string_view text);

// The headers that ask for the rest of a file of which `offset` bytes are there. `etag` is that of the answer which
// brought them: the whole file comes when it has another one now. A weak etag promises no equal bytes and is not sent.
std::vector<std::string> RangeHeaders(int64_t offset, const std::string& etag);

// The error that an answer of 400 or above is. kUnavailable for those that may pass (408, 429, 5xx).
//   kPermissionDenied  401, 403: says what a token must be good for
//   kNotFound          404, 410
//   kInternal          any other
Status HubError(const HttpResponse& response, const HubFile& file, const std::string& endpoint, bool with_token);

// How long to wait before try number `next` (2, 3, ...). `retry_after` is the answer's header: it may ask for more, up
// to a minute.
std::chrono::milliseconds RetryDelay(int next, std::chrono::milliseconds first, const std::string& retry_after);

}  // namespace calotype
