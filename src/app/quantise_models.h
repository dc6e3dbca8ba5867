// Makes the int8 form of each model of one analysis, and measures it against the original model.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "app/app.h"
#include "app/quantise.h"
#include "app/scratch_folder.h"
#include "base/status.h"
#include "inference/placement/model_cache.h"
#include "inference/placement/placement.h"
#include "inference/quantise/quantiser.h"
#include "inference/quantise/recording_engine.h"
#include "models/pack.h"
#include "photo/photo_reader.h"
#include "pipeline/photo_analysis.h"

namespace calotype {

// Records the inputs that an analysis of photos gives its models, quantises each model with them, and compares both
// forms on ONNX Runtime's CPU device, for which int8 forms are made. A form that agrees and is faster stays in
// App::QuantisedFolder(). Not thread-safe.
class ModelsQuantiser {
 public:
  using OnProgress = std::function<void(const QuantiseProgress&)>;

  // `engine` is ONNX Runtime. `app` and `on_progress` must outlive this; `on_progress` is called on the thread of
  // Run().
  ModelsQuantiser(const App& app, Pack pack, std::shared_ptr<Engine> engine, const OnProgress& on_progress,
                  std::stop_token stop);

  // Quantises the models for `tasks`, all of which must be in the pack and get their inputs from one analysis. A model
  // that cannot be quantised is reported in its QuantisedModel. The call itself fails only for a reason that would stop
  // every model: a stop request, a full disk, a folder that cannot be written. Forms that were complete before stay on
  // disk.
  StatusOr<std::vector<QuantisedModel>> Run(std::string_view analysis, std::span<const std::string> tasks,
                                            std::span<const std::filesystem::path> photos);

 private:
  // All analysers of the pack, with sessions of their own on the CPU.
  struct OnCpu {
    std::shared_ptr<Placement> placement;
    std::unique_ptr<ModelCache> cache;
    std::unique_ptr<PhotoAnalysis> analysis;
  };

  StatusOr<OnCpu> Open(const std::shared_ptr<Engine>& engine, PlacementSettings settings) const;
  // The inputs that the analysis gives its models, by task.
  StatusOr<std::map<std::string, std::vector<RunInputs>>> Record(std::string_view analysis,
                                                                 std::span<const std::string> tasks,
                                                                 std::span<const std::filesystem::path> photos) const;
  Status RunAnalysis(const std::filesystem::path& path, const PhotoAnalysis& analysis) const;
  // `status` is set to the error that the returned model reports.
  QuantisedModel QuantiseOne(const ModelSpec& model, std::span<const RunInputs> runs, Status& status) const;
  StatusOr<QuantisedModel::Form> MakeForm(const ModelSpec& model, std::span<const RunInputs> runs) const;
  // Gives the form `made` its final name and returns its size in bytes.
  StatusOr<int64_t> Keep(const std::filesystem::path& made, const ModelFile& file) const;

  const App& app_;
  const Pack pack_;
  const std::shared_ptr<Engine> engine_;
  const OnProgress& on_progress_;
  const std::stop_token stop_;
  const ScratchFolder scratch_;
  const std::unique_ptr<PhotoReader> reader_ = CreatePhotoReader();
};

}  // namespace calotype
