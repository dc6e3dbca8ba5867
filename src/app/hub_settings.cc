#include "app/hub_settings.h"

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

StatusOr<HubSettings> ReadHubSettings(const Settings& settings, const std::string& folder,
                                      const std::function<const char*(const char*)>& get) {
  HubSettings hub{.token = Variable(get, "HF_TOKEN"),
                  .folder = folder,
                  .tries = static_cast<int>(settings.tries),
                  .retry_delay = std::chrono::milliseconds(settings.retry_delay_ms)};
  const std::string endpoint = settings.hub.empty() ? Variable(get, "HF_ENDPOINT") : settings.hub;
  hub.endpoint = endpoint.empty() ? std::string(kHubEndpoint) : endpoint;
  while (hub.endpoint.ends_with('/')) {
    hub.endpoint.pop_back();
  }
  if (OriginOf(hub.endpoint).empty() || !ResolveUrl(hub.endpoint, "/").ok()) {
    return absl::InvalidArgumentError(
        fmt::format("'{}' (models.hub, HF_ENDPOINT) is not an http or https URL", endpoint));
  }
  while (!hub.token.empty() && std::isspace(static_cast<unsigned char>(hub.token.back())) != 0) {
    hub.token.pop_back();
  }
  if (std::ranges::any_of(hub.token, [](unsigned char c) { return c <= ' ' || c >= 0x7F; })) {
    return absl::InvalidArgumentError(
        "HF_TOKEN has a space, a control character or a character outside ASCII; no token has them");
  }
  std::error_code error;
  if (!folder.empty() && !std::filesystem::is_directory(folder, error)) {
    return absl::NotFoundError(fmt::format("--from {} is not a folder", folder));
  }
  return hub;
}

}  // namespace calotype
