#include "app/library.h"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include "app/open_catalog.h"

namespace calotype {
namespace {

// Queries keep a core busy each; a few more connections serve those that wait for the disk.
std::size_t MostConnections() { return static_cast<std::size_t>(std::max(8, 2 * App::Cores())); }

}  // namespace

Library::Library(const App& app)
    : Library(app, [&app](const ModelChoice& choice, const ModelUse& use) { return OpenModels(app, choice, use); }) {}

Library::Library(const App& app, ModelOpener open_models)
    : app_(app),
      open_models_(std::move(open_models)),
      catalogs_(
          app.catalog_files().database().string(), [&app] { return OpenCatalog(app, /*create=*/false); },
          MostConnections()),
      segments_(app.settings().search_segments.empty()
                    ? nullptr
                    : std::make_unique<SegmentFollower>(SegmentStore(app.settings().search_segments),
                                                        app.folders().cache / "segments")),
      vectors_(app.VectorsFolder(), kIndexFrom, segments_.get()) {}

StatusOr<std::shared_ptr<const OpenTextEncoder>> Library::OpenEncoder(const ModelSet& shown) const {
  auto open = std::make_shared<OpenTextEncoder>();
  open->models = shown;
  CALOTYPE_ASSIGN_OR_RETURN(open->opened, open_models_({.pack = shown.pack, .choices = ParseChoices(shown.choices)},
                                                       {.threads = App::Cores(), .few_runs = true}));
  const StatusOr<const ModelSpec*> model = open->opened->TextEncoder(shown.text_encoder);
  if (!model.ok()) {
    open->why_none = Message(model.status());
    return open;
  }
  CALOTYPE_ASSIGN_OR_RETURN(open->encoder, CreateTextEncoder(**model, *open->opened->cache));
  return open;
}

StatusOr<std::shared_ptr<const OpenTextEncoder>> Library::Encoder(const ModelSet& shown) {
  std::shared_ptr<const OpenTextEncoder> replaced;  // released after the lock: it unloads models
  const MutexLock lock(&encoder_mutex_);
  if (encoder_ == nullptr || encoder_->models != shown) {
    CALOTYPE_ASSIGN_OR_RETURN(std::shared_ptr<const OpenTextEncoder> opened, OpenEncoder(shown));
    ++encoders_opened_;
    replaced = std::exchange(encoder_, std::move(opened));
  }
  return encoder_;
}

bool Library::Scanned() const {
  std::error_code error;
  return std::filesystem::exists(app_.catalog_files().database(), error);
}

int64_t Library::encoders_opened() const {
  const MutexLock lock(&encoder_mutex_);
  return encoders_opened_;
}

}  // namespace calotype
