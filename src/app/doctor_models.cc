// The checks that load all models.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <map>

#include "absl/strings/str_replace.h"
#include "app/doctor_checks.h"
#include "base/units.h"
#include "photo/photo_reader.h"
#include "pipeline/process_photo.h"

namespace calotype {
namespace {

constexpr std::string_view kFixFirst = "first fix what the checks above report";

// The photo of a self-test. The one with a face comes first, since it also shows a person, which is an object.
std::filesystem::path FindPhoto(const Pack& pack) {
  for (const std::string_view task : {"faces.detect", "objects", "ocr.detect", "embed.image"}) {
    const ModelSpec* const model = pack.Find(task);
    if (model != nullptr && model->self_test && !model->self_test->photo.empty()) {
      return model->self_test->photo;
    }
  }
  return {};
}

template <typename List>
int64_t Count(const std::optional<List>& list) {
  return list ? static_cast<int64_t>(list->size()) : 0;
}

StatusOr<PhotoResult> Analyse(const std::filesystem::path& path, const PhotoAnalysis& analysis,
                              const DecodeLimits& limits) {
  const std::unique_ptr<PhotoReader> reader = CreatePhotoReader();
  CALOTYPE_ASSIGN_OR_RETURN(const OpenPhoto photo, OpenPhotoFile(path.string()));
  CALOTYPE_ASSIGN_OR_RETURN(PhotoResult result,
                            ProcessPhoto(photo, {.reader = *reader, .analysis = analysis, .limits = limits}));
  // Only the analyses themselves are counted below.
  std::erase_if(result.outcomes, [](const AnalysisOutcome& outcome) {
    return outcome.analysis == kFactsAnalysis || outcome.analysis == kDecodeAnalysis;
  });
  std::vector<std::string> failed;
  for (const AnalysisOutcome& outcome : result.outcomes) {
    if (outcome.state != AnalysisState::kDone) {
      failed.push_back(fmt::format("{}: {}", outcome.analysis, outcome.reason));
    }
  }
  if (!failed.empty()) {
    return absl::InternalError(fmt::format("{}", fmt::join(failed, "; ")));
  }
  const Findings& found = result.findings;
  if (Count(found.objects) + Count(found.faces) + Count(found.text) == 0) {
    return absl::InternalError("nothing was found in it");
  }
  return result;
}

// Why a model does not load, without its name: the same text for all models with the same problem.
std::string ReasonOf(const ModelReport& report) {
  return absl::StrReplaceAll(Message(report.problem), {{fmt::format("model {} does not load: ", report.model.name), ""},
                                                       {fmt::format("model {} ", report.model.name), ""}});
}

// "scrfd, centernet: REASON; conse: OTHER REASON"
std::string GroupedReasons(const std::vector<ModelReport>& reports) {
  std::map<std::string, std::vector<std::string>> models_by_reason;
  for (const ModelReport& report : reports) {
    if (!report.problem.ok()) {
      models_by_reason[ReasonOf(report)].push_back(report.model.name);
    }
  }
  std::vector<std::string> groups;
  for (const auto& [reason, models] : models_by_reason) {
    groups.push_back(fmt::format("{}: {}", fmt::join(models, ", "), reason));
  }
  return fmt::format("{}", fmt::join(groups, "; "));
}

ModelOnDevice DescribeModel(const ModelReport& report) {
  ModelOnDevice model{.name = report.model.name};
  if (report.problem.ok()) {
    // The versions of engines are in the report already: CheckEngines() has them.
    const std::string& engine = report.device.engine;
    model.device = fmt::format("{} {}", engine.substr(0, engine.find(' ')), report.device.device);
    model.precision = report.device.precision;
  } else {
    model.problem = Message(report.problem);
  }
  if (report.trial) {
    model.measurement = {.milliseconds = report.trial->milliseconds, .agreement = report.trial->figure};
  }
  for (const NotUsed& other : report.not_used) {
    model.not_used.push_back({.device = other.device, .reason = other.reason});
  }
  return model;
}

}  // namespace

LoadedModels::LoadedModels(const App& app, const std::function<void(const DoctorProgress&)>& on_progress)
    : app_(app), problem_(Open()) {
  using Step = DoctorProgress::Step;
  if (!problem_.ok()) {
    return;
  }
  models_->cache->Measure([&](const std::string& name) { on_progress({.step = Step::kMeasuring, .model = name}); });
  for (const ModelReport& report : models_->cache->Report()) {
    on_progress({.step = Step::kLoading, .model = report.model.name});
    models_->cache->Get(report.model.name).status().IgnoreError();  // Report() has it
  }
  on_progress({.step = Step::kFinished, .model = ""});
  reports_ = models_->cache->Report();
}

Status LoadedModels::Open() {
  // With the settings of a scan, so that what is measured here applies to scans.
  ModelUse use = ModelUse::Of(app_.settings().workers);
  use.measure_all = true;
  CALOTYPE_ASSIGN_OR_RETURN(models_, OpenModels(app_, use));
  CALOTYPE_ASSIGN_OR_RETURN(analysis_, OpenAnalysis(*models_, {}));
  if (const ModelSpec* const model = models_->pack.Find("embed.text"); model != nullptr) {
    CALOTYPE_ASSIGN_OR_RETURN(encoder_, CreateTextEncoder(*model, *models_->cache));
  }
  return absl::OkStatus();
}

std::vector<ModelOnDevice> LoadedModels::models() const {
  std::vector<ModelOnDevice> models;
  std::ranges::transform(reports_, std::back_inserter(models), DescribeModel);
  return models;
}

DoctorCheck LoadedModels::CheckDevices() const {
  DoctorCheck check{.name = "devices"};
  if (!problem_.ok()) {
    check.detail = Message(problem_);
    check.remedy = kFixFirst;
    return check;
  }
  int64_t failed = 0;
  std::map<std::string, int> used;
  for (const ModelReport& report : reports_) {
    if (report.problem.ok()) {
      ++used[report.device.ToString()];
    } else {
      ++failed;
    }
  }
  check.ok = failed == 0;
  if (!check.ok) {
    check.detail = fmt::format("{} of {} models do not run: {}", failed, reports_.size(), GroupedReasons(reports_));
    check.remedy = "run calotype doctor --fix to measure again; devices.* and the checks above tell what may be used";
    return check;
  }
  std::vector<std::string> devices;
  for (const auto& [device, count] : used) {
    devices.push_back(fmt::format("{} on {}", count, device));
  }
  check.detail = fmt::format("{} pass their self-tests: {}", Counted(static_cast<int64_t>(reports_.size()), "model"),
                             fmt::join(devices, ", "));
  return check;
}

DoctorCheck LoadedModels::CheckPhoto() const {
  DoctorCheck check{.name = "photo", .remedy = std::string(kFixFirst)};
  if (!problem_.ok()) {
    check.detail = "not tried: the models could not be opened";
    return check;
  }
  if (std::ranges::any_of(reports_, [](const ModelReport& report) { return !report.problem.ok(); })) {
    check.detail = "not tried: not all models run";
    return check;
  }
  const std::filesystem::path path = FindPhoto(models_->pack);
  if (path.empty()) {
    check.detail = fmt::format("no model of the pack {} has a self-test with a photo", models_->pack.name);
    return check;
  }
  const auto start = std::chrono::steady_clock::now();
  const StatusOr<PhotoResult> result = Analyse(path, *analysis_, app_.settings().Limits());
  check.ok = result.ok();
  if (!check.ok) {
    check.detail = fmt::format("{}: {}", path.string(), Message(result.status()));
    return check;
  }
  const std::chrono::duration<double, std::milli> elapsed = std::chrono::steady_clock::now() - start;
  const Findings& found = result->findings;
  check.detail =
      fmt::format("{} analyses of {} in {:.0f} ms: {}, {}, {}", result->outcomes.size(), path.filename().string(),
                  elapsed.count(), Counted(Count(found.objects), "object"), Counted(Count(found.faces), "face"),
                  Counted(Count(found.text), "line of text", "lines of text"));
  check.remedy.clear();
  return check;
}

}  // namespace calotype
