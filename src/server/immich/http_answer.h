// An answer to Immich without the connection that it goes to, and the errors in the form of its service.
#pragma once

#include <string>
#include <string_view>

namespace calotype {

struct PredictHttpAnswer {
  int status = 200;
  std::string content_type = "application/json";
  std::string body;
};

// {"detail":"..."} as FastAPI writes it.
PredictHttpAnswer DetailAnswer(int status, std::string_view detail);

// The answer of FastAPI to a form without a field that it needs.
PredictHttpAnswer MissingFieldAnswer(std::string_view field);

// The answer of Starlette to an exception: its text says nothing, so log the reason.
PredictHttpAnswer ServerErrorAnswer();

}  // namespace calotype
