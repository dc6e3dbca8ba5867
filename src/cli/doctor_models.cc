// calotype doctor: the models at work.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <map>

#include "app/app.h"
#include "app/open_models.h"
#include "base/file.h"
#include "cli/doctor_checks.h"
#include "cli/terminal.h"

namespace calotype {
namespace {

constexpr std::string_view kNotDone = "mend what the checks above name first";

// A line that the next one replaces; an empty one leaves nothing.
void ShowProgress(std::string_view line) {
  if (ErrorIsTerminal()) {
    const std::string text = fmt::format("\r\033[K{}", line);
    std::fwrite(text.data(), 1, text.size(), stderr);
  }
}

// The photo of a self-test: one with a face shows a person, too.
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
std::size_t Count(const std::optional<List>& list) {
  return list ? list->size() : 0;
}

std::string Plural(std::size_t count, std::string_view one, std::string_view many) {
  return fmt::format("{} {}", count, count == 1 ? one : many);
}

Status Analyse(const PhotoAnalysis& analysis, const DecodedPhoto& photo, PhotoResult& result) {
  const std::vector<std::string> all = {std::string(kDecodeAnalysis)};
  analysis.Run(photo, analysis.Closure(all), result);
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
  return absl::OkStatus();
}

}  // namespace

ModelsAtWork::ModelsAtWork(const App& app) : app_(app), problem_(Open()) {
  if (!problem_.ok()) {
    return;
  }
  models_->cache->Measure([](const std::string& name) { ShowProgress(fmt::format("measuring {} ...", name)); });
  for (const ModelReport& report : models_->cache->Report()) {
    ShowProgress(fmt::format("loading {} ...", report.model.name));
    models_->cache->Get(report.model.name).status().IgnoreError();  // it stays in the report
  }
  ShowProgress("");
  reports_ = models_->cache->Report();
}

Status ModelsAtWork::Open() {
  // As a scan: what is measured here is what it goes by.
  ModelUse use = ModelUse::Of(app_.settings().workers);
  use.measure_all = true;
  CALOTYPE_ASSIGN_OR_RETURN(models_, OpenModels(app_, use));
  CALOTYPE_ASSIGN_OR_RETURN(analysis_, OpenAnalysis(*models_, {}));
  if (const ModelSpec* const model = models_->pack.Find("embed.text"); model != nullptr) {
    CALOTYPE_ASSIGN_OR_RETURN(encoder_, CreateTextEncoder(*model, *models_->cache));
  }
  return absl::OkStatus();
}

Check ModelsAtWork::CheckDevices() const {
  Check check{.name = "devices"};
  if (!problem_.ok()) {
    check.detail = Message(problem_);
    check.remedy = kNotDone;
    return check;
  }
  std::vector<std::string> failed;
  std::map<std::string, int> used;
  for (const ModelReport& report : reports_) {
    if (report.problem.ok()) {
      ++used[report.device.ToString()];
    } else {
      failed.push_back(Message(report.problem));
    }
  }
  check.ok = failed.empty();
  if (!check.ok) {
    check.detail =
        fmt::format("{} of {} models do not run: {}", failed.size(), reports_.size(), fmt::join(failed, "; "));
    check.remedy = "calotype doctor --fix measures again; devices.* and the checks above say what may be used";
    return check;
  }
  std::vector<std::string> places;
  for (const auto& [device, count] : used) {
    places.push_back(fmt::format("{} on {}", count, device));
  }
  check.detail =
      fmt::format("{} pass their self-tests: {}", Plural(reports_.size(), "model", "models"), fmt::join(places, ", "));
  return check;
}

Check ModelsAtWork::CheckPhoto() const {
  Check check{.name = "photo", .remedy = std::string(kNotDone)};
  if (!problem_.ok()) {
    check.detail = "not tried: no model is at work";
    return check;
  }
  const std::filesystem::path path = FindPhoto(models_->pack);
  if (path.empty()) {
    check.detail = fmt::format("no model of the pack {} has a self-test with a photo", models_->pack.name);
    return check;
  }
  const auto start = std::chrono::steady_clock::now();
  const auto decode = [&]() -> StatusOr<DecodedPhoto> {
    CALOTYPE_ASSIGN_OR_RETURN(const UniqueFd file, OpenForReading(path));
    return DecodePhoto(file.get(), app_.settings().Limits());
  };
  const StatusOr<DecodedPhoto> photo = decode();
  PhotoResult result;
  const Status status = photo.ok() ? Analyse(*analysis_, *photo, result) : photo.status();
  check.ok = status.ok();
  if (!check.ok) {
    check.detail = fmt::format("{}: {}", path.string(), Message(status));
    return check;
  }
  const std::chrono::duration<double, std::milli> elapsed = std::chrono::steady_clock::now() - start;
  const Findings& found = result.findings;
  check.detail = fmt::format(
      "{} analyses of {} in {:.0f} ms: {}, {}, {}", result.outcomes.size(), path.filename().string(), elapsed.count(),
      Plural(Count(found.objects), "object", "objects"), Plural(Count(found.faces), "face", "faces"),
      Plural(Count(found.text), "line of text", "lines of text"));
  check.remedy.clear();
  return check;
}

}  // namespace calotype
