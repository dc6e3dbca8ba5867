#include "app/upload_analysis.h"

#include <utility>

#include "app/load_places.h"
#include "app/model_choice.h"
#include "base/file.h"
#include "photo/photo_reader.h"
#include "pipeline/process_photo.h"

namespace calotype {

StatusOr<AnalyzedPhoto> UploadAnalyser::Analyze(std::span<const uint8_t> photo, const std::vector<std::string>& only) {
  CALOTYPE_ASSIGN_OR_RETURN(const Opened opened, OpenOnce());
  CALOTYPE_ASSIGN_OR_RETURN(const std::unique_ptr<PhotoAnalysis> analysis, OpenAnalysis(*opened.models, only));
  const std::unique_ptr<PhotoReader> reader = CreatePhotoReader();
  const PhotoTools tools{.reader = *reader,
                         .analysis = *analysis,
                         .places = opened.places.get(),
                         .limits = library_.app().settings().Limits()};
  OpenPhoto file;
  CALOTYPE_ASSIGN_OR_RETURN(file.file, MakeMemoryFile("calotype-upload", photo));
  AnalyzedPhoto analyzed = AnalyzeOpenPhoto(file, tools);
  analyzed.sha256 = Sha256(photo);
  return analyzed;
}

StatusOr<UploadAnalyser::Opened> UploadAnalyser::OpenOnce() {
  const ModelChoice choice = PackInUse(library_.app());
  const MutexLock lock(&mutex_);
  const Models* const models = opened_.models.get();
  if (models == nullptr || models->pack.name != choice.pack || models->choices != choice.choices) {
    ModelUse use = ModelUse::Of(App::Cores());
    use.announce = true;
    CALOTYPE_ASSIGN_OR_RETURN(opened_.places, LoadPlacesIfAny(library_.app()));
    CALOTYPE_ASSIGN_OR_RETURN(opened_.models, library_.Open(choice, use));
  }
  return opened_;
}

}  // namespace calotype
