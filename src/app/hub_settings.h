// Where packs are downloaded from: the settings models.* and the environment variables of the hub.
#pragma once

#include <functional>
#include <string>

#include "app/settings.h"
#include "base/status.h"
#include "models/hub.h"

namespace calotype {

// Reads models.* from `settings`, HF_TOKEN, and HF_ENDPOINT if models.hub is empty. `get` reads an environment variable
// and returns null if it is not set (std::getenv). Files are taken from `folder` (the option --from) unless it is
// empty.
//   kInvalidArgument  the endpoint is not an http or https URL; the token has characters that HTTP headers cannot carry
//   kNotFound         `folder` is not a folder
StatusOr<HubSettings> ReadHubSettings(const Settings& settings, const std::string& folder,
                                      const std::function<const char*(const char*)>& get);

}  // namespace calotype
