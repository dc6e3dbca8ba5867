// calotype models quantise: int8 forms of the pack's models, calibrated with photos of the library.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/numbers.h"
#include "app/model_choice.h"
#include "app/open_catalog.h"
#include "app/open_models.h"
#include "base/file.h"
#include "base/log.h"
#include "cli/command.h"
#include "cli/findings_json.h"
#include "cli/interrupt.h"
#include "cli/terminal.h"
#include "inference/quantise/quantised_file.h"
#include "inference/quantise/quantiser.h"
#include "inference/quantise/recording_engine.h"
#include "models/partial_file.h"
#include "photo/photo_reader.h"
#include "pipeline/process_photo.h"

namespace calotype {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr int kDefaultPhotos = 64;
constexpr std::string_view kScratchPrefix = "part-";

// The analysis whose work gives a model its inputs.
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

struct QuantiseArguments {
  std::vector<std::string> tasks;
  int photos = kDefaultPhotos;
  bool json = false;
};

// What became of one model.
struct QuantisedModel {
  const ModelSpec* model = nullptr;
  std::size_t runs = 0;  // that it was calibrated with
  StatusOr<Int8Form> form = absl::NotFoundError("not tried");
  int64_t bytes = 0;  // of the int8 form
  bool used = false;
  std::string why;  // it is not used
};

// A line that the next one replaces; where nobody watches, only what `always` says.
void ShowStep(const std::string& line, bool always = false) {
  if (ErrorIsTerminal()) {
    fmt::print(stderr, "\r\033[K{}", line);
  } else if (always && !line.empty()) {
    fmt::print(stderr, "{}\n", line);
  }
}

StatusOr<std::vector<std::string>> TasksOf(const QuantiseArguments& arguments, const Pack& pack) {
  std::vector<std::string> calibrated;
  for (const CalibratedTask& row : kCalibratedTasks) {
    calibrated.emplace_back(row.task);
  }
  for (const std::string& task : arguments.tasks) {
    if (std::ranges::find(calibrated, task) == calibrated.end()) {
      return absl::InvalidArgumentError(
          fmt::format("'{}' cannot be calibrated with photos; {} can{}", task, fmt::join(calibrated, ", "),
                      task == "embed.text" ? " (a text encoder is given words, and a search runs it once)" : ""));
    }
    if (pack.Find(task) == nullptr) {
      return absl::FailedPreconditionError(fmt::format("the pack '{}' has no model for {}", pack.name, task));
    }
  }
  if (!arguments.tasks.empty()) {
    return arguments.tasks;
  }
  std::erase_if(calibrated, [&](const std::string& task) { return pack.Find(task) == nullptr; });
  return calibrated;
}

// `count` of `photos`, spread over all of them; always the same ones.
std::vector<PhotoId> Spread(const std::vector<PhotoId>& photos, std::size_t count) {
  std::vector<PhotoId> some;
  const std::size_t most = std::min(count, photos.size());
  for (std::size_t i = 0; i < most; ++i) {
    some.push_back(photos[i * photos.size() / most]);
  }
  return some;
}

StatusOr<std::vector<fs::path>> PhotosOfLibrary(const App& app, std::size_t count) {
  std::error_code error;
  if (!fs::exists(app.catalog_files().database(), error)) {
    return std::vector<fs::path>();
  }
  CALOTYPE_ASSIGN_OR_RETURN(const auto catalog, OpenCatalog(app, false));
  CALOTYPE_ASSIGN_OR_RETURN(const std::vector<PhotoId> all, catalog->FindPhotos({}));
  CALOTYPE_ASSIGN_OR_RETURN(std::vector<std::string> paths, catalog->PathsOf(Spread(all, count)));
  std::erase(paths, "");
  return std::vector<fs::path>(paths.begin(), paths.end());
}

std::vector<fs::path> PhotosOfSelfTests(const Pack& pack) {
  std::set<fs::path> photos;
  for (const ModelSpec& model : pack.models) {
    if (model.self_test && !model.self_test->photo.empty()) {
      photos.insert(model.self_test->photo);
      photos.insert(model.self_test->more_photos.begin(), model.self_test->more_photos.end());
    }
  }
  return {photos.begin(), photos.end()};
}

// A folder for files in between, removed at the end, and those that killed processes left.
class Scratch {
 public:
  explicit Scratch(const fs::path& parent) : folder_(parent / fmt::format("{}{}", kScratchPrefix, getpid())) {
    std::error_code error;
    for (const fs::directory_entry& entry : fs::directory_iterator(parent, error)) {
      const std::string name = entry.path().filename().string();
      pid_t owner = 0;
      if (name.starts_with(kScratchPrefix) && absl::SimpleAtoi(name.substr(kScratchPrefix.size()), &owner) &&
          kill(owner, 0) != 0) {
        fs::remove_all(entry.path(), error);
      }
    }
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  ~Scratch() { Clear(); }

  Status Create() const {
    std::error_code error;
    fs::create_directories(folder_, error);
    return error ? ErrnoStatus(error.value(), fmt::format("create {}", folder_.string())) : absl::OkStatus();
  }
  void Clear() const {
    std::error_code error;
    fs::remove_all(folder_, error);
  }
  const fs::path& folder() const { return folder_; }

 private:
  const fs::path folder_;
};

// The devices of a comparison: fp32 and int8 of ONNX Runtime on the CPU, which is what int8 forms are made for.
class Quantisation {
 public:
  Quantisation(const App& app, Pack pack, std::shared_ptr<Engine> engine, std::stop_token stop)
      : app_(app),
        pack_(std::move(pack)),
        engine_(std::move(engine)),
        stop_(std::move(stop)),
        scratch_(app.QuantisedFolder()) {}

  // The models of `tasks`, all of whose inputs one analysis gives.
  StatusOr<std::vector<QuantisedModel>> Run(std::string_view analysis, std::span<const std::string> tasks,
                                            std::span<const fs::path> photos) {
    CALOTYPE_ASSIGN_OR_RETURN(auto recorded, Record(analysis, tasks, photos));
    std::vector<QuantisedModel> models;
    for (const std::string& task : tasks) {
      const ModelSpec* const model = pack_.Find(task);
      CALOTYPE_RETURN_IF_ERROR(scratch_.Create());
      QuantisedModel quantised = Quantise(*model, recorded[task]);
      recorded.erase(task);
      scratch_.Clear();
      const Status status = quantised.form.status();
      if (absl::IsCancelled(status) || absl::IsResourceExhausted(status) || absl::IsPermissionDenied(status)) {
        return Annotate(status, model->name);  // no other model would do better
      }
      models.push_back(std::move(quantised));
    }
    return models;
  }

  const Pack& pack() const { return pack_; }

 private:
  // A cache of its own for the models of `engine` on the CPU, with all analysers.
  struct AtWork {
    std::shared_ptr<Placement> placement;
    std::unique_ptr<ModelCache> cache;
    std::unique_ptr<PhotoAnalysis> analysis;
  };

  StatusOr<AtWork> Open(const std::shared_ptr<Engine>& engine, PlacementSettings settings) const {
    settings.options = ListDeviceOptions(std::span(&engine, 1));
    std::erase_if(settings.options, [](const DeviceOption& option) { return option.device != "cpu"; });
    AtWork work;
    work.placement = std::make_shared<Placement>(std::move(settings), std::make_shared<DeviceStore>(""));
    work.cache = std::make_unique<ModelCache>(work.placement, CacheSettings{});
    CALOTYPE_ASSIGN_OR_RETURN(auto analysers, CreateAnalysers(pack_, *work.cache));
    work.analysis = std::make_unique<PhotoAnalysis>(std::move(analysers));
    return work;
  }

  // What the analysis gives its models, by task.
  StatusOr<std::map<std::string, std::vector<RunInputs>>> Record(std::string_view analysis,
                                                                 std::span<const std::string> tasks,
                                                                 std::span<const fs::path> photos) const {
    const auto recorder = std::make_shared<RecordingEngine>(engine_, RecordingLimits{});
    CALOTYPE_ASSIGN_OR_RETURN(
        const AtWork work,
        Open(recorder, {.threads = App::Cores(), .compiled = app_.folders().cache / "compiled", .few_runs = true}));
    const std::vector<std::string> only = {std::string(analysis)};
    CALOTYPE_RETURN_IF_ERROR(work.analysis->Restrict(only));
    for (std::size_t i = 0; i < photos.size(); ++i) {
      if (stop_.stop_requested()) {
        return absl::CancelledError("stopped; int8 forms that were made before stay as they were");
      }
      ShowStep(fmt::format("{}: photo {} of {}", fmt::join(tasks, ", "), i + 1, photos.size()), i == 0);
      recorder->BeginPhoto();
      if (const Status status = Look(photos[i], *work.analysis); !status.ok()) {
        LogInfo("{} is left out: {}", photos[i].string(), Message(status));
      }
    }
    std::map<std::string, std::vector<RunInputs>> recorded;
    for (const std::string& task : tasks) {
      recorded[task] = recorder->Take(pack_.Find(task)->path);
    }
    return recorded;
  }

  Status Look(const fs::path& path, const PhotoAnalysis& analysis) const {
    CALOTYPE_ASSIGN_OR_RETURN(const OpenPhoto photo, OpenPhotoFile(path.string()));
    const PhotoTools tools{.reader = *reader_, .analysis = analysis, .limits = app_.settings().Limits()};
    return ProcessPhoto(photo, tools).status();
  }

  QuantisedModel Quantise(const ModelSpec& model, std::span<const RunInputs> runs) const {
    QuantisedModel quantised{.model = &model, .runs = runs.size()};
    if (runs.empty()) {
      quantised.form = absl::FailedPreconditionError("no photo gave it anything to look at: more --photos may");
      return quantised;
    }
    quantised.form = Make(model, runs, quantised.bytes);
    return quantised;
  }

  StatusOr<Int8Form> Make(const ModelSpec& model, std::span<const RunInputs> runs, int64_t& bytes) const {
    // The simplified model lies there, beside the observed one or a form.
    CALOTYPE_RETURN_IF_ERROR(
        CheckFreeSpace(scratch_.folder(), 2 * model.bytes, "the cache folder (XDG_CACHE_HOME, CALOTYPE_HOME)"));
    CALOTYPE_ASSIGN_OR_RETURN(
        const Quantiser quantiser,
        Quantiser::Calibrate(*engine_, {.model = model.path,
                                        .scratch = scratch_.folder(),
                                        .session = {.threads = App::Cores()},
                                        .runs = runs,
                                        .on_run =
                                            [&](std::size_t done) {
                                              ShowStep(fmt::format("{}: range of numbers, {} of {}", model.name, done,
                                                                   runs.size()));
                                            },
                                        .stop = stop_}));
    // As a scan: what is measured here is what it goes by.
    const ModelUse use = ModelUse::Of(app_.settings().workers);
    CALOTYPE_ASSIGN_OR_RETURN(
        const AtWork work,
        Open(engine_,
             {.threads = use.threads, .parallel = use.parallel, .measure_all = true, .quantised = scratch_.folder()}));
    const ModelFile file = FileOf(*work.cache, model.name);
    CALOTYPE_ASSIGN_OR_RETURN(const fs::path attempt, QuantisedFile(scratch_.folder(), file.path, file.hash));
    const auto measure = [&] {
      ShowStep(fmt::format("{}: measuring its int8 form", model.name));
      return Measure(work, file);
    };
    CALOTYPE_ASSIGN_OR_RETURN(Int8Form form, quantiser.WriteBest(attempt, measure, stop_));
    CALOTYPE_RETURN_IF_ERROR(Keep(attempt, file, bytes));
    return form;
  }

  static ModelFile FileOf(const ModelCache& cache, const std::string& name) {
    for (const ModelReport& report : cache.Report()) {
      if (report.model.name == name) {
        return report.model;
      }
    }
    return {};
  }

  static StatusOr<Int8Trial> Measure(const AtWork& work, const ModelFile& file) {
    CALOTYPE_ASSIGN_OR_RETURN(const Plan plan, work.cache->PlanFor(file.name));
    std::optional<Trial> floats;
    std::optional<Trial> ints;
    for (const DeviceOption& option : work.placement->settings().options) {
      (option.precision == kInt8Precision ? ints : floats) = work.placement->FindTrial(file, option);
    }
    if (floats && ints) {
      return Int8Trial{
          .float_ms = floats->milliseconds, .ms = ints->milliseconds, .agrees = ints->agrees, .figure = ints->figure};
    }
    for (const NotUsed& device : plan.not_used) {
      if (floats && device.device.ends_with(kInt8Precision)) {  // it fails the self-test: with more care it may not
        return Int8Trial{.float_ms = floats->milliseconds, .ms = 0, .agrees = false, .figure = device.reason};
      }
    }
    return absl::FailedPreconditionError("its manifest has no self-test that answers could be compared by");
  }

  // Puts what was made into service.
  Status Keep(const fs::path& made, const ModelFile& file, int64_t& bytes) const {
    CALOTYPE_ASSIGN_OR_RETURN(const fs::path kept, QuantisedFile(app_.QuantisedFolder(), file.path, file.hash));
    std::error_code error;
    bytes = static_cast<int64_t>(fs::file_size(made, error));
    fs::rename(made, kept, error);
    if (error) {
      return ErrnoStatus(error.value(), fmt::format("rename {} to {}", made.string(), kept.string()));
    }
    RemoveOutdatedForms(app_.QuantisedFolder(), file.path, file.hash);
    return SyncFolder(app_.QuantisedFolder());
  }

  const App& app_;
  const Pack pack_;
  const std::shared_ptr<Engine> engine_;
  const std::stop_token stop_;
  const Scratch scratch_;
  const std::unique_ptr<PhotoReader> reader_ = CreateInProcessReader();
};

// Where a scan will run the models: int8 may agree and be faster than fp32, and another device faster still.
Status Place(const App& app, const ModelChoice& choice, std::vector<QuantisedModel>& quantised) {
  CALOTYPE_ASSIGN_OR_RETURN(const auto models, OpenModels(app, choice, ModelUse::Of(app.settings().workers)));
  CALOTYPE_ASSIGN_OR_RETURN(const auto analysis, OpenAnalysis(*models, {}));
  for (QuantisedModel& model : quantised) {
    if (!model.form.ok()) {
      model.why = Message(model.form.status());
      continue;
    }
    ShowStep(fmt::format("{}: measuring devices", model.model->name));
    CALOTYPE_ASSIGN_OR_RETURN(const Plan plan, models->cache->PlanFor(model.model->name));
    model.used = plan.places.front().option.precision == kInt8Precision;
    model.why = model.used ? "" : "devices." + model.model->task + " does not allow it";
    for (const NotUsed& device : plan.not_used) {
      if (!model.used && device.device.ends_with(kInt8Precision)) {
        model.why = device.reason;
      }
    }
  }
  return absl::OkStatus();
}

Json ToJson(const QuantisedModel& quantised) {
  Json json = {{"task", quantised.model->task},   {"name", quantised.model->name}, {"runs", quantised.runs},
               {"bytes", quantised.model->bytes}, {"used", quantised.used},        {"why_not", quantised.why}};
  if (quantised.form.ok()) {
    json.update({{"int8_bytes", quantised.bytes},
                 {"layers", quantised.form->layers},
                 {"layers_finer", quantised.form->care.finer},
                 {"layers_in_float", quantised.form->care.in_float},
                 {"ms", quantised.form->trial.float_ms},
                 {"int8_ms", quantised.form->trial.ms > 0 ? Json(quantised.form->trial.ms) : Json(nullptr)},
                 {"agrees", quantised.form->trial.agrees},
                 {"agreement", quantised.form->trial.figure}});
  }
  return json;
}

std::string ToText(const QuantisedModel& quantised) {
  std::string text = fmt::format("{:<16}{:<18}", quantised.model->task, quantised.model->name);
  if (quantised.form.ok()) {
    const Int8Form& form = *quantised.form;
    text += fmt::format(
        "{:>9} -> {:>9}  {:6.1f} -> {:6.1f} ms  {}{}  ", FormatBytes(quantised.model->bytes),
        FormatBytes(quantised.bytes), form.trial.float_ms, form.trial.ms, form.trial.figure,
        form.care.in_float > 0 ? fmt::format(", {} of {} layers in float", form.care.in_float, form.layers) : "");
  }
  return text + (quantised.used ? Green("used") : "not used: " + quantised.why) + "\n";
}

StatusOr<std::vector<fs::path>> ChoosePhotos(const App& app, const Pack& pack, std::size_t count) {
  CALOTYPE_ASSIGN_OR_RETURN(std::vector<fs::path> photos, PhotosOfLibrary(app, count));
  if (photos.empty()) {
    photos = PhotosOfSelfTests(pack);
    PrintError(
        fmt::format("the library has no photos yet: calibrating with the {} of the pack's self-tests, by which "
                    "agreement is measured, too; again after a scan is better",
                    photos.size()));
  }
  return photos;
}

CommandResult QuantiseModels(const App& app, const QuantiseArguments& arguments) {
  const ModelChoice choice = PackInUse(app);
  CALOTYPE_ASSIGN_OR_RETURN(Pack pack, LoadChosen(app, choice));
  CALOTYPE_ASSIGN_OR_RETURN(const std::vector<std::string> tasks, TasksOf(arguments, pack));
  CALOTYPE_ASSIGN_OR_RETURN(const std::vector<fs::path> photos,
                            ChoosePhotos(app, pack, static_cast<std::size_t>(arguments.photos)));
  std::vector<QuantisedModel> quantised;
  const InterruptWatcher interrupt("int8 forms that are complete are kept");
  const auto clear = absl::MakeCleanup([] { ShowStep(""); });
  CALOTYPE_ASSIGN_OR_RETURN(
      const DeviceSet devices,
      OpenDevices({.onnxruntime = app.settings().onnxruntime, .plugins = {}, .reference_alone = true}));
  Quantisation work(app, std::move(pack), devices.engines.front(), interrupt.token());
  std::set<std::string_view> done;
  for (const CalibratedTask& row : kCalibratedTasks) {
    std::vector<std::string> of_analysis;
    for (const CalibratedTask& other : kCalibratedTasks) {
      if (other.analysis == row.analysis && std::ranges::find(tasks, other.task) != tasks.end()) {
        of_analysis.emplace_back(other.task);
      }
    }
    if (of_analysis.empty() || !done.insert(row.analysis).second) {
      continue;
    }
    CALOTYPE_ASSIGN_OR_RETURN(auto models, work.Run(row.analysis, of_analysis, photos));
    std::ranges::move(models, std::back_inserter(quantised));
  }
  CALOTYPE_RETURN_IF_ERROR(Place(app, choice, quantised));
  ShowStep("");
  bool failed = false;
  for (const QuantisedModel& model : quantised) {
    Print(arguments.json ? JsonLine(ToJson(model)) : ToText(model));
    // A model that has no layer to round, no input or no self-test is no failure.
    const Status status = model.form.status();
    failed = failed || !(status.ok() || absl::IsUnimplemented(status) || absl::IsFailedPrecondition(status));
  }
  return failed ? 1 : 0;
}

}  // namespace

void AddQuantiseCommand(CommandLine& models, App& app) {
  CommandLine command =
      models.AddCommand("quantise", "Make int8 forms of the models, and use those that agree and are faster here");
  const auto arguments = std::make_shared<QuantiseArguments>();
  command.AddOptionalArguments("TASK", arguments->tasks,
                               "objects, embed.image, ocr.detect, ocr.orient, ocr.recognise, faces.detect, "
                               "faces.recognise; all of them when none is given");
  command.AddCount("--photos", arguments->photos, "Photos of the library to calibrate with");
  command.AddFlag("--json", arguments->json, "One JSON line a model");
  command.SetAction([=, &app] { return QuantiseModels(app, *arguments); });
}

}  // namespace calotype
