#include "server/immich/listener.h"

#include <charconv>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "server/http/multipart.h"
#include "server/http/request_log.h"
#include "server/immich/predict_answer.h"

namespace calotype {
namespace {

// Longer than any text that Immich sends, and shorter than any preview of a photo.
constexpr std::size_t kTextRequest = 4096;

HttpResponse ToResponse(PredictHttpAnswer answer) {
  HttpResponse response{.status = answer.status, .content_type = std::move(answer.content_type)};
  response.body = std::move(answer.body);
  return response;
}

std::string_view LastSegment(std::string_view path) { return path.substr(path.rfind('/') + 1); }

std::optional<std::size_t> ContentLength(const HttpRequest& request) {
  const std::string_view text = request.Header("content-length");
  std::size_t length = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), length);
  return error == std::errc() && end == text.data() + text.size() ? std::optional(length) : std::nullopt;
}

}  // namespace

Admission ImmichListener::Admit(HttpRequest& head) {
  const auto refuse = [&](int status, std::string_view detail) {
    Admission admission;
    admission.refusal = Refuse(head.id, status, std::string(detail));
    return admission;
  };
  const std::optional<IpAddress> client = ParseAddress(head.client);
  const std::shared_ptr<const Networks> allowed = allowed_.Get();
  if (!allowed->empty() && (!client.has_value() || !allowed->Contains(*client))) {
    return refuse(http_status::kForbidden, "this address is not in server.immich_networks");
  }
  // Immich's server is no browser; a request with this header comes from a web page of somebody else.
  if (!head.Header("origin").empty()) {
    return refuse(http_status::kForbidden, "requests of web pages are not answered");
  }
  const std::string_view what = LastSegment(head.path);
  if (what != "predict" && what != "ping" && head.path != "/") {
    return refuse(http_status::kNotFound, "Not Found");
  }
  const bool reads = head.method == "GET" || head.method == "HEAD";
  if ((what == "predict") == reads || (what == "predict" && head.method != "POST")) {
    return refuse(http_status::kWrongMethod, "Method Not Allowed");
  }
  Admission admission;
  if (what == "predict") {
    const bool is_text = ContentLength(head).value_or(kTextRequest) < kTextRequest;
    admission.max_body = upload_bytes_;
    admission.max_body_setting = "server.upload_mb";
    admission.lane = is_text ? Lane::kQuick : Lane::kModels;
  } else {
    admission.lane = Lane::kInline;
  }
  return admission;
}

HttpResponse ImmichListener::Handle(const HttpRequest& request) {
  const std::string_view what = LastSegment(request.path);
  if (what == "ping") {
    return ToResponse({.status = 200, .content_type = "text/plain; charset=utf-8", .body = "pong"});
  }
  if (what != "predict") {
    return ToResponse({.status = 200, .content_type = "application/json", .body = R"({"message":"Immich ML"})"});
  }
  const StatusOr<std::vector<FormPart>> form = ParseForm(request.Header("content-type"), request.body);
  if (!form.ok()) {
    return Refuse(request.id, http_status::kUnprocessable, Message(form.status()));
  }
  std::optional<std::string> entries;
  std::optional<std::string> text;
  std::optional<std::span<const uint8_t>> image;
  for (const FormPart& part : *form) {
    if (part.name == "entries") {
      entries = part.content;
    } else if (part.name == "text") {
      text = part.content;
    } else if (part.name == "image") {
      image = {reinterpret_cast<const uint8_t*>(part.content.data()), part.content.size()};
    }
  }
  return ToResponse(AnswerPredict(service_, entries, image, text));
}

HttpResponse ImmichListener::Refuse(const std::string& /*request_id*/, int status, const std::string& detail) {
  return ToResponse(DetailAnswer(status, detail));
}

void ImmichListener::Finished(const HttpRequest& request, int status, uint64_t bytes, std::chrono::microseconds took) {
  const std::string_view what = LastSegment(request.path);
  metrics_.CountRequest(what == "predict" ? "immichPredict"
                        : what == "ping"  ? "immichPing"
                                          : "immichOther",
                        status, bytes, took);
  LogRequest("Immich: ", request, status, took);
}

}  // namespace calotype
