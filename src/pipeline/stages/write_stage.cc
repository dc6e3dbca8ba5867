#include "pipeline/stages/write_stage.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <utility>

namespace calotype {
namespace {

constexpr std::size_t kBatch = 32;

}  // namespace

void WriteStage::Run() {
  while (std::optional<FinishedItem> item = input_.Pop()) {
    std::vector<FinishedItem> batch;
    for (; item.has_value(); item = batch.size() < kBatch ? input_.TryPop() : std::nullopt) {
      batch.push_back(*std::move(item));
    }
    if (const Status status = Store(batch); !status.ok()) {
      state_.Fail(status);
    }
  }
}

Status WriteStage::Store(std::vector<FinishedItem>& items) {
  std::vector<PhotoResult> results;
  for (FinishedItem& item : items) {
    results.push_back(std::move(item.result));
  }
  CALOTYPE_ASSIGN_OR_RETURN(const std::vector<PhotoId> lost, source_.Ack(results));
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (std::ranges::find(lost, results[i].id) == lost.end()) {
      items[i].result = std::move(results[i]);
      ReportFailures(items[i]);
    }
  }
  return absl::OkStatus();
}

void WriteStage::ReportFailures(const FinishedItem& item) {
  for (const AnalysisOutcome& outcome : item.result.outcomes) {
    if (outcome.state == AnalysisState::kFailed) {
      state_.Report({.path = item.path, .analysis = outcome.analysis, .reason = outcome.reason});
    }
  }
  state_.AddResult(item.result);
}

}  // namespace calotype
