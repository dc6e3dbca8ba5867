// Tells systemd how the server is doing (sd_notify's protocol).
#pragma once

#include <string_view>

namespace calotype {

// Sends `state` ("READY=1") to the socket in NOTIFY_SOCKET, if there is one. Errors are ignored: nobody waits then.
void NotifyService(std::string_view state);

}  // namespace calotype
