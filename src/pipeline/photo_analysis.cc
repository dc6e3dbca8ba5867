#include "pipeline/photo_analysis.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <exception>
#include <new>
#include <ranges>
#include <set>
#include <utility>

namespace calotype {
namespace {

bool Contains(std::span<const std::string> names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

bool Needs(const Analyser& analyser, std::string_view name) {
  const auto needs = analyser.needs();
  return std::find(needs.begin(), needs.end(), name) != needs.end();
}

// "faces" asks for "faces.detect" and "faces.recognise".
bool AskedFor(std::span<const std::string> only, std::string_view name) {
  return std::any_of(only.begin(), only.end(),
                     [&](const std::string& asked) { return name == asked || name.starts_with(asked + "."); });
}

// An exception of a library is a failure of this analysis, not the end of the scan.
Status AnalyseCaught(Analyser& analyser, const PhotoView& view, Findings& findings) {
  try {
    return analyser.Analyse(view, findings);
  } catch (const std::bad_alloc&) {
    return absl::ResourceExhaustedError("out of memory");
  } catch (const std::exception& error) {
    return absl::InternalError(error.what());
  }
}

// Findings with NaN or infinity are dropped: they would spoil every later search.
Status Analyse(Analyser& analyser, const PhotoView& view, Findings& findings) {
  Findings found = findings;
  CALOTYPE_RETURN_IF_ERROR(AnalyseCaught(analyser, view, found));
  if (!AllFinite(found)) {
    return absl::InternalError("the model returned numbers that are not finite");
  }
  findings = std::move(found);
  return absl::OkStatus();
}

}  // namespace

bool IsRetryable(absl::StatusCode code) {
  switch (code) {
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kDataLoss:
    case absl::StatusCode::kFailedPrecondition:
    case absl::StatusCode::kOutOfRange:
    case absl::StatusCode::kUnimplemented:
      return false;
    default:
      return true;
  }
}

namespace {

// Returns the first of needs() that did not succeed; empty when all did.
std::string_view MissingNeed(const Analyser& analyser, const PhotoResult& result) {
  for (const std::string_view need : analyser.needs()) {
    const bool done = std::any_of(result.outcomes.begin(), result.outcomes.end(), [&](const AnalysisOutcome& outcome) {
      return outcome.analysis == need && outcome.state == AnalysisState::kDone;
    });
    if (!done) {
      return need;
    }
  }
  return {};
}

}  // namespace

PhotoAnalysis::PhotoAnalysis(std::vector<std::unique_ptr<Analyser>> analysers) : analysers_(std::move(analysers)) {}

Status PhotoAnalysis::Restrict(std::span<const std::string> only) {
  if (only.empty()) {
    return absl::OkStatus();
  }
  for (const std::string& asked : only) {
    const std::string one[] = {asked};
    if (std::none_of(analysers_.begin(), analysers_.end(), [&](const auto& a) { return AskedFor(one, a->name()); })) {
      return absl::InvalidArgumentError(
          fmt::format("no analysis is called '{}'; there are: {}", asked, fmt::join(KnownNames(), ", ")));
    }
  }
  std::set<std::string_view> kept;
  // From the last to the first, so that the needs of each kept analyser are kept too.
  for (const auto& analyser : std::views::reverse(analysers_)) {
    if (AskedFor(only, analyser->name()) || kept.contains(analyser->name())) {
      kept.insert(analyser->name());
      kept.insert(analyser->needs().begin(), analyser->needs().end());
    }
  }
  std::erase_if(analysers_, [&](const auto& analyser) { return !kept.contains(analyser->name()); });
  return absl::OkStatus();
}

// The names that Restrict() accepts: "faces" comes before "faces.detect" and "faces.recognise".
std::vector<std::string> PhotoAnalysis::KnownNames() const {
  std::vector<std::string> names;
  const auto add = [&names](std::string_view name) {
    if (!Contains(names, name)) {
      names.emplace_back(name);
    }
  };
  for (const auto& analyser : analysers_) {
    add(analyser->name().substr(0, analyser->name().find('.')));
    add(analyser->name());
  }
  return names;
}

std::vector<AnalysisVersion> PhotoAnalysis::Versions() const {
  std::vector<AnalysisVersion> versions = {
      {.analysis = std::string(kDecodeAnalysis), .version = std::string(kDecodeVersion)}};
  for (const auto& analyser : analysers_) {
    versions.push_back({.analysis = std::string(analyser->name()), .version = VersionOf(*analyser)});
  }
  return versions;
}

std::string PhotoAnalysis::VersionOf(const Analyser& analyser) const {
  std::string version = analyser.version();
  for (const auto& other : analysers_) {
    if (Needs(analyser, other->name())) {
      version += fmt::format(" of {}", VersionOf(*other));
    }
  }
  return version;
}

std::vector<std::string> PhotoAnalysis::Closure(std::span<const std::string> pending) const {
  const bool all = Contains(pending, kDecodeAnalysis);
  std::set<std::string_view> run(pending.begin(), pending.end());
  // Backwards to add needs, forwards to add dependents: each analyser comes after its needs.
  for (const auto& analyser : std::views::reverse(analysers_)) {
    if (run.contains(analyser->name())) {
      run.insert(analyser->needs().begin(), analyser->needs().end());
    }
  }
  std::vector<std::string> names;
  for (const auto& analyser : analysers_) {
    const bool depends =
        std::any_of(names.begin(), names.end(), [&](const auto& name) { return Needs(*analyser, name); });
    if (all || depends || run.contains(analyser->name())) {
      names.emplace_back(analyser->name());
    }
  }
  return names;
}

std::vector<std::string> PhotoAnalysis::OfAllPages(std::span<const std::string> names) const {
  std::vector<std::string> of_all;
  for (const auto& analyser : analysers_) {
    if (analyser->reads_all_pages() && Contains(names, analyser->name())) {
      of_all.emplace_back(analyser->name());
    }
  }
  return of_all;
}

void PhotoAnalysis::Run(const DecodedPhoto& photo, std::span<const std::string> names, PhotoResult& result) const {
  if (on_first_photo_) {
    std::call_once(first_photo_, on_first_photo_);
  }
  const PhotoView view{.image = photo.image,
                       .full_width = photo.full_width,
                       .full_height = photo.full_height,
                       .reduction = photo.reduction};
  for (const auto& analyser : analysers_) {
    if (Contains(names, analyser->name())) {
      result.outcomes.push_back(RunOne(*analyser, view, result));
    }
  }
}

AnalysisOutcome PhotoAnalysis::RunOne(Analyser& analyser, const PhotoView& view, PhotoResult& result) const {
  AnalysisOutcome outcome{.analysis = std::string(analyser.name()), .version = VersionOf(analyser)};
  if (const std::string_view need = MissingNeed(analyser, result); !need.empty()) {
    outcome.state = AnalysisState::kSkipped;
    outcome.reason = fmt::format("{} did not succeed", need);
    return outcome;
  }
  const auto start = std::chrono::steady_clock::now();
  const Status status = Analyse(analyser, view, result.findings);
  outcome.milliseconds = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
  outcome.device = analyser.device();
  if (!status.ok()) {
    outcome.state = AnalysisState::kFailed;
    outcome.reason = Message(status);
    outcome.retryable = IsRetryable(status.code());
  }
  return outcome;
}

namespace {

// Another attempt to read a photo that is over a limit, or that stopped its decoder twice, would end in the same way.
bool IsRetryableRead(absl::StatusCode code) {
  return IsRetryable(code) && code != absl::StatusCode::kResourceExhausted &&
         code != absl::StatusCode::kDeadlineExceeded && code != absl::StatusCode::kInternal;
}

}  // namespace

void PhotoAnalysis::RecordUndecodable(const Status& reason, std::span<const std::string> names,
                                      PhotoResult& result) const {
  result.outcomes.push_back({.analysis = std::string(kDecodeAnalysis),
                             .version = std::string(kDecodeVersion),
                             .state = AnalysisState::kFailed,
                             .reason = Message(reason),
                             .retryable = IsRetryableRead(reason.code())});
  for (const auto& analyser : analysers_) {
    if (Contains(names, analyser->name())) {
      result.outcomes.push_back({.analysis = std::string(analyser->name()),
                                 .version = VersionOf(*analyser),
                                 .state = AnalysisState::kSkipped,
                                 .reason = "the photo could not be decoded"});
    }
  }
}

}  // namespace calotype
