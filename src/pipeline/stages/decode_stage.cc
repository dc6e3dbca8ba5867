#include "pipeline/stages/decode_stage.h"

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/log.h"
#include "photo/stopped.h"
#include "pipeline/claimed_photo.h"

namespace calotype {
namespace {

std::vector<std::string> PathsOf(const WorkItem& item) {
  std::vector<std::string> paths;
  for (const PhotoFile& file : item.files) {
    paths.push_back(file.path);
  }
  return paths;
}

bool NeedsOnlyFacts(const WorkItem& item) {
  return item.analyses.size() == 1 && item.analyses.front() == kFactsAnalysis;
}

// The scan stopped while the photo was read. It stays claimed, as those that were not started.
bool IsStopped(const Status& status) { return absl::IsCancelled(status); }

}  // namespace

void DecodeStage::Run() {
  const Take pass_on = [this](LoadedItem item) { parts_.to_analyse.Push(std::move(item)); };
  while (std::optional<WorkItem> item = parts_.input.Pop()) {
    Read(*item, pass_on);
  }
}

bool DecodeStage::ReadOne(const Take& take) {
  const std::optional<WorkItem> item = parts_.input.TryPop();
  if (item.has_value()) {
    Read(*item, take);
  }
  return item.has_value();
}

void DecodeStage::Read(const WorkItem& item, const Take& take) {
  parts_.state.WaitWhileResting();
  if (parts_.state.Stopping()) {
    return;
  }
  if (NeedsOnlyFacts(item)) {
    ReadFacts(item);
  } else {
    ReadPhoto(item, take);
  }
}

void DecodeStage::ReadPhoto(const WorkItem& item, const Take& take) {
  const InFlight::Note note(parts_.in_flight, item.photo);
  StatusOr<LoadedPhoto> loaded =
      ReadClaimed(item, [this](const OpenPhoto& photo) { return LoadPhoto(photo, parts_.tools); });
  if (loaded.ok()) {
    loaded->result.id = item.photo;
    std::vector<std::string> analyses = parts_.tools.analysis.Closure(item.analyses);
    const std::shared_ptr<Document> document = DocumentOf(*loaded, analyses, parts_.tools);
    take({.photo = *std::move(loaded),
          .analyses = std::move(analyses),
          .path = item.files.front().path,
          .document = document});
    if (document != nullptr) {
      ReadOtherPages(item, document, take);
    }
  } else if (!IsStopped(loaded.status()) && !GiveBack(item, loaded.status())) {
    parts_.to_write.Push({.result = Unreadable(item, loaded.status()), .path = item.files.front().path});
  }
}

// When the scan stops, or the photo is given back, the result of the pages so far is never complete, so it is dropped.
void DecodeStage::ReadOtherPages(const WorkItem& item, const std::shared_ptr<Document>& document, const Take& take) {
  for (int page = 2; page <= document->last_page(); ++page) {
    parts_.state.WaitWhileResting();
    if (parts_.state.Stopping()) {
      return;
    }
    StatusOr<LoadedPhoto> loaded =
        ReadClaimed(item, [&](const OpenPhoto& photo) { return LoadPage(photo, page, parts_.tools); });
    if (loaded.ok()) {
      loaded->result.id = item.photo;
      take({.photo = *std::move(loaded),
            .analyses = document->analyses(),
            .path = item.files.front().path,
            .page = page,
            .document = document});
    } else if (IsStopped(loaded.status()) || GiveBack(item, loaded.status())) {
      return;
    } else if (std::optional<PhotoResult> whole = document->AddUnreadable(page, loaded.status()); whole.has_value()) {
      parts_.to_write.Push({.result = *std::move(whole), .path = item.files.front().path});
    }
  }
}

// Makes the photo pending again when the photo itself is not the reason; otherwise returns false.
bool DecodeStage::GiveBack(const WorkItem& item, const Status& reason) {
  const bool changed = absl::IsAborted(reason);
  if (!changed && !parts_.lost_roots.Explain(PathsOf(item), reason)) {
    return false;
  }
  if (changed) {
    LogInfo("{}", Message(reason));
  }
  const std::string why = changed ? Message(reason) : "the disk that holds it went away";
  if (const Status status = parts_.source.Nack({&item.photo, 1}, why); !status.ok()) {
    parts_.state.Fail(status);
  }
  parts_.state.AddClaimed(-1);
  return true;
}

AnalysisOutcome DecodeStage::OutcomeOf(const StatusOr<LoadedFacts>& read) const {
  return read.ok() ? FactsOutcome(parts_.tools.places, read->properties.facts, read->unread_sidecar)
                   : FactsOutcome(parts_.tools.places, PhotoFacts(), "");
}

PhotoResult DecodeStage::Unreadable(const WorkItem& item, const Status& reason) const {
  PhotoResult result{.id = item.photo};
  parts_.tools.analysis.RecordUndecodable(reason, parts_.tools.analysis.Closure(item.analyses), result);
  // Date, place and camera of a photo are worth keeping even if its pixels are broken.
  StatusOr<LoadedFacts> read =
      IsStoppedBeforePixels(reason)
          ? StatusOr<LoadedFacts>(reason)
          : ReadClaimed(item, [this](const OpenPhoto& photo) { return LoadFacts(photo, parts_.tools); });
  AnalysisOutcome& facts = result.outcomes.emplace_back(OutcomeOf(read));
  if (read.ok()) {
    result.properties = std::move(read->properties);
  } else {
    facts.state = AnalysisState::kSkipped;
    facts.reason = Message(reason);
  }
  return result;
}

// A sidecar changed, or the place names did: the pixels are not needed.
void DecodeStage::ReadFacts(const WorkItem& item) {
  const InFlight::Note note(parts_.in_flight, item.photo);
  const auto start = std::chrono::steady_clock::now();
  StatusOr<LoadedFacts> read =
      ReadClaimed(item, [this](const OpenPhoto& photo) { return LoadFacts(photo, parts_.tools); });
  if (!read.ok() && (IsStopped(read.status()) || GiveBack(item, read.status()))) {
    return;
  }
  const std::chrono::duration<double, std::milli> elapsed = std::chrono::steady_clock::now() - start;
  PhotoResult result{.id = item.photo};
  AnalysisOutcome& outcome = result.outcomes.emplace_back(OutcomeOf(read));
  outcome.milliseconds = elapsed.count();
  if (read.ok() && read->unread_sidecar.empty()) {
    result.facts = std::move(read->properties.facts);
  } else if (!read.ok()) {
    outcome.state = AnalysisState::kFailed;
    outcome.reason = Message(read.status());
    outcome.retryable = absl::IsNotFound(read.status()) || absl::IsPermissionDenied(read.status());
  }
  parts_.to_write.Push({.result = std::move(result), .path = item.files.front().path});
}

}  // namespace calotype
