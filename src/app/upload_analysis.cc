#include "app/upload_analysis.h"

#include <sys/mman.h>

#include <utility>

#include "app/load_places.h"
#include "app/model_choice.h"
#include "photo/photo_reader.h"
#include "pipeline/process_photo.h"

namespace calotype {
namespace {

// A file in memory, since photos are read from descriptors.
StatusOr<UniqueFd> InMemory(std::span<const uint8_t> bytes) {
  UniqueFd file(memfd_create("photo", MFD_CLOEXEC));
  if (file.get() < 0) {
    return ErrnoStatus(errno, "cannot make a file in memory");
  }
  CALOTYPE_RETURN_IF_ERROR(WriteAll(file.get(), bytes));
  return file;
}

}  // namespace

StatusOr<AnalyzedPhoto> UploadAnalyser::Analyze(std::span<const uint8_t> photo, const std::vector<std::string>& only) {
  CALOTYPE_ASSIGN_OR_RETURN(const std::shared_ptr<const Models> models, OpenedModels());
  CALOTYPE_ASSIGN_OR_RETURN(const std::unique_ptr<PhotoAnalysis> analysis, OpenAnalysis(*models, only));
  CALOTYPE_ASSIGN_OR_RETURN(const std::shared_ptr<const PlaceIndex> places, LoadPlacesIfAny(library_.app()));
  const std::unique_ptr<PhotoReader> reader = CreateInProcessReader();
  const PhotoTools tools{
      .reader = *reader, .analysis = *analysis, .places = places.get(), .limits = library_.app().settings().Limits()};
  OpenPhoto file;
  CALOTYPE_ASSIGN_OR_RETURN(file.file, InMemory(photo));
  AnalyzedPhoto analyzed{.sha256 = Sha256(photo)};
  StatusOr<PhotoResult> result = ProcessPhoto(file, tools);
  if (!result.ok()) {
    analyzed.status = result.status();
    analyzed.properties = LoadFacts(file, tools).value_or(PhotoProperties());
    return analyzed;
  }
  analyzed.properties = *std::move(result->properties);
  analyzed.findings = std::move(result->findings);
  analyzed.outcomes = std::move(result->outcomes);
  return analyzed;
}

StatusOr<std::shared_ptr<const Models>> UploadAnalyser::OpenedModels() {
  const ModelChoice choice = PackInUse(library_.app());
  const MutexLock lock(&mutex_);
  if (models_ == nullptr || models_->pack.name != choice.pack || models_->choices != choice.choices) {
    ModelUse use = ModelUse::Of(App::Cores());
    use.announce = true;
    CALOTYPE_ASSIGN_OR_RETURN(std::unique_ptr<Models> opened, library_.Open(choice, use));
    models_ = std::move(opened);
  }
  return models_;
}

}  // namespace calotype
