// Installs a pack: from a manifest to a folder with verified files.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "base/status.h"
#include "models/http.h"
#include "models/hub.h"
#include "models/known_packs.h"
#include "models/manifest_writer.h"
#include "models/pack.h"

namespace calotype {

struct PullSelection {
  std::map<std::string, std::set<std::string>> choices;  // by task; for other tasks the pack's default
  bool all = false;                                      // install every choice of every task
};

// A licence with restrictions, and the models under it.
struct LicenceTerms {
  std::string licence;  // its name, which the user accepts
  std::string terms;
  std::vector<std::string> models;
};

// What a pull will do. Making the plan changes nothing.
struct PullPlan {
  PackSource source;
  Pack pack;                      // the source's pack; its folder is where it will be installed
  std::vector<ModelSpec> models;  // to install
  // Their files, each once. A file without a pinned SHA-256 has the one that an earlier pull recorded.
  std::vector<PackFile> files;
  std::vector<std::string> photos;        // of the self-tests, by their names in the manifest
  std::vector<LicenceTerms> to_accept;    // not accepted before
  std::vector<AcceptedLicence> accepted;  // accepted before

  // The sum of the known sizes.
  int64_t bytes() const;
};

// Returns kInvalidArgument for an invalid manifest or an unknown selection, kNotFound for a missing photo of a
// self-test.
StatusOr<PullPlan> PlanPull(PackSource source, const std::filesystem::path& models_folder,
                            const PullSelection& selection);

struct PullProgress {
  int files = 0;
  int files_done = 0;
  int64_t bytes = 0;  // downloaded so far
  int64_t total = 0;
};

struct PullHandlers {
  std::function<void(const PullProgress&)> on_progress;  // a few times per second, on the caller's thread
  std::function<void(const PackFile&)> on_fetched;       // a file is complete and verified; on any thread
};

// The result of a pull.
struct PullReport {
  int fetched = 0;         // number of files that were downloaded
  int64_t bytes = 0;       // their size
  bool installed = false;  // the manifest is new or has changed
};

// Downloads missing files, `connections` at a time, and installs the pack. The manifest is written last: an installed
// pack stays unchanged until every file of the new one is complete and verified. Records the licences in plan.to_accept
// as accepted today. Returns the errors of Fetch(), and kFailedPrecondition when another pull of the pack is running.
StatusOr<PullReport> RunPull(const PullPlan& plan, const HubSettings& settings, HttpClient& client, int connections,
                             const PullHandlers& handlers, const std::stop_token& stop);

}  // namespace calotype
