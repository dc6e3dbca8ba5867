// The role of models: which models' findings are shown, and the switch to others.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/status.h"

namespace calotype {

// The models that analyse a library.
struct ModelSet {
  std::string pack;          // its name
  std::string choices;       // "objects=accurate": models of the pack that differ from its defaults
  std::string text_encoder;  // the model of the pack that encodes words; empty when it has none

  bool operator==(const ModelSet&) const = default;
};

// A switch is in progress while `wanted` and `shown` differ, or findings wait to be shown.
struct LibraryModels {
  std::optional<ModelSet> wanted;    // their findings are computed now; none before the first scan
  std::optional<ModelSet> shown;     // their findings are shown and searched
  std::optional<ModelSet> previous;  // shown before; their findings are kept for rollback
  int64_t switching = 0;             // photos whose shown findings have another version than the wanted one
  int64_t ready = 0;                 // of these, photos for which nothing is pending
  int64_t behind = 0;                // of these, photos on which the wanted models failed: they show the old findings
};

class ModelsCatalog {
 public:
  virtual ~ModelsCatalog() = default;

  virtual StatusOr<LibraryModels> Models() = 0;
  // Records which models' findings are wanted from now on.
  virtual Status WantModels(const ModelSet& models) = 0;
  virtual StatusOr<std::optional<ModelSet>> WantedModels() = 0;
  // Shows all findings of the wanted models in one transaction, if no present photo with findings waits for new ones.
  // Keeps the findings that it replaces, and deletes those kept before. True when it did this or there was nothing to
  // do; false while something is pending.
  virtual StatusOr<bool> CompleteSwitch() = 0;
  // Deletes the findings that are kept for rollback, so that a rollback has to analyse all photos again. Findings that
  // wait to be shown stay. Returns the number of photos whose findings were deleted.
  virtual StatusOr<int64_t> DeletePreviousModels() = 0;
};

}  // namespace calotype
