#include "app/analyze.h"

#include <algorithm>
#include <atomic>
#include <future>
#include <memory>
#include <thread>
#include <utility>

#include "app/load_places.h"
#include "app/open_models.h"
#include "photo/photo_reader.h"
#include "pipeline/photo_analysis.h"
#include "pipeline/process_photo.h"

namespace calotype {
namespace {

// The analyses, and the models that they use, if any.
struct OpenedAnalysis {
  std::unique_ptr<Models> models;
  std::unique_ptr<PhotoAnalysis> analysis;  // last: it uses the models
};

StatusOr<OpenedAnalysis> Open(const App& app, const std::vector<std::string>& only, int workers) {
  OpenedAnalysis opened;
  if (!NeedModels(only)) {
    std::vector<std::unique_ptr<Analyser>> analysers;
    analysers.push_back(CreatePdqAnalyser());
    opened.analysis = std::make_unique<PhotoAnalysis>(std::move(analysers));
    return opened;
  }
  ModelUse use = ModelUse::Of(workers);
  use.announce = true;
  CALOTYPE_ASSIGN_OR_RETURN(opened.models, OpenModels(app, use));
  CALOTYPE_ASSIGN_OR_RETURN(opened.analysis, OpenAnalysis(*opened.models, only));
  return opened;
}

AnalyzedPhoto AnalyzeFile(const PhotoTools& tools, const std::string& path) {
  const StatusOr<OpenPhoto> photo = OpenPhotoFile(path);
  const StatusOr<Sha256Digest> sha256 = photo.ok() ? Sha256OfFile(photo->file.get()) : photo.status();
  if (!sha256.ok()) {
    return {.path = path, .status = sha256.status()};
  }
  AnalyzedPhoto analyzed = AnalyzeOpenPhoto(*photo, tools);
  analyzed.path = path;
  analyzed.sha256 = *sha256;
  return analyzed;
}

}  // namespace

AnalyzedPhoto AnalyzeOpenPhoto(const OpenPhoto& photo, const PhotoTools& tools) {
  AnalyzedPhoto analyzed;
  StatusOr<PhotoResult> result = ProcessPhoto(photo, tools);
  if (!result.ok()) {
    analyzed.status = result.status();
    analyzed.properties = LoadFacts(photo, tools).value_or(LoadedFacts()).properties;
    return analyzed;
  }
  analyzed.properties = *std::move(result->properties);
  analyzed.findings = std::move(result->findings);
  analyzed.outcomes = std::move(result->outcomes);
  return analyzed;
}

bool AnalyzedPhoto::ok() const {
  return status.ok() && std::ranges::all_of(outcomes, [](const AnalysisOutcome& outcome) {
           return outcome.state == AnalysisState::kDone;
         });
}

Status AnalyzePhotos(const App& app, const AnalyzeRequest& request,
                     const std::function<void(const AnalyzedPhoto&)>& on_photo) {
  const int workers =
      static_cast<int>(std::min<int64_t>(app.settings().workers, static_cast<int64_t>(request.photos.size())));
  CALOTYPE_ASSIGN_OR_RETURN(const OpenedAnalysis opened, Open(app, request.only, workers));
  CALOTYPE_ASSIGN_OR_RETURN(const std::shared_ptr<const PlaceIndex> places, LoadPlacesIfAny(app));
  const std::unique_ptr<PhotoReader> reader = CreatePhotoReader();
  const PhotoTools tools{
      .reader = *reader, .analysis = *opened.analysis, .places = places.get(), .limits = app.settings().Limits()};
  std::vector<std::promise<AnalyzedPhoto>> promises(request.photos.size());
  std::atomic<std::size_t> next{0};
  std::vector<std::jthread> threads;
  for (int i = 0; i < workers; ++i) {
    threads.emplace_back([&] {
      for (std::size_t at = next++; at < promises.size(); at = next++) {
        promises[at].set_value(AnalyzeFile(tools, request.photos[at]));
      }
    });
  }
  for (std::promise<AnalyzedPhoto>& promise : promises) {
    on_photo(promise.get_future().get());
  }
  return absl::OkStatus();
}

}  // namespace calotype
