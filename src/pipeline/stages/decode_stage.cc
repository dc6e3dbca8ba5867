#include "pipeline/stages/decode_stage.h"

#include <chrono>
#include <optional>
#include <utility>

namespace calotype {
namespace {

// A photo may lie at several paths; one that can be opened is enough.
StatusOr<OpenPhoto> OpenFirst(const std::vector<std::string>& paths) {
  Status status = absl::NotFoundError("no file contains this photo any more");
  for (const std::string& path : paths) {
    StatusOr<UniqueFd> file = OpenForReading(path);
    if (file.ok()) {
      return OpenPhoto{.file = *std::move(file), .sidecars = OpenSidecars(paths)};
    }
    status = file.status();
  }
  return status;
}

std::vector<std::string> PathsOf(const WorkItem& photo) {
  std::vector<std::string> paths;
  for (const PhotoFile& file : photo.files) {
    paths.push_back(file.path);
  }
  return paths;
}

bool NeedsOnlyFacts(const WorkItem& photo) {
  return photo.analyses.size() == 1 && photo.analyses.front() == kFactsAnalysis;
}

}  // namespace

void DecodeStage::Run() {
  while (std::optional<WorkItem> photo = parts_.input.Pop()) {
    if (parts_.state.Stopping()) {
      continue;
    }
    if (NeedsOnlyFacts(*photo)) {
      ReadFacts(*photo);
    } else {
      ReadPhoto(*photo);
    }
  }
}

void DecodeStage::ReadPhoto(const WorkItem& photo) {
  const InFlight::Note note(parts_.in_flight, photo.photo);
  const StatusOr<OpenPhoto> file = OpenFirst(PathsOf(photo));
  StatusOr<LoadedPhoto> loaded = file.ok() ? LoadPhoto(*file, parts_.tools) : file.status();
  if (!loaded.ok()) {
    if (!parts_.lost_roots.Explain(PathsOf(photo))) {
      parts_.to_write.Push({.result = Unreadable(photo, loaded.status()), .path = photo.files.front().path});
    }
    return;
  }
  loaded->result.id = photo.photo;
  parts_.to_analyse.Push({.photo = *std::move(loaded),
                          .analyses = parts_.tools.analysis.Closure(photo.analyses),
                          .path = photo.files.front().path});
}

PhotoResult DecodeStage::Unreadable(const WorkItem& photo, const Status& reason) const {
  PhotoResult result{.id = photo.photo};
  parts_.tools.analysis.RecordUndecodable(reason, parts_.tools.analysis.Closure(photo.analyses), result);
  AnalysisOutcome facts = FactsOutcome(parts_.tools.places);
  facts.state = AnalysisState::kSkipped;
  facts.reason = Message(reason);
  result.outcomes.push_back(std::move(facts));
  return result;
}

// A sidecar changed, or the place names did: the pixels are not needed.
void DecodeStage::ReadFacts(const WorkItem& photo) {
  const InFlight::Note note(parts_.in_flight, photo.photo);
  const auto start = std::chrono::steady_clock::now();
  const StatusOr<OpenPhoto> file = OpenFirst(PathsOf(photo));
  StatusOr<PhotoFacts> facts = file.ok() ? LoadFacts(*file, parts_.tools) : file.status();
  const std::chrono::duration<double, std::milli> elapsed = std::chrono::steady_clock::now() - start;
  PhotoResult result{.id = photo.photo};
  AnalysisOutcome& outcome = result.outcomes.emplace_back(FactsOutcome(parts_.tools.places));
  outcome.milliseconds = elapsed.count();
  if (facts.ok()) {
    result.facts = *std::move(facts);
  } else {
    outcome.state = AnalysisState::kFailed;
    outcome.reason = Message(facts.status());
    outcome.retryable = absl::IsNotFound(facts.status()) || absl::IsPermissionDenied(facts.status());
  }
  parts_.to_write.Push({.result = std::move(result), .path = photo.files.front().path});
}

}  // namespace calotype
