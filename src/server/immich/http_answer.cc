#include "server/immich/http_answer.h"

#include <fmt/format.h>

#include "server/immich/json_text.h"

namespace calotype {

PredictHttpAnswer DetailAnswer(int status, std::string_view detail) {
  return {.status = status, .body = fmt::format(R"({{"detail":{}}})", JsonText(detail))};
}

PredictHttpAnswer MissingFieldAnswer(std::string_view field) {
  return {.status = 422,
          .body = fmt::format(
              R"({{"detail":[{{"type":"missing","loc":["body",{}],"msg":"Field required","input":null}}]}})",
              JsonText(field))};
}

PredictHttpAnswer ServerErrorAnswer() {
  return {.status = 500, .content_type = "text/plain; charset=utf-8", .body = "Internal Server Error"};
}

}  // namespace calotype
