#include "pipeline/stages/analyse_stage.h"

#include <chrono>
#include <optional>
#include <utility>

namespace calotype {
namespace {

// How long a thread waits for a decoded photo before it looks for one to decode.
constexpr std::chrono::milliseconds kLookAgain{20};

}  // namespace

void AnalyseStage::Run() {
  // While a thread decodes a photo, and so when it calls this, the photo is noted as in flight.
  const DecodeStage::Take analyse = [this](LoadedItem item) { Analyse(std::move(item)); };
  while (!input_.IsFinished()) {
    std::optional<LoadedItem> item = input_.TryPop();
    if (!item.has_value() && decode_ != nullptr && decode_->ReadOne(analyse)) {
      continue;
    }
    if (!item.has_value()) {
      item = input_.PopWithin(kLookAgain);
    }
    if (item.has_value()) {
      state_.WaitWhileResting();
      const InFlight::Note note(in_flight_, item->photo.result.id);
      Analyse(*std::move(item));
    }
  }
}

void AnalyseStage::Analyse(LoadedItem item) {
  PhotoResult result = AnalysePhoto(std::move(item.photo), item.analyses, tools_);
  std::optional<PhotoResult> whole =
      item.document == nullptr ? std::move(result) : item.document->Add(item.page, std::move(result));
  if (whole.has_value()) {
    output_.Push({.result = *std::move(whole), .path = std::move(item.path)});
  }
}

}  // namespace calotype
