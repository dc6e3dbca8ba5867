// What a scan that runs elsewhere tells. Included by .cc files of the command line alone.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "app/app.h"
#include "cli/command_line.h"
#include "pipeline/progress_file.h"

namespace calotype {

// Of the catalogue in use.
std::optional<ScanNews> NewsOfScan(const App& app);

// "scan" of docs/json.md; null when none runs.
nlohmann::ordered_json ScanToJson(const std::optional<ScanNews>& news);

// A line for a scan that runs, or died; else empty.
std::string ScanToText(const std::optional<ScanNews>& news);

// Prints how far the running scan is, again and again, until it ends. The exit status is 1 when it died.
CommandResult WatchScan(const App& app, bool as_json);

}  // namespace calotype
