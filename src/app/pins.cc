#include "app/pins.h"

#include <algorithm>

#include "runtime_cuda_pins.h"

namespace calotype {

const std::string_view kRuntimeCudaPins = kRuntimeCudaPinsText;

std::vector<Pin> ParsePins(std::string_view requirements) {
  std::vector<Pin> pins;
  while (!requirements.empty()) {
    const std::size_t end = std::min(requirements.find('\n'), requirements.size());
    const std::string_view line = requirements.substr(0, end);
    requirements.remove_prefix(std::min(end + 1, requirements.size()));
    const std::size_t equals = line.find("==");
    const std::size_t space = line.find(' ');
    if (line.starts_with('#') || equals == std::string_view::npos || space == std::string_view::npos ||
        space < equals || line.find("--hash=sha256:") == std::string_view::npos) {
      continue;
    }
    pins.push_back({.name = std::string(line.substr(0, equals)),
                    .version = std::string(line.substr(equals + 2, space - equals - 2)),
                    .line = std::string(line)});
  }
  return pins;
}

}  // namespace calotype
