#include "app/models_use.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <memory>

#include "app/open_catalog.h"
#include "app/open_models.h"

namespace calotype {
namespace {

// While a switch is under way, undo returns to the models that are still shown; after it, to those before.
StatusOr<ModelChoice> ModelsBefore(const LibraryModels& models) {
  const std::optional<ModelSet>& before = models.wanted != models.shown ? models.shown : models.previous;
  if (!before.has_value()) {
    return absl::FailedPreconditionError("there is nothing to undo: no other models were in use before");
  }
  return ModelChoice{.pack = before->pack, .choices = ParseChoices(before->choices)};
}

ModelChoice RequestedModels(const UseRequest& request) {
  return {.pack = request.pack, .choices = ParseChoices(fmt::format("{}", fmt::join(request.choices, ",")))};
}

StatusOr<ModelChoice> Chosen(const UseRequest& request, const LibraryModels& models) {
  return request.undo ? ModelsBefore(models) : StatusOr<ModelChoice>(RequestedModels(request));
}

StatusOr<ModelSet> LoadAll(const App& app, const ModelChoice& choice,
                           const std::function<void(const DeviceMeasurement&)>& on_measurement,
                           const std::stop_token& stop) {
  CALOTYPE_ASSIGN_OR_RETURN(const auto models, OpenModels(app, choice, ModelUse::Of(app.settings().workers)));
  CALOTYPE_ASSIGN_OR_RETURN(const auto analysis, OpenAnalysis(*models, {}));
  std::unique_ptr<TextEncoder> encoder;
  if (const ModelSpec* const spec = models->pack.Find("embed.text"); spec != nullptr) {
    CALOTYPE_ASSIGN_OR_RETURN(encoder, CreateTextEncoder(*spec, *models->cache));
  }
  models->MeasureDevices(on_measurement, stop);
  if (stop.stop_requested()) {
    return absl::CancelledError("stopped before the switch began");
  }
  CALOTYPE_RETURN_IF_ERROR(models->cache->Preload({kModelTasks.begin(), kModelTasks.end()}));
  return models->Set();
}

}  // namespace

Status CheckUseRequest(const UseRequest& request) {
  if (request.undo == !request.pack.empty()) {
    return absl::InvalidArgumentError("give a pack (calotype models list shows them), or --undo");
  }
  if (request.undo && !request.choices.empty()) {
    return absl::InvalidArgumentError("--choice is for a pack; --undo goes back to the models that were in use before");
  }
  return absl::OkStatus();
}

StatusOr<BegunSwitch> BeginSwitch(const App& app, const UseRequest& request,
                                  const std::function<void(const DeviceMeasurement&)>& on_measurement,
                                  const std::stop_token& stop) {
  CALOTYPE_RETURN_IF_ERROR(CheckUseRequest(request));
  // Before the catalogue is created, so that a wrong name leaves none.
  if (!request.pack.empty()) {
    CALOTYPE_RETURN_IF_ERROR(LoadChosen(app, RequestedModels(request)).status());
  }
  CALOTYPE_ASSIGN_OR_RETURN(const auto catalog, OpenCatalog(app, /*create=*/!request.undo));
  CALOTYPE_ASSIGN_OR_RETURN(const LibraryModels models, catalog->Models());
  CALOTYPE_ASSIGN_OR_RETURN(const ModelChoice choice, Chosen(request, models));
  CALOTYPE_ASSIGN_OR_RETURN(const ModelSet set, LoadAll(app, choice, on_measurement, stop));
  CALOTYPE_RETURN_IF_ERROR(catalog->WantModels(set));
  CALOTYPE_ASSIGN_OR_RETURN(const CatalogStatus status, catalog->GetStatus());
  return BegunSwitch{.choice = choice, .shown = models.shown.value_or(set).pack, .photos = status.photos};
}

StatusOr<DeletedResults> DeletePreviousResults(const App& app) {
  CALOTYPE_ASSIGN_OR_RETURN(const auto catalog, OpenCatalog(app, /*create=*/false));
  CALOTYPE_ASSIGN_OR_RETURN(const LibraryModels models, catalog->Models());
  DeletedResults deleted;
  CALOTYPE_ASSIGN_OR_RETURN(deleted.photos, catalog->DeletePreviousModels());
  if (models.previous.has_value()) {
    deleted.pack = models.previous->pack;
  }
  return deleted;
}

}  // namespace calotype
