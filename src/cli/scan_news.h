// Prints the progress of a scan that runs in another process.
#pragma once

#include <optional>
#include <string>

#include "app/client/library_client.h"
#include "app/library_status.h"
#include "cli/command_line.h"

namespace calotype {

// One line for a scan that runs or died; empty otherwise.
std::string ScanToText(const std::optional<ScanNews>& news);

// Prints the progress of the running scan until it ends. The exit status is 1 when its process died.
CommandResult WatchScan(LibraryClient& library, bool as_json);

}  // namespace calotype
