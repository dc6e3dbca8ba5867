#include "server/http/problem.h"

#include <nlohmann/json.hpp>

#include "app/findings_json.h"

namespace calotype {

HttpResponse Problem(std::string_view request_id, int status, std::string_view detail) {
  nlohmann::ordered_json json = {
      {"type", "about:blank"}, {"title", ReasonPhrase(status)}, {"status", status},
      {"detail", detail},      {"request_id", request_id},
  };
  return {.status = status, .content_type = std::string(kProblemType), .body = JsonLine(json)};
}

HttpResponse Problem(std::string_view request_id, const Status& error) {
  return Problem(request_id, HttpStatus(error), Message(error));
}

}  // namespace calotype
