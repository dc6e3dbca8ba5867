// From the settings and a request to scans: opens models and analysers once, and runs any number of scans with them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "app/events.h"
#include "app/library.h"
#include "app/scan.h"
#include "base/status.h"
#include "catalog/people_catalog.h"
#include "pipeline/scan_options.h"
#include "pipeline/stages/scan_job.h"

namespace calotype {

// One thread calls it, but for Devices().
class ScanRunner {
 public:
  // Opens what the scans need, and creates the catalogue if there is none (but not for `only_work`). Measures devices
  // and loads models, unless no model will run (`only_walk`). `library`, `on_event` and `stop` must outlive the runner.
  static StatusOr<std::unique_ptr<ScanRunner>> Open(Library& library, const ScanRequest& request,
                                                    const EventHandler& on_event, const std::stop_token& stop);

  // Scans `parts` of the folders, or all of them if it is empty. With `walk` false no folder is walked. Assigns new
  // faces to people.
  StatusOr<ScanReport> Run(const std::vector<std::filesystem::path>& parts, bool walk = true);
  // Scans all, then what changes, until a stop.
  StatusOr<ScanReport> Watch();

  // Assigns faces without a person to people, as Run() does at its end. Not during a switch of models: the shown faces
  // have embeddings of the earlier model, which needs another threshold.
  Status SortPeople(FaceCatalog& catalog) const;
  // By task: the devices on which the loaded models run. Thread-safe.
  std::map<std::string, std::string> Devices() const;

 private:
  ScanRunner(Library& library, const EventHandler& on_event, const std::stop_token& stop)
      : library_(library), on_event_(on_event), stop_(stop) {}

  const Settings& settings() const { return library_.app().settings(); }
  Status OpenModelsOf(const ScanRequest& request);
  StatusOr<ScanOptions> OptionsOf(const ScanRequest& request) const;

  Library& library_;
  const EventHandler& on_event_;
  const std::stop_token& stop_;
  std::unique_ptr<Models> models_;
  std::unique_ptr<PhotoAnalysis> analysis_;  // after the models, which it uses
  int64_t held_bytes_ = 0;                   // what the program holds once the models have run; 0 without a limit
  ScanOptions options_;
};

}  // namespace calotype
