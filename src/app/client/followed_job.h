// A scan that a server makes.
#pragma once

#include <stop_token>

#include "app/client/api_connection.h"
#include "app/events.h"
#include "app/scan.h"
#include "base/status.h"

namespace calotype {

// As RemoteClient::Scan().
StatusOr<ScanReport> FollowScan(ApiConnection& api, const ScanRequest& request, const EventHandler& on_event,
                                const std::stop_token& stop);

}  // namespace calotype
