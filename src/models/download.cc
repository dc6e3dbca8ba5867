#include "models/download.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <system_error>
#include <utility>
#include <vector>

#include "base/file.h"
#include "base/stoppable_sleep.h"
#include "models/partial_file.h"

namespace calotype {
namespace {

namespace fs = std::filesystem;

constexpr int kMaxRedirects = 8;
constexpr std::size_t kBlockBytes = 1 << 20;

bool HasBody(int status) { return status == 200 || status == 206; }

class FileFetch {
 public:
  FileFetch(const Download& download, const HubSettings& settings, HttpClient& client,
            const std::function<void(int64_t)>& on_bytes, const std::stop_token& stop, PartialFile partial)
      : download_(download),
        settings_(settings),
        client_(client),
        on_bytes_(on_bytes),
        stop_(stop),
        partial_(std::move(partial)),
        bytes_(download.bytes) {}

  StatusOr<Downloaded> Run() {
    on_bytes_(partial_.size());
    const bool whole = download_.sha256 && bytes_ && partial_.size() == *bytes_;
    if (!whole) {
      CALOTYPE_RETURN_IF_ERROR(settings_.folder.empty() ? FetchFromHub() : CopyFromFolder());
    }
    return Verify();
  }

 private:
  Status CopyFromFolder();
  Status FetchFromHub();
  Status FollowRedirects();
  StatusOr<HttpClientResponse> Ask(const std::string& url, bool at_hub);
  StatusOr<std::string> Redirect(const std::string& url, const HttpClientResponse& response) const;
  Status OnResponse(const HttpClientResponse& response, bool at_hub);
  Status LearnFacts(const HttpClientResponse& response);
  Status BeginBody(const HttpClientResponse& response);
  Status LearnSize(int64_t bytes);
  Status OnBody(std::span<const uint8_t> data);
  Status Judge(const HttpClientResponse& response, bool at_hub);
  Status AfterEnd() const;
  StatusOr<Downloaded> Verify();

  const Download& download_;
  const HubSettings& settings_;
  HttpClient& client_;
  const std::function<void(int64_t)>& on_bytes_;
  const std::stop_token& stop_;
  PartialFile partial_;
  HubFacts facts_;
  std::optional<int64_t> bytes_;  // from the pin, else from the hub
  std::string retry_after_;
};

Status FileFetch::CopyFromFolder() {
  const std::vector<fs::path> places = LocalPlaces(settings_.folder, download_.source, download_.sha256);
  std::error_code error;
  const auto place = std::ranges::find_if(places, [&](const fs::path& path) { return fs::exists(path, error); });
  if (place == places.end()) {
    return absl::NotFoundError(fmt::format("{} is not in {}: neither as {} nor under the name of its SHA-256{}",
                                           download_.source.ToString(), settings_.folder.string(),
                                           fs::relative(places[0], settings_.folder, error).string(),
                                           download_.sha256 ? ", " + download_.sha256->Hex() : ""));
  }
  CALOTYPE_ASSIGN_OR_RETURN(const UniqueFd file, OpenForReading(*place));
  CALOTYPE_RETURN_IF_ERROR(partial_.Restart());
  std::vector<uint8_t> block(kBlockBytes);
  while (!stop_.stop_requested()) {
    const ssize_t count = read(file.get(), block.data(), block.size());
    if (count < 0) {
      return ErrnoStatus(errno, fmt::format("cannot read {}", place->string()));
    }
    if (count == 0) {
      return absl::OkStatus();
    }
    CALOTYPE_RETURN_IF_ERROR(OnBody({block.data(), static_cast<std::size_t>(count)}));
  }
  return absl::CancelledError("stopped");
}

Status FileFetch::FetchFromHub() {
  int64_t furthest = partial_.size();
  for (int tries = 1;; ++tries) {
    retry_after_.clear();
    Status status = FollowRedirects();
    if (!absl::IsUnavailable(status)) {
      return status;
    }
    // Only bytes beyond the furthest point so far are progress; otherwise a server without ranges that always breaks
    // off would be retried forever.
    if (partial_.size() > furthest) {
      furthest = partial_.size();
      tries = 1;
    }
    if (tries >= settings_.tries) {
      return absl::UnavailableError(fmt::format(
          "{}; gave up after {} tries. The downloaded part is kept: run this again", Message(status), tries));
    }
    if (!SleepUnlessStopped(RetryDelay(tries + 1, settings_.retry_delay, retry_after_), stop_)) {
      return absl::CancelledError("stopped");
    }
  }
}

Status FileFetch::FollowRedirects() {
  const std::string hub = OriginOf(settings_.endpoint);
  std::string url = HubUrl(settings_.endpoint, download_.source);
  for (int hop = 0; hop < kMaxRedirects; ++hop) {
    const bool at_hub = OriginOf(url) == hub;
    CALOTYPE_ASSIGN_OR_RETURN(const HttpClientResponse response, Ask(url, at_hub));
    if (!IsRedirect(response.status)) {
      return Judge(response, at_hub);
    }
    CALOTYPE_ASSIGN_OR_RETURN(url, Redirect(url, response));
  }
  return absl::InternalError(fmt::format("{}: more than {} redirects", download_.source.ToString(), kMaxRedirects));
}

StatusOr<HttpClientResponse> FileFetch::Ask(const std::string& url, bool at_hub) {
  HttpClientRequest request{.url = url, .headers = RangeHeaders(partial_.size(), partial_.etag())};
  // Never send the token to another host, even if the hub redirects to it.
  if (at_hub && !settings_.token.empty()) {
    request.headers.push_back("Authorization: Bearer " + settings_.token);
  }
  int status = 0;
  return client_.Send(
      request,
      {.on_response =
           [&](const HttpClientResponse& response) {
             status = response.status;
             return OnResponse(response, at_hub);
           },
       .on_body = [&](std::span<const uint8_t> data) { return HasBody(status) ? OnBody(data) : absl::OkStatus(); }},
      stop_);
}

StatusOr<std::string> FileFetch::Redirect(const std::string& url, const HttpClientResponse& response) const {
  CALOTYPE_ASSIGN_OR_RETURN(std::string next, ResolveUrl(url, response.Header("location")));
  if (url.starts_with("https://") && !next.starts_with("https://")) {
    return absl::InternalError(fmt::format("{}: {} redirects to {}, which is not encrypted",
                                           download_.source.ToString(), OriginOf(url), OriginOf(next)));
  }
  return next;
}

Status FileFetch::OnResponse(const HttpClientResponse& response, bool at_hub) {
  if (at_hub && (IsRedirect(response.status) || HasBody(response.status))) {
    CALOTYPE_RETURN_IF_ERROR(LearnFacts(response));
  }
  return HasBody(response.status) ? BeginBody(response) : absl::OkStatus();
}

Status FileFetch::LearnFacts(const HttpClientResponse& response) {
  HubFacts facts = ReadHubFacts(response);
  if (!facts.commit.empty()) {
    facts_.commit = facts.commit;
  }
  if (!facts.etag.empty()) {
    facts_.etag = facts.etag;
    facts_.sha256 = facts.sha256;
  }
  if (download_.sha256 && facts.sha256 && *facts.sha256 != *download_.sha256) {
    return absl::DataLossError(fmt::format("{}: the hub's file has SHA-256 {}, expected {}; it was not downloaded",
                                           download_.source.ToString(), facts.sha256->Hex(), download_.sha256->Hex()));
  }
  if (facts.bytes) {
    CALOTYPE_RETURN_IF_ERROR(LearnSize(*facts.bytes));
  }
  if (partial_.size() > 0 && !facts.etag.empty() && partial_.hub_etag() != facts.etag) {
    CALOTYPE_RETURN_IF_ERROR(partial_.Restart());  // The partial file belongs to another version.
    on_bytes_(0);
    return response.status == 206 ? absl::UnavailableError("the file changed on the hub") : absl::OkStatus();
  }
  return absl::OkStatus();
}

Status FileFetch::LearnSize(int64_t bytes) {
  if (download_.bytes && bytes != *download_.bytes) {
    return absl::DataLossError(fmt::format("{}: the hub's file has {} bytes, expected {}; it was not downloaded",
                                           download_.source.ToString(), bytes, *download_.bytes));
  }
  if (bytes_ != bytes) {
    CALOTYPE_RETURN_IF_ERROR(CheckFreeSpace(download_.target.parent_path(), bytes - partial_.size()));
    bytes_ = bytes;
  }
  return absl::OkStatus();
}

Status FileFetch::BeginBody(const HttpClientResponse& response) {
  if (response.status == 206) {
    const std::optional<ContentRange> range = ParseContentRange(response.Header("content-range"));
    if (!range || range->first != partial_.size()) {
      CALOTYPE_RETURN_IF_ERROR(partial_.Restart());
      return absl::UnavailableError(
          fmt::format("{}: the server sent another range than requested", download_.source.ToString()));
    }
    if (range->total) {
      CALOTYPE_RETURN_IF_ERROR(LearnSize(*range->total));
    }
  } else if (partial_.size() > 0) {  // The whole file: it changed, or the server does not support ranges.
    CALOTYPE_RETURN_IF_ERROR(partial_.Restart());
    on_bytes_(0);
  }
  const std::string length = response.Header("content-length");
  int64_t bytes = 0;
  if (response.status == 200 &&
      std::from_chars(length.data(), length.data() + length.size(), bytes).ec == std::errc()) {
    CALOTYPE_RETURN_IF_ERROR(LearnSize(bytes));
  }
  return partial_.Describe(facts_.etag, response.Header("etag"));
}

Status FileFetch::OnBody(std::span<const uint8_t> data) {
  if (bytes_ && partial_.size() + static_cast<int64_t>(data.size()) > *bytes_) {
    partial_.Delete();
    return absl::DataLossError(fmt::format("{}: received more than the expected {} bytes; the file was deleted",
                                           download_.source.ToString(), *bytes_));
  }
  CALOTYPE_RETURN_IF_ERROR(partial_.Append(data));
  on_bytes_(partial_.size());
  return absl::OkStatus();
}

Status FileFetch::Judge(const HttpClientResponse& response, bool at_hub) {
  if (HasBody(response.status)) {
    return AfterEnd();
  }
  if (response.status == 416) {  // The range begins at the end of the file or after it.
    const std::optional<ContentRange> range = ParseContentRange(response.Header("content-range"));
    if (range && range->total == partial_.size()) {
      return absl::OkStatus();
    }
    CALOTYPE_RETURN_IF_ERROR(partial_.Restart());
    return absl::UnavailableError(fmt::format("{}: the file became shorter", download_.source.ToString()));
  }
  retry_after_ = response.Header("retry-after");
  Status error = HubError(response, download_.source, settings_.endpoint, !settings_.token.empty());
  // The URL that the hub redirects to expires; the next try requests a new one.
  return !at_hub && absl::IsPermissionDenied(error) ? absl::UnavailableError(Message(error)) : error;
}

Status FileFetch::AfterEnd() const {
  if (bytes_ && partial_.size() < *bytes_) {
    return absl::UnavailableError(fmt::format("{}: the response ended after {} of {} bytes",
                                              download_.source.ToString(), partial_.size(), *bytes_));
  }
  return absl::OkStatus();
}

StatusOr<Downloaded> FileFetch::Verify() {
  Downloaded result{.sha256 = partial_.Finish(), .bytes = partial_.size(), .commit = facts_.commit};
  const std::optional<Sha256Digest>& expected = download_.sha256 ? download_.sha256 : facts_.sha256;
  if (expected && result.sha256 != *expected) {
    partial_.Delete();
    return absl::DataLossError(fmt::format("{}: expected SHA-256 {}, got {}; the file was deleted",
                                           download_.source.ToString(), expected->Hex(), result.sha256.Hex()));
  }
  CALOTYPE_RETURN_IF_ERROR(partial_.Sync());
  return result;
}

}  // namespace

StatusOr<Downloaded> Fetch(const Download& download, const HubSettings& settings, HttpClient& client,
                           const std::function<void(int64_t)>& on_bytes, const std::stop_token& stop) {
  CALOTYPE_ASSIGN_OR_RETURN(PartialFile partial, PartialFile::Open(download.target));
  return FileFetch(download, settings, client, on_bytes, stop, std::move(partial)).Run();
}

}  // namespace calotype
