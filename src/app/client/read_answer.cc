#include "app/client/read_answer.h"

#include <fmt/format.h>

namespace calotype {

Status UnreadableAnswer(const char* why) {
  return absl::InternalError(
      fmt::format("the server's answer is not as expected ({}); is it of another version?", why));
}

}  // namespace calotype
