#include "storage/s3_client.h"

#include <fmt/format.h>
#include <time.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <optional>
#include <pugixml.hpp>
#include <utility>

#include "base/sha256.h"
#include "base/stoppable_sleep.h"
#include "base/text.h"
#include "models/hub.h"

namespace calotype {
namespace {

constexpr int kOk = 200;
constexpr int kNoContent = 204;
constexpr int kPartial = 206;
constexpr int kMovedPermanently = 301;
constexpr int kTemporaryRedirect = 307;
constexpr int kBadRequest = 400;
constexpr int kUnauthorized = 401;
constexpr int kForbidden = 403;
constexpr int kNotFound = 404;
constexpr int kRequestTimeout = 408;
constexpr int kPreconditionFailed = 412;
constexpr int kRangeNotSatisfiable = 416;
constexpr int kTooManyRequests = 429;
constexpr int kServerErrors = 500;

constexpr std::size_t kMostErrorText = 64U << 10U;
constexpr std::size_t kMostListText = 16U << 20U;  // 1,000 keys of 1,024 bytes, each byte encoded, and the rest

constexpr int64_t kNanoseconds = 1'000'000'000;

bool IsSuccess(int status) { return status == kOk || status == kNoContent || status == kPartial; }

template <typename Number>
std::optional<Number> ToNumber(std::string_view text) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() ? std::optional(number) : std::nullopt;
}

// Seconds since 1970 of a time in UTC.
std::optional<int64_t> ParseTime(const std::string& text, const char* form) {
  std::tm time{};
  return strptime(text.c_str(), form, &time) != nullptr ? std::optional<int64_t>(timegm(&time)) : std::nullopt;
}

std::string DecodeUri(std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    unsigned byte = 0;
    if (text[i] == '%' && i + 2 < text.size() &&
        std::from_chars(text.data() + i + 1, text.data() + i + 3, byte, 16).ptr == text.data() + i + 3) {
      decoded += static_cast<char>(byte);
      i += 2;
    } else {
      decoded += text[i] == '+' ? ' ' : text[i];
    }
  }
  return decoded;
}

// The header Host as libcurl sends it: without the scheme's own port.
std::string HostOf(std::string_view endpoint) {
  const std::string_view port = endpoint.starts_with("https:") ? ":443" : ":80";
  std::string_view host = endpoint.substr(endpoint.find("://") + 3);
  if (host.ends_with(port)) {
    host.remove_suffix(port.size());
  }
  return ToLowerAscii(host);
}

// From the headers of an object.
StatusOr<FileStamp> StampOf(const HttpClientResponse& response, int64_t bytes) {
  const std::optional<int64_t> changed = ParseTime(response.Header("last-modified"), "%a, %d %b %Y %H:%M:%S GMT");
  if (!changed.has_value()) {
    return absl::UnavailableError("the server's answer lacks Last-Modified");
  }
  return ObjectStamp(bytes, *changed, response.Header("etag"));
}

// What differs between two contents of an object, as far as the server tells.
struct Content {
  std::string etag;
  std::string changed;

  static Content Of(const HttpClientResponse& response) {
    return {.etag = response.Header("etag"), .changed = response.Header("last-modified")};
  }
  bool operator==(const Content&) const = default;
};

// The code and the sentence of an error's XML.
struct S3Error {
  std::string code;
  std::string message;
};
S3Error ParseError(const std::string& text) {
  pugi::xml_document document;
  document.load_buffer(text.data(), text.size());
  const pugi::xml_node error = document.child("Error");
  return {.code = error.child("Code").text().get(), .message = error.child("Message").text().get()};
}

}  // namespace

FileStamp ObjectStamp(int64_t bytes, int64_t changed_s, std::string_view etag) {
  const std::string_view text = Trim(etag, "\"");
  const Sha256Digest hash = Sha256({reinterpret_cast<const uint8_t*>(text.data()), text.size()});
  FileStamp stamp{.size = bytes, .mtime_ns = changed_s * kNanoseconds, .ctime_ns = changed_s * kNanoseconds};
  std::memcpy(&stamp.inode, hash.bytes.data(), sizeof(stamp.inode));
  stamp.inode >>= 1U;                                // SQL's integers have a sign
  stamp.inode = std::max<uint64_t>(stamp.inode, 1);  // 0 stands for a stamp without it
  return stamp;
}

StatusOr<ObjectList> ParseObjectList(std::string_view xml) {
  pugi::xml_document document;
  document.load_buffer(xml.data(), xml.size());
  const pugi::xml_node list = document.child("ListBucketResult");
  if (!list) {
    return absl::UnavailableError("the server did not answer with a list of objects");
  }
  const bool is_encoded = std::string_view(list.child("EncodingType").text().get()) == "url";
  ObjectList result;
  for (const pugi::xml_node object : list.children("Contents")) {
    const std::string key = object.child("Key").text().get();
    const std::optional<int64_t> bytes = ToNumber<int64_t>(object.child("Size").text().get());
    const std::optional<int64_t> changed = ParseTime(object.child("LastModified").text().get(), "%Y-%m-%dT%H:%M:%S");
    const std::string etag = object.child("ETag").text().get();
    if (key.empty() || !bytes.has_value() || !changed.has_value()) {
      return absl::UnavailableError(
          fmt::format("the server's list of objects lacks the size or the time of the key '{}'", key));
    }
    result.objects.push_back({.key = is_encoded ? DecodeUri(key) : key, .stamp = ObjectStamp(*bytes, *changed, etag)});
  }
  if (std::string_view(list.child("IsTruncated").text().get()) == "true") {
    result.next = list.child("NextContinuationToken").text().get();
    if (result.next.empty()) {
      return absl::UnavailableError("the server's list of objects does not say how it continues");
    }
  }
  return result;
}

S3Request S3Client::RequestFor(const std::string& method, const ObjectPath& object) const {
  return {.method = method,
          .host = HostOf(settings_.endpoint),
          .path = fmt::format("/{}/{}", object.bucket, object.key),
          .query = {}};
}

StatusOr<S3Client::Answer> S3Client::Send(const S3Request& request, const std::optional<HttpFile>& file,
                                          const std::vector<std::string>& headers, const ObjectPath& what,
                                          const HttpHandlers& handlers, const std::stop_token& stop) {
  CALOTYPE_ASSIGN_OR_RETURN(const S3Credentials credentials, credentials_.Get(stop));
  HttpClientRequest message{
      .url = settings_.endpoint + EscapePath(request.path),
      .headers = SignatureHeaders(request, credentials, settings_.region,
                                  std::chrono::time_point_cast<std::chrono::seconds>(std::chrono::system_clock::now())),
      .head = request.method == "HEAD"};
  message.file = file;
  if (request.method == "DELETE") {
    message.method = request.method;
  }
  if (const std::string query = EncodedQuery(request); !query.empty()) {
    message.url += "?" + query;
  }
  message.headers.insert(message.headers.end(), headers.begin(), headers.end());
  if (file.has_value()) {
    message.headers.emplace_back("Expect:");  // some servers do not answer libcurl's "100-continue"
  }
  Answer answer;
  bool failed = false;
  const HttpHandlers inspecting{.on_response =
                                    [&](const HttpClientResponse& response) {
                                      failed = !IsSuccess(response.status);
                                      return failed || !handlers.on_response ? absl::OkStatus()
                                                                             : handlers.on_response(response);
                                    },
                                .on_body = [&](std::span<const uint8_t> bytes) -> Status {
                                  if (!failed && handlers.on_body) {
                                    return handlers.on_body(bytes);
                                  }
                                  if (answer.text.size() + bytes.size() > (failed ? kMostErrorText : kMostListText)) {
                                    return absl::UnavailableError("the answer is too long");
                                  }
                                  answer.text.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
                                  return absl::OkStatus();
                                }};
  StatusOr<HttpClientResponse> response = http_.Send(message, inspecting, stop);
  if (!response.ok()) {
    return response.status();
  }
  answer.response = *std::move(response);
  if (!IsSuccess(answer.response.status)) {
    return ErrorOf(answer, what);
  }
  return answer;
}

Status S3Client::ErrorOf(const Answer& answer, const ObjectPath& what) {
  const int status = answer.response.status;
  const S3Error error = ParseError(answer.text);
  const std::string detail = error.code.empty() ? std::string() : fmt::format(" ({}: {})", error.code, error.message);
  if (status == kMovedPermanently || status == kTemporaryRedirect || error.code == "AuthorizationHeaderMalformed") {
    const std::string region = answer.response.Header("x-amz-bucket-region");
    return absl::FailedPreconditionError(fmt::format("the bucket is in another region than {}; set storage.region{}",
                                                     settings_.region, region.empty() ? "" : " to " + region));
  }
  if (status == kUnauthorized || status == kForbidden || error.code == "ExpiredToken" ||
      error.code == "InvalidAccessKeyId") {
    credentials_.Forget();
    return absl::PermissionDeniedError(
        fmt::format("{} refused access with these credentials{}", settings_.endpoint, detail));
  }
  if (status == kNotFound) {
    return absl::NotFoundError(
        fmt::format("there is no such {}", what.key.empty() || error.code == "NoSuchBucket" ? "bucket" : "object"));
  }
  if (status == kPreconditionFailed || status == kRangeNotSatisfiable) {
    return absl::AbortedError("it was changed meanwhile");
  }
  if (status >= kServerErrors || status == kTooManyRequests || status == kRequestTimeout ||
      error.code == "RequestTimeout" || error.code == "SlowDown") {
    return absl::UnavailableError(fmt::format("the server answered {}{}", status, detail));
  }
  return status == kBadRequest ? absl::InvalidArgumentError(fmt::format("the server answered 400{}", detail))
                               : absl::InternalError(fmt::format("the server answered {}{}", status, detail));
}

StatusOr<S3Client::Answer> S3Client::SendWithRetries(const S3Request& request, const std::optional<HttpFile>& file,
                                                     const ObjectPath& what, const std::stop_token& stop) {
  for (int tries = 1;; ++tries) {
    StatusOr<Answer> answer = Send(request, file, {}, what, {}, stop);
    if (!absl::IsUnavailable(answer.status())) {
      return answer;
    }
    if (tries >= settings_.tries) {
      return absl::UnavailableError(
          fmt::format("{}; gave up after {} tries (storage.tries)", Message(answer.status()), tries));
    }
    if (!SleepUnlessStopped(RetryDelay(tries + 1, settings_.retry_delay, ""), stop)) {
      return absl::CancelledError("stopped");
    }
  }
}

StatusOr<ObjectList> S3Client::List(const ObjectPath& folder, const std::string& next, const std::stop_token& stop) {
  S3Request request{.host = HostOf(settings_.endpoint),
                    .path = "/" + folder.bucket,
                    .query = {{"list-type", "2"}, {"encoding-type", "url"}}};
  if (!folder.key.empty()) {
    request.query.emplace_back("prefix", folder.key + "/");
  }
  if (!next.empty()) {
    request.query.emplace_back("continuation-token", next);
  }
  CALOTYPE_ASSIGN_OR_RETURN(const Answer answer, SendWithRetries(request, std::nullopt, folder, stop));
  return ParseObjectList(answer.text);
}

StatusOr<FileStamp> S3Client::Stamp(const ObjectPath& object, const std::stop_token& stop) {
  CALOTYPE_ASSIGN_OR_RETURN(const Answer answer,
                            SendWithRetries(RequestFor("HEAD", object), std::nullopt, object, stop));
  const std::optional<int64_t> bytes = ToNumber<int64_t>(answer.response.Header("content-length"));
  return StampOf(answer.response, bytes.value_or(0));
}

Status S3Client::Write(const ObjectPath& object, const HttpFile& file, const std::string& sha256,
                       const std::stop_token& stop) {
  S3Request request = RequestFor("PUT", object);
  request.body_sha256 = sha256;
  return SendWithRetries(request, file, object, stop).status();
}

Status S3Client::Remove(const ObjectPath& object, const std::stop_token& stop) {
  const Status removed = SendWithRetries(RequestFor("DELETE", object), std::nullopt, object, stop).status();
  return absl::IsNotFound(removed) ? absl::OkStatus() : removed;
}

StatusOr<FileStamp> S3Client::Read(const ObjectPath& object, int64_t start,
                                   const std::function<Status(std::span<const uint8_t>)>& sink,
                                   const std::stop_token& stop) {
  const S3Request request = RequestFor("GET", object);
  int64_t received = start;
  std::optional<Content> content;
  Status refused;  // by `sink`
  for (int tries = 1;; ++tries) {
    const int64_t before = received;
    std::vector<std::string> headers;
    if (received == start) {
      content.reset();  // nothing was received that could be mixed with another content
    }
    if (received > 0) {
      headers.push_back(fmt::format("Range: bytes={}-", received));
    }
    if (content.has_value() && !content->etag.empty()) {
      headers.push_back("If-Match: " + content->etag);
    }
    const HttpHandlers handlers{.on_response = [&](const HttpClientResponse& response) -> Status {
                                  const bool continues = received > 0;
                                  Content now = Content::Of(response);
                                  if (continues != (response.status == kPartial) || now != content.value_or(now)) {
                                    return absl::AbortedError("it was changed meanwhile");
                                  }
                                  content = std::move(now);
                                  return absl::OkStatus();
                                },
                                .on_body =
                                    [&](std::span<const uint8_t> bytes) {
                                      refused = sink(bytes);
                                      received += static_cast<int64_t>(bytes.size());
                                      return refused;
                                    }};
    const StatusOr<Answer> answer = Send(request, std::nullopt, headers, object, handlers, stop);
    CALOTYPE_RETURN_IF_ERROR(refused);
    if (answer.ok()) {
      return StampOf(answer->response, received);
    }
    if (!absl::IsUnavailable(answer.status())) {
      return answer.status();
    }
    tries = received > before ? 1 : tries;
    if (tries >= settings_.tries) {
      return absl::UnavailableError(
          fmt::format("{}; gave up after {} tries (storage.tries)", Message(answer.status()), tries));
    }
    if (!SleepUnlessStopped(RetryDelay(tries + 1, settings_.retry_delay, ""), stop)) {
      return absl::CancelledError("stopped");
    }
  }
}

}  // namespace calotype
