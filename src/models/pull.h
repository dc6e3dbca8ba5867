// A pack, from its manifest to an installed folder.
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
  std::map<std::string, std::set<std::string>> choices;  // by task; of others the pack's own
  bool all = false;                                      // every choice of every task
};

// A licence that forbids something, and the models that are under it.
struct LicenceTerms {
  std::string licence;  // what it is called, and accepted by
  std::string terms;
  std::vector<std::string> models;
};

// What a pull will do. Nothing was done yet.
struct PullPlan {
  PackSource source;
  Pack pack;                      // the source's; its folder is where it will be installed
  std::vector<ModelSpec> models;  // those to install
  std::vector<PackFile>
      files;  // theirs, each once; with the SHA-256 that an earlier pull recorded where there is no pin
  std::vector<std::string> photos;        // of their self-tests, by their names in the manifest
  std::vector<LicenceTerms> to_accept;    // not accepted before
  std::vector<AcceptedLicence> accepted;  // before

  // The sum of the sizes that are known.
  int64_t bytes() const;
};

// kInvalidArgument for a manifest that is wrong or does not have what is selected; kNotFound for a photo of a self-test
// that is nowhere.
StatusOr<PullPlan> PlanPull(PackSource source, const std::filesystem::path& models_folder,
                            const PullSelection& selection);

struct PullProgress {
  int files = 0;
  int files_done = 0;
  int64_t bytes = 0;  // there, of
  int64_t total = 0;
};

struct PullHandlers {
  std::function<void(const PullProgress&)> on_progress;  // a few times a second, on the caller's thread
  std::function<void(const PackFile&)> on_fetched;       // a file is there and right; on any thread
};

// What a pull did.
struct PullReport {
  int fetched = 0;         // files that were not there yet
  int64_t bytes = 0;       // of them
  bool installed = false;  // the manifest is new, or another one than before
};

// Fetches what is not there, `connections` files at once, and installs the pack: its manifest is written last. Whatever
// happens, an installed pack stays as it was until every file of the new one is there and right. The licences of
// plan.to_accept are recorded as accepted today. Errors as Fetch(), and kFailedPrecondition when another pull of the
// pack is running.
StatusOr<PullReport> RunPull(const PullPlan& plan, const HubSettings& settings, HttpClient& client, int connections,
                             const PullHandlers& handlers, const std::stop_token& stop);

}  // namespace calotype
