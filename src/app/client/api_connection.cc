#include "app/client/api_connection.h"

#include <fmt/format.h>

#include <cstdint>
#include <nlohmann/json.hpp>

#include "base/text.h"

namespace calotype {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kMaxAnswerBytes = std::size_t{1} << 28U;
constexpr std::chrono::seconds kLongestThought{300};  // a first search opens the text encoder
constexpr std::size_t kMaxShownBytes = 200;

// Some statuses are of the server alone.
absl::StatusCode CodeOf(int status) {
  constexpr int kUnprocessable = 422;
  constexpr int kTooManyRequests = 429;
  return status == kUnprocessable     ? absl::StatusCode::kInvalidArgument
         : status == kTooManyRequests ? absl::StatusCode::kUnavailable
                                      : CodeOfHttpStatus(status);
}

std::string_view AsText(std::span<const uint8_t> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

bool IsSuccess(int status) { return status >= 200 && status < 300; }

}  // namespace

StatusOr<std::unique_ptr<ApiConnection>> ApiConnection::Open(std::unique_ptr<HttpClient> http, ServerAccess access) {
  while (access.url.ends_with('/')) {
    access.url.pop_back();
  }
  const bool is_web = access.url.starts_with("http://") || access.url.starts_with("https://");
  if (!is_web || OriginOf(access.url).empty() || access.url.find_first_of("@?#") != std::string::npos) {
    return absl::InvalidArgumentError(
        fmt::format("the server is '{}'; it must be a URL such as https://photos.example:4280, without a password (the "
                    "token is in CALOTYPE_TOKEN)",
                    access.url));
  }
  return std::unique_ptr<ApiConnection>(new ApiConnection(std::move(http), std::move(access)));
}

HttpClientRequest ApiConnection::RequestFor(const std::string& path) const {
  HttpClientRequest request{.url = access_.url + "/api/v1" + path};
  if (!access_.token.empty()) {
    request.headers.push_back("Authorization: Bearer " + access_.token);
  }
  request.certificates = access_.certificates;
  request.stall_timeout = kLongestThought;
  return request;
}

StatusOr<Json> ApiConnection::Get(const std::string& path, std::span<const Values::value_type> query) {
  HttpClientRequest request = RequestFor(path);
  char separator = '?';
  for (const auto& [name, value] : query) {
    request.url += fmt::format("{}{}={}", std::exchange(separator, '&'), EscapePath(name), EscapePath(value));
  }
  return Ask(request);
}

StatusOr<Json> ApiConnection::Send(const std::string& method, const std::string& path, const Json& body) {
  HttpClientRequest request = RequestFor(path);
  request.method = method;
  if (!body.is_null()) {
    request.body = body.dump();
    request.headers.emplace_back("Content-Type: application/json");
  }
  return Ask(request);
}

StatusOr<Json> ApiConnection::Ask(const HttpClientRequest& request) {
  std::string text;
  const HttpHandlers handlers{.on_response = [](const HttpClientResponse&) { return absl::OkStatus(); },
                              .on_body = [&text](std::span<const uint8_t> bytes) -> Status {
                                text += AsText(bytes);
                                return text.size() <= kMaxAnswerBytes
                                           ? absl::OkStatus()
                                           : absl::ResourceExhaustedError("the server's answer is over 256 MB");
                              }};
  const StatusOr<HttpClientResponse> response = http_->Send(request, handlers, {});
  if (!response.ok()) {
    return Annotated(response.status());
  }
  if (!IsSuccess(response->status)) {
    return ErrorOf(response->status, text);
  }
  if (text.empty()) {
    return Json(nullptr);
  }
  Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (json.is_discarded()) {
    return absl::InternalError(fmt::format("what answers at {} is not the API of Calotype", access_.url));
  }
  return json;
}

Status ApiConnection::Listen(const std::string& path, const std::function<void(std::string_view)>& on_bytes,
                             const std::stop_token& stop) {
  int status = 0;
  std::string refusal;
  const HttpHandlers handlers{.on_response =
                                  [&status](const HttpClientResponse& response) {
                                    status = response.status;
                                    return absl::OkStatus();
                                  },
                              .on_body = [&](std::span<const uint8_t> bytes) -> Status {
                                if (IsSuccess(status)) {
                                  on_bytes(AsText(bytes));
                                } else {
                                  refusal += AsText(bytes);
                                }
                                return absl::OkStatus();
                              }};
  const StatusOr<HttpClientResponse> response = http_->Send(RequestFor(path), handlers, stop);
  if (!response.ok()) {
    return Annotated(response.status());
  }
  return IsSuccess(status) ? absl::OkStatus() : ErrorOf(status, refusal);
}

Status ApiConnection::ErrorOf(int status, std::string_view body) const {
  const Json problem = Json::parse(body, nullptr, /*allow_exceptions=*/false);
  if (!problem.is_object() || !problem.contains("detail") || !problem["detail"].is_string()) {
    return absl::InternalError(fmt::format("what answers at {} is not the API of Calotype: status {} {}", access_.url,
                                           status, body.substr(0, kMaxShownBytes)));
  }
  std::string detail = problem["detail"].get<std::string>();
  if (CodeOf(status) == absl::StatusCode::kUnauthenticated) {
    detail = fmt::format(
        "the server {} {}; put a token into CALOTYPE_TOKEN: calotype token create NAME makes one where the server runs",
        access_.url, access_.token.empty() ? "needs a token" : "does not know this token");
  } else if (CodeOf(status) == absl::StatusCode::kInternal) {
    detail = fmt::format("the server {} failed: {} (its log has the request {})", access_.url, detail,
                         problem.value("request_id", std::string("?")));
  }
  return {CodeOf(status), detail};
}

Status ApiConnection::Annotated(const Status& error) const {
  if (absl::IsUnavailable(error)) {
    return Annotate(error, fmt::format("no connection to the server {} (is calotype serve running?)", access_.url));
  }
  return absl::IsFailedPrecondition(error)
             ? absl::FailedPreconditionError(fmt::format(
                   "the certificate of {} is not trusted: {}; client.certificates can name a file of trusted ones",
                   access_.url, Message(error)))
             : error;
}

}  // namespace calotype
