#include "app/quantise_models.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <optional>
#include <system_error>
#include <utility>

#include "app/open_models.h"
#include "base/file.h"
#include "base/log.h"
#include "inference/quantise/quantised_file.h"
#include "models/partial_file.h"
#include "pipeline/process_photo.h"

namespace calotype {
namespace {

namespace fs = std::filesystem;
using Step = QuantiseProgress::Step;

ModelFile FileOf(const ModelCache& cache, const std::string& name) {
  for (const ModelReport& report : cache.Report()) {
    if (report.model.name == name) {
      return report.model;
    }
  }
  return {};
}

// The form and its fp32 model on the self-test.
StatusOr<Int8Trial> Measure(const Placement& placement, ModelCache& cache, const ModelFile& file) {
  CALOTYPE_ASSIGN_OR_RETURN(const Plan plan, cache.PlanFor(file.name));
  std::optional<Trial> floats;
  std::optional<Trial> ints;
  for (const DeviceOption& option : placement.settings().options) {
    (option.precision == kInt8Precision ? ints : floats) = placement.FindTrial(file, option);
  }
  if (floats && ints) {
    return Int8Trial{
        .float_ms = floats->milliseconds, .ms = ints->milliseconds, .agrees = ints->agrees, .figure = ints->figure};
  }
  for (const NotUsed& device : plan.not_used) {
    // The form fails the self-test. One with more layers in float may pass it.
    if (floats && device.device.ends_with(kInt8Precision)) {
      return Int8Trial{.float_ms = floats->milliseconds, .ms = 0, .agrees = false, .figure = device.reason};
    }
  }
  return absl::FailedPreconditionError("its manifest has no self-test to compare results by");
}

// No other model would succeed either.
bool EndsAll(const Status& status) {
  return absl::IsCancelled(status) || absl::IsResourceExhausted(status) || absl::IsPermissionDenied(status);
}

}  // namespace

ModelsQuantiser::ModelsQuantiser(const App& app, Pack pack, std::shared_ptr<Engine> engine,
                                 const OnProgress& on_progress, std::stop_token stop)
    : app_(app),
      pack_(std::move(pack)),
      engine_(std::move(engine)),
      on_progress_(on_progress),
      stop_(std::move(stop)),
      scratch_(app.QuantisedFolder()) {}

StatusOr<std::vector<QuantisedModel>> ModelsQuantiser::Run(std::string_view analysis,
                                                           std::span<const std::string> tasks,
                                                           std::span<const fs::path> photos) {
  CALOTYPE_ASSIGN_OR_RETURN(auto recorded, Record(analysis, tasks, photos));
  std::vector<QuantisedModel> models;
  for (const std::string& task : tasks) {
    const ModelSpec* const model = pack_.Find(task);
    CALOTYPE_RETURN_IF_ERROR(scratch_.Create());
    Status status;
    models.push_back(QuantiseOne(*model, recorded[task], status));
    recorded.erase(task);  // the inputs take up to hundreds of megabytes
    scratch_.Clear();
    if (EndsAll(status)) {
      return Annotate(status, model->name);
    }
  }
  return models;
}

StatusOr<ModelsQuantiser::OnCpu> ModelsQuantiser::Open(const std::shared_ptr<Engine>& engine,
                                                       PlacementSettings settings) const {
  settings.options = ListDeviceOptions(std::span(&engine, 1));
  std::erase_if(settings.options, [](const DeviceOption& option) { return option.device != "cpu"; });
  OnCpu cpu;
  cpu.placement = std::make_shared<Placement>(std::move(settings), std::make_shared<DeviceStore>(""));
  cpu.cache = std::make_unique<ModelCache>(cpu.placement, CacheSettings{});
  CALOTYPE_ASSIGN_OR_RETURN(auto analysers, CreateAnalysers(pack_, *cpu.cache));
  cpu.analysis = std::make_unique<PhotoAnalysis>(std::move(analysers));
  return cpu;
}

StatusOr<std::map<std::string, std::vector<RunInputs>>> ModelsQuantiser::Record(
    std::string_view analysis, std::span<const std::string> tasks, std::span<const fs::path> photos) const {
  const auto recorder = std::make_shared<RecordingEngine>(engine_, RecordingLimits{});
  CALOTYPE_ASSIGN_OR_RETURN(
      const OnCpu cpu, Open(recorder, {.threads = App::Cores(), .compiled = app_.CompiledFolder(), .few_runs = true}));
  const std::vector<std::string> only = {std::string(analysis)};
  CALOTYPE_RETURN_IF_ERROR(cpu.analysis->Restrict(only));
  for (std::size_t i = 0; i < photos.size(); ++i) {
    if (stop_.stop_requested()) {
      return absl::CancelledError("stopped; int8 forms that were complete are kept");
    }
    on_progress_({.step = Step::kPhoto,
                  .models = fmt::format("{}", fmt::join(tasks, ", ")),
                  .done = i + 1,
                  .total = photos.size()});
    recorder->BeginPhoto();
    if (const Status status = RunAnalysis(photos[i], *cpu.analysis); !status.ok()) {
      LogInfo("{} is not used for calibration: {}", photos[i].string(), Message(status));
    }
  }
  std::map<std::string, std::vector<RunInputs>> recorded;
  for (const std::string& task : tasks) {
    recorded[task] = recorder->Take(pack_.Find(task)->path);
  }
  return recorded;
}

Status ModelsQuantiser::RunAnalysis(const fs::path& path, const PhotoAnalysis& analysis) const {
  CALOTYPE_ASSIGN_OR_RETURN(const OpenPhoto photo, OpenPhotoFile(path.string()));
  return ProcessPhoto(photo, {.reader = *reader_, .analysis = analysis, .limits = app_.settings().Limits()}).status();
}

QuantisedModel ModelsQuantiser::QuantiseOne(const ModelSpec& model, std::span<const RunInputs> runs,
                                            Status& status) const {
  QuantisedModel quantised{.task = model.task, .name = model.name, .bytes = model.bytes, .runs = runs.size()};
  if (runs.empty()) {
    quantised.why_not = "no photo gave it any input; more --photos may";
    return quantised;
  }
  if (StatusOr<QuantisedModel::Form> form = MakeForm(model, runs); form.ok()) {
    quantised.form = *std::move(form);
  } else {
    status = form.status();
    quantised.why_not = Message(status);
    // Unimplemented: no layer to quantise. Failed precondition: no self-test.
    quantised.failed = !absl::IsUnimplemented(status) && !absl::IsFailedPrecondition(status);
  }
  return quantised;
}

StatusOr<QuantisedModel::Form> ModelsQuantiser::MakeForm(const ModelSpec& model,
                                                         std::span<const RunInputs> runs) const {
  // The simplified model is there, and beside it the observed one or a form.
  CALOTYPE_RETURN_IF_ERROR(CheckFreeSpace(scratch_.path(), 2 * model.bytes, "the cache folder (XDG_CACHE_HOME)"));
  const auto on_run = [&](std::size_t done) {
    on_progress_({.step = Step::kRange, .models = model.name, .done = done, .total = runs.size()});
  };
  CALOTYPE_ASSIGN_OR_RETURN(const Quantiser quantiser,
                            Quantiser::Calibrate(*engine_, {.model = model.path,
                                                            .scratch = scratch_.path(),
                                                            .session = {.threads = App::Cores()},
                                                            .runs = runs,
                                                            .on_run = on_run,
                                                            .stop = stop_}));
  // With the threads of a scan, so that what is measured here applies to scans.
  const ModelUse use = ModelUse::Of(app_.settings().workers);
  CALOTYPE_ASSIGN_OR_RETURN(
      const OnCpu cpu,
      Open(engine_,
           {.threads = use.threads, .parallel = use.parallel, .measure_all = true, .quantised = scratch_.path()}));
  const ModelFile file = FileOf(*cpu.cache, model.name);
  CALOTYPE_ASSIGN_OR_RETURN(const fs::path attempt, QuantisedFile(scratch_.path(), file.path, file.hash));
  const auto measure = [&] {
    on_progress_({.step = Step::kMeasuringForm, .models = model.name});
    return Measure(*cpu.placement, *cpu.cache, file);
  };
  CALOTYPE_ASSIGN_OR_RETURN(const Int8Form form, quantiser.WriteBest(attempt, measure, stop_));
  CALOTYPE_ASSIGN_OR_RETURN(const int64_t bytes, Keep(attempt, file));
  return QuantisedModel::Form{.bytes = bytes,
                              .layers = form.layers,
                              .layers_finer = form.care.finer,
                              .layers_in_float = form.care.in_float,
                              .float_ms = form.trial.float_ms,
                              .ms = form.trial.ms,
                              .agrees = form.trial.agrees,
                              .agreement = form.trial.figure};
}

StatusOr<int64_t> ModelsQuantiser::Keep(const fs::path& made, const ModelFile& file) const {
  CALOTYPE_ASSIGN_OR_RETURN(const fs::path kept, QuantisedFile(app_.QuantisedFolder(), file.path, file.hash));
  std::error_code error;
  const auto bytes = static_cast<int64_t>(fs::file_size(made, error));
  fs::rename(made, kept, error);
  if (error) {
    return ErrnoStatus(error.value(), fmt::format("rename {} to {}", made.string(), kept.string()));
  }
  RemoveOutdatedForms(app_.QuantisedFolder(), file.path, file.hash);
  CALOTYPE_RETURN_IF_ERROR(SyncFolder(app_.QuantisedFolder()));
  return bytes;
}

}  // namespace calotype
