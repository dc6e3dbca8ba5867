#include "cli/hub_settings.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <system_error>

#include "models/http.h"

namespace calotype {
namespace {

std::string Variable(const std::function<const char*(const char*)>& get, const char* name) {
  const char* const value = get(name);
  return value == nullptr ? "" : value;
}

}  // namespace

StatusOr<HubSettings> ReadHubSettings(const Settings& config, const std::string& folder,
                                      const std::function<const char*(const char*)>& get) {
  HubSettings settings{.token = Variable(get, "HF_TOKEN"),
                       .folder = folder,
                       .tries = static_cast<int>(config.tries),
                       .retry_delay = std::chrono::milliseconds(config.retry_delay_ms)};
  const std::string endpoint = config.hub.empty() ? Variable(get, "HF_ENDPOINT") : config.hub;
  settings.endpoint = endpoint.empty() ? std::string(kHubEndpoint) : endpoint;
  while (settings.endpoint.ends_with('/')) {
    settings.endpoint.pop_back();
  }
  if (OriginOf(settings.endpoint).empty() || !ResolveUrl(settings.endpoint, "/").ok()) {
    return absl::InvalidArgumentError(fmt::format("'{}' (models.hub, HF_ENDPOINT) is no http or https URL", endpoint));
  }
  while (!settings.token.empty() && std::isspace(static_cast<unsigned char>(settings.token.back())) != 0) {
    settings.token.pop_back();
  }
  if (std::ranges::any_of(settings.token, [](unsigned char c) { return c <= ' ' || c >= 0x7F; })) {
    return absl::InvalidArgumentError("HF_TOKEN holds characters that no token has");
  }
  std::error_code error;
  if (!folder.empty() && !std::filesystem::is_directory(folder, error)) {
    return absl::NotFoundError(fmt::format("--from {} is no folder", folder));
  }
  return settings;
}

}  // namespace calotype
