#include "base/kernels.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstdlib>

#include "base/log.h"

namespace calotype {

Status NoSuchKernel(std::string_view name, std::span<const std::string_view> supported) {
  return absl::InvalidArgumentError(
      fmt::format("no kernel '{}' for this CPU; available: {}", name, fmt::join(supported, ", ")));
}

std::string WantedKernel(const char* variable) {
  const char* const wanted = std::getenv(variable);
  return wanted == nullptr ? "" : wanted;
}

void WarnOfKernel(std::string_view variable, const Status& status, std::string_view used) {
  LogWarning("{}: {}; using {}", variable, Message(status), used);
}

}  // namespace calotype
