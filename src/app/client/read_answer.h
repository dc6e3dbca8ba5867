// Turns the JSON that a server answered into values.
#pragma once

#include "base/status.h"

namespace calotype {

// kInternal for what `read` throws: another version of the server may answer otherwise.
Status UnreadableAnswer(const char* why);

// Returns what `read` makes of the JSON of `answer`, or the error of `answer`. Include the JSON library where it is
// used.
template <typename Answer, typename Reader>
auto ReadAnswer(const StatusOr<Answer>& answer, const Reader& read) -> StatusOr<decltype(read(*answer))> {
  CALOTYPE_RETURN_IF_ERROR(answer.status());
  try {
    return read(*answer);
  } catch (const typename Answer::exception& error) {
    return UnreadableAnswer(error.what());
  }
}

}  // namespace calotype
