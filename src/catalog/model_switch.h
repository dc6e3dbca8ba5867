// The rules of a switch to other models, which every kind of catalogue follows. Findings of the wanted models are kept
// aside until they are complete; then all of them are shown at one instant. Pure functions: the caller reads and
// writes.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "analysis/photo_result.h"
#include "catalog/models_catalog.h"

namespace calotype {

// The version of the shown findings of one photo, by analysis. Analyses without findings are absent.
using ShownVersions = std::map<std::string, std::string, std::less<>>;

enum class FindingsFate : uint8_t {
  kShow,    // replace the shown findings at once
  kKeep,    // wait for the switch
  kIgnore,  // neither
};

// What happens to the findings of `outcome` (kDone), one of the outcomes of `result`. They are kept when findings of
// another version are shown. Faces that were detected again only to compute new embeddings, which are kept, are
// ignored: the embeddings that are shown belong to the faces that are shown.
FindingsFate FateOf(const ShownVersions& shown, const PhotoResult& result, const AnalysisOutcome& outcome);

// What decides about the end of a switch.
struct SwitchState {
  bool pending = false;             // a present photo with findings waits for findings of the wanted models
  bool embedding_required = false;  // the latest RequireAnalyses() named "embedding"
  bool has_embeddings = false;      // any
};

// True when the kept findings can be shown.
bool CanComplete(const SwitchState& state);

struct ModelHistory {
  std::optional<ModelSet> shown;
  std::optional<ModelSet> previous;
};

// The models to record as shown and as previous once all findings are shown; nullopt when nothing changes. A scan for
// other analyses only does not change the models: words would be encoded for vectors that do not exist yet.
std::optional<ModelHistory> HistoryAfterSwitch(const LibraryModels& models, const SwitchState& state);

}  // namespace calotype
