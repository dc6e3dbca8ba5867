#include "pipeline/stages/analyse_stage.h"

#include <optional>
#include <utility>

namespace calotype {

void AnalyseStage::Run() {
  while (std::optional<LoadedItem> item = input_.Pop()) {
    state_.WaitWhileResting();
    PhotoResult result;
    {
      const InFlight::Note note(in_flight_, item->photo.result.id);
      result = AnalysePhoto(std::move(item->photo), item->analyses, tools_);
    }
    std::optional<PhotoResult> whole =
        item->document == nullptr ? std::move(result) : item->document->Add(item->page, std::move(result));
    if (whole.has_value()) {
      output_.Push({.result = *std::move(whole), .path = std::move(item->path)});
    }
  }
}

}  // namespace calotype
