// Where models are fetched from, and how: settings and the hub's own environment variables.
#pragma once

#include <functional>
#include <string>

#include "base/status.h"
#include "app/settings.h"
#include "models/hub.h"

namespace calotype {

// models.* of `config`; HF_ENDPOINT where models.hub is empty, and HF_TOKEN, through `get` (std::getenv in the
// program). `folder` is --from, or empty. kInvalidArgument for an endpoint that is no URL, a token that could not be
// sent, a folder that is none.
StatusOr<HubSettings> ReadHubSettings(const Settings& config, const std::string& folder,
                                      const std::function<const char*(const char*)>& get);

}  // namespace calotype
