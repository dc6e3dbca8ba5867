// Downloads a model pack.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <stop_token>
#include <string>
#include <vector>

#include "app/app.h"
#include "base/status.h"
#include "models/hub.h"
#include "models/pull.h"

namespace calotype {

struct PullRequest {
  std::string name;                  // a known pack, or the path of a manifest (.toml)
  std::filesystem::path from;        // take files from this folder, without a network; empty: from the hub
  std::vector<std::string> choices;  // "TASK=CHOICE" each
  bool all = false;                  // every choice of every task
};

// A pull that was checked and not yet begun. `plan` has what will be downloaded and which licences are to be
// accepted.
struct PlannedPull {
  std::string name;  // as in the request
  HubSettings hub;
  PullPlan plan;
};

// Reads the manifest and the settings of the hub; downloads nothing. For tasks without a choice in the request the
// setting models.choice.TASK decides, if the pack knows that choice, else the pack does.
//   kInvalidArgument  an unknown name or choice, a wrong manifest or setting
//   kNotFound         the manifest or the folder `from` is not there
StatusOr<PlannedPull> PlanPull(const App& app, const PullRequest& request);

// OK when each licence of pull.plan.to_accept is in `accepted`; else kFailedPrecondition, with the first one that is
// not and how to accept it.
Status CheckAccepted(const PlannedPull& pull, const std::vector<std::string>& accepted);

struct PulledPack {
  PullReport report;
  double seconds = 0;  // that it took
  // False when another pack or other models are in use: then `use_choices` are the choices that take the pulled models
  // into use, by task, as far as they are not the pack's own.
  bool in_use = true;
  std::map<std::string, std::string> use_choices;
};

// Downloads what is missing and installs the pack. Its caller has shown the licences to the user: they are recorded as
// accepted. `handlers` and errors as RunPull() in models/pull.h.
StatusOr<PulledPack> RunPull(const App& app, const PlannedPull& pull, const PullHandlers& handlers,
                             const std::stop_token& stop);

// Asks the hub for a file of the pack, without downloading it, and returns the address of the hub. kUnavailable if
// nothing answers within four seconds, or what answers is not a model hub.
StatusOr<std::string> ProbeHub(const App& app, const std::string& name);

}  // namespace calotype
