#include "catalog/model_switch.h"

#include <algorithm>

namespace calotype {
namespace {

bool IsShownInAnotherVersion(const ShownVersions& shown, const AnalysisOutcome& outcome) {
  const auto version = shown.find(outcome.analysis);
  return version != shown.end() && version->second != outcome.version;
}

bool IsForKeptEmbeddings(const ShownVersions& shown, const PhotoResult& result, const AnalysisOutcome& outcome) {
  const auto recognised = std::ranges::find(result.outcomes, "faces.recognise", &AnalysisOutcome::analysis);
  return outcome.analysis == "faces.detect" && recognised != result.outcomes.end() &&
         recognised->state == AnalysisState::kDone && IsShownInAnotherVersion(shown, *recognised) &&
         shown.contains(outcome.analysis);
}

}  // namespace

FindingsFate FateOf(const ShownVersions& shown, const PhotoResult& result, const AnalysisOutcome& outcome) {
  if (IsShownInAnotherVersion(shown, outcome)) {
    return FindingsFate::kKeep;
  }
  return IsForKeptEmbeddings(shown, result, outcome) ? FindingsFate::kIgnore : FindingsFate::kShow;
}

bool CanComplete(const SwitchState& state) { return !state.pending; }

std::optional<ModelHistory> HistoryAfterSwitch(const LibraryModels& models, const SwitchState& state) {
  const bool encoder_may_change = state.embedding_required || !state.has_embeddings;
  if (!models.wanted.has_value() || models.wanted == models.shown || !encoder_may_change) {
    return std::nullopt;
  }
  return ModelHistory{.shown = models.wanted, .previous = models.shown.has_value() ? models.shown : models.previous};
}

}  // namespace calotype
