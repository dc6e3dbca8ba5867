// Reads a stream of server-sent events (the format text/event-stream).
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace calotype {

struct ServerEvent {
  std::string name;
  std::string data;
};

class EventParser {
 public:
  // The events that `bytes`, the next ones of the stream, complete. Comments and unknown fields are left out.
  std::vector<ServerEvent> Add(std::string_view bytes);

 private:
  void AddLine(std::string_view line, std::vector<ServerEvent>& events);

  std::string rest_;  // a line whose end did not arrive yet
  ServerEvent event_;
};

}  // namespace calotype
