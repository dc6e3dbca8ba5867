#include "app/client/event_parser.h"

#include <cstddef>
#include <utility>

namespace calotype {

std::vector<ServerEvent> EventParser::Add(std::string_view bytes) {
  std::vector<ServerEvent> events;
  rest_ += bytes;
  std::size_t start = 0;
  for (std::size_t end = rest_.find('\n'); end != std::string::npos; end = rest_.find('\n', start)) {
    std::string_view line = std::string_view(rest_).substr(start, end - start);
    if (line.ends_with('\r')) {
      line.remove_suffix(1);
    }
    AddLine(line, events);
    start = end + 1;
  }
  rest_.erase(0, start);
  return events;
}

void EventParser::AddLine(std::string_view line, std::vector<ServerEvent>& events) {
  if (line.empty()) {
    if (!event_.data.empty()) {
      events.push_back(std::exchange(event_, {}));
    }
    event_ = {};
    return;
  }
  const std::size_t colon = line.find(':');
  const std::string_view field = line.substr(0, colon);
  std::string_view value = colon == std::string_view::npos ? std::string_view() : line.substr(colon + 1);
  if (value.starts_with(' ')) {
    value.remove_prefix(1);
  }
  if (field == "event") {
    event_.name = value;
  } else if (field == "data") {
    event_.data += (event_.data.empty() ? "" : "\n") + std::string(value);
  }
}

}  // namespace calotype
