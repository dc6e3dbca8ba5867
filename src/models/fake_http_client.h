// For tests: an HTTP client without a network.
#pragma once

#include <stop_token>
#include <string>
#include <vector>

#include "models/http.h"

namespace calotype {

// Returns the prepared answers in order and records the requests.
class FakeHttpClient final : public HttpClient {
 public:
  struct Answer {
    HttpClientResponse response;
    std::string body;
    Status end = absl::OkStatus();  // after the body
  };

  StatusOr<HttpClientResponse> Send(const HttpClientRequest& request, const HttpHandlers& handlers,
                                    const std::stop_token& /*stop*/) override {
    asked.push_back(request);
    if (answers.empty()) {
      return absl::InternalError("one request too many");
    }
    const Answer answer = answers.front();
    answers.erase(answers.begin());
    CALOTYPE_RETURN_IF_ERROR(handlers.on_response(answer.response));
    CALOTYPE_RETURN_IF_ERROR(
        handlers.on_body({reinterpret_cast<const uint8_t*>(answer.body.data()), answer.body.size()}));
    CALOTYPE_RETURN_IF_ERROR(answer.end);
    return answer.response;
  }

  std::vector<HttpClientRequest> asked;
  std::vector<Answer> answers;
};

}  // namespace calotype
