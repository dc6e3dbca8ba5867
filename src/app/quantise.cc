#include "app/quantise.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <iterator>
#include <set>
#include <string_view>
#include <system_error>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "app/calibration_photos.h"
#include "app/model_choice.h"
#include "app/open_models.h"
#include "app/quantise_models.h"
#include "inference/placement/device_set.h"
#include "inference/quantise/quantised_file.h"

namespace calotype {
namespace {

namespace fs = std::filesystem;
using OnProgress = std::function<void(const QuantiseProgress&)>;
using Step = QuantiseProgress::Step;

// A task, and the analysis that gives its model inputs.
struct CalibratedTask {
  std::string_view task;
  std::string_view analysis;
};
constexpr std::array kCalibratedTasks = {
    CalibratedTask{"objects", "objects"},
    CalibratedTask{"embed.image", "embedding"},
    CalibratedTask{"ocr.detect", "text"},
    CalibratedTask{"ocr.orient", "text"},
    CalibratedTask{"ocr.recognise", "text"},
    CalibratedTask{"faces.detect", "faces.detect"},
    CalibratedTask{"faces.recognise", "faces.recognise"},
};

StatusOr<std::vector<std::string>> TasksOf(const QuantiseRequest& request, const Pack& pack) {
  std::vector<std::string> calibrated;
  for (const CalibratedTask& row : kCalibratedTasks) {
    calibrated.emplace_back(row.task);
  }
  for (const std::string& task : request.tasks) {
    if (std::ranges::find(calibrated, task) == calibrated.end()) {
      return absl::InvalidArgumentError(
          fmt::format("'{}' cannot be calibrated with photos; these can: {}{}", task, fmt::join(calibrated, ", "),
                      task == "embed.text" ? " (a text encoder is given words, and runs once per search)" : ""));
    }
    if (pack.Find(task) == nullptr) {
      return absl::FailedPreconditionError(fmt::format("the pack '{}' has no model for {}", pack.name, task));
    }
  }
  if (!request.tasks.empty()) {
    return request.tasks;
  }
  std::erase_if(calibrated, [&](const std::string& task) { return pack.Find(task) == nullptr; });
  return calibrated;
}

StatusOr<std::vector<fs::path>> ChoosePhotos(const App& app, const Pack& pack, std::size_t count,
                                             const OnProgress& on_progress) {
  CALOTYPE_ASSIGN_OR_RETURN(std::vector<fs::path> photos, PhotosOfLibrary(app, count));
  if (photos.empty()) {
    photos = PhotosOfSelfTests(pack);
    on_progress({.step = Step::kNoPhotos, .models = "", .total = photos.size()});
  }
  return photos;
}

// Fills in whether scans will use the forms: int8 may agree and be faster than fp32, and another device faster still.
Status FindUse(const App& app, const ModelChoice& choice, std::vector<QuantisedModel>& quantised,
               const OnProgress& on_progress) {
  CALOTYPE_ASSIGN_OR_RETURN(const auto models, OpenModels(app, choice, ModelUse::Of(app.settings().workers)));
  CALOTYPE_ASSIGN_OR_RETURN(const auto analysis, OpenAnalysis(*models, {}));
  for (QuantisedModel& model : quantised) {
    if (!model.form) {
      continue;
    }
    on_progress({.step = Step::kMeasuringDevices, .models = model.name});
    CALOTYPE_ASSIGN_OR_RETURN(const Plan plan, models->cache->PlanFor(model.name));
    model.used = plan.slots.front().option.precision == kInt8Precision;
    model.why_not = model.used ? "" : "devices." + model.task + " does not allow it";
    for (const NotUsed& device : plan.not_used) {
      if (!model.used && device.device.ends_with(kInt8Precision)) {
        model.why_not = device.reason;
      }
    }
  }
  return absl::OkStatus();
}

}  // namespace

std::string StepText(const QuantiseProgress& progress) {
  switch (progress.step) {
    case Step::kPhoto:
      return fmt::format("{}: photo {} of {}", progress.models, progress.done, progress.total);
    case Step::kRange:
      return fmt::format("{}: range of numbers, {} of {}", progress.models, progress.done, progress.total);
    case Step::kMeasuringForm:
      return fmt::format("{}: measuring its int8 form", progress.models);
    case Step::kMeasuringDevices:
      return fmt::format("{}: measuring devices", progress.models);
    case Step::kNoPhotos:
    case Step::kFinished:
      break;
  }
  return "";
}

StatusOr<std::vector<QuantisedModel>> Quantise(const App& app, const QuantiseRequest& request,
                                               const OnProgress& on_progress, const std::stop_token& stop) {
  const ModelChoice choice = PackInUse(app);
  CALOTYPE_ASSIGN_OR_RETURN(Pack pack, LoadChosen(app, choice));
  CALOTYPE_ASSIGN_OR_RETURN(const std::vector<std::string> tasks, TasksOf(request, pack));
  CALOTYPE_ASSIGN_OR_RETURN(const std::vector<fs::path> photos,
                            ChoosePhotos(app, pack, static_cast<std::size_t>(request.photos), on_progress));
  const auto finish = absl::MakeCleanup([&] { on_progress({.step = Step::kFinished, .models = ""}); });
  CALOTYPE_ASSIGN_OR_RETURN(
      const DeviceSet devices,
      OpenDevices({.onnxruntime = app.settings().onnxruntime, .plugins = {}, .reference_alone = true}));
  ModelsQuantiser quantiser(app, std::move(pack), devices.engines.front(), on_progress, stop);
  std::vector<QuantisedModel> quantised;
  std::set<std::string_view> done;
  for (const CalibratedTask& row : kCalibratedTasks) {
    // The models of one analysis get their inputs from the same pass over the photos.
    std::vector<std::string> of_analysis;
    for (const CalibratedTask& other : kCalibratedTasks) {
      if (other.analysis == row.analysis && std::ranges::find(tasks, other.task) != tasks.end()) {
        of_analysis.emplace_back(other.task);
      }
    }
    if (of_analysis.empty() || !done.insert(row.analysis).second) {
      continue;
    }
    CALOTYPE_ASSIGN_OR_RETURN(auto models, quantiser.Run(row.analysis, of_analysis, photos));
    std::ranges::move(models, std::back_inserter(quantised));
  }
  CALOTYPE_RETURN_IF_ERROR(FindUse(app, choice, quantised, on_progress));
  return quantised;
}

}  // namespace calotype
