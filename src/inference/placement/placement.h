// Decides on which device each model runs, from its policy and from measurements on this machine.
#pragma once

#include <chrono>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "base/mutex.h"
#include "base/status.h"
#include "inference/placement/device_option.h"
#include "inference/placement/device_policy.h"
#include "inference/placement/device_store.h"
#include "inference/placement/model_observer.h"
#include "inference/placement/model_probe.h"
#include "inference/placement/trial.h"

namespace calotype {

// A model file and its identity.
struct ModelFile {
  std::string name;   // unique: "centernet"
  std::string title;  // the name that people know: "CenterNet object detection"; empty: `name`
  std::string task;   // "objects"; device policies are set per task
  std::filesystem::path path;
  // Hash of the model and of its probe's input; measurements are stored under it.
  std::string hash;
};

struct PlacementSettings {
  // All options of this machine; the first is the reference.
  std::vector<DeviceOption> options;
  // Policies by task; other tasks use `default_policy`.
  std::map<std::string, DevicePolicy> policies;
  DevicePolicy default_policy;
  int threads = 1;   // as in SessionOptions
  int parallel = 1;  // as in SessionOptions
  // Measure even if there is no choice (otherwise a single CPU option is used without measuring), and run every model's
  // probe at each load, even if it passed before.
  bool measure_all = false;
  // Identifies the CPU and driver, on which measurements depend.
  std::string machine;
  // Time limit for a load or a run on devices other than the CPU.
  std::chrono::milliseconds limit{std::chrono::minutes(1)};
  // Time limit for a run on the CPU; 0: none.
  std::chrono::milliseconds cpu_limit{0};
  // Called before each load: an error says that the files of the model are not what they should be. May be null.
  std::function<Status(const ModelFile&)> check;
  // Batching on devices other than the CPU (there each worker of a scan has its own core and would only wait for
  // others): the maximum number of rows by task, and how long the first call waits for others. Tasks that are not
  // listed are not batched.
  std::map<std::string, int64_t> max_batch;
  std::chrono::microseconds batch_delay{2000};
  // For a server: batch on the CPU, too, with the number of rows that turns out to be the fastest, and do not wait for
  // others: calls share a run that come while `parallel` runs (on other devices one) are in progress.
  bool serves = false;
  std::filesystem::path compiled;  // as in SessionOptions
  // The folder with int8 models (quantise/quantised_file.h). A model that has none is not offered that precision.
  std::filesystem::path quantised;
  // As in SessionOptions. With the policy `auto`, the reference is used without measuring, because it loads fastest.
  bool few_runs = false;
  // Told about loads, runs and failures; may be null. Must outlive the placement and its sessions.
  ModelObserver* observer = nullptr;
  // Log once for each model, as a notice, on which device it was loaded, and why not on a GPU.
  bool announce = false;
};

// A device that a model may run on.
struct DeviceSlot {
  DeviceOption option;
  std::optional<Trial> trial;  // nullopt for a model without a probe
};

struct Plan {
  std::vector<DeviceSlot> slots;  // in the order in which to try them; the first is the one to use
  std::vector<NotUsed> not_used;
};

// Thread-safe.
class Placement {
 public:
  Placement(PlacementSettings settings, std::shared_ptr<DeviceStore> store);

  // Returns where a model should run. First measures, one model at a time, the allowed options that were not measured
  // before. `auto` takes the fastest option that agrees with the reference, if it saves at least 5 % of the reference's
  // time, or 15 % if it belongs to another engine. A selector that matches several options is measured in the same way.
  // One that names a single option is obeyed, even if it disagrees with the reference, as long as its answer is the one
  // that the manifest expects. A stop takes effect between two trials; earlier results are kept.
  //   kFailedPrecondition  no allowed option works; the message has each reason
  //   kCancelled           stopped before everything was measured
  StatusOr<Plan> PlanFor(const ModelFile& model, const ModelProbe& probe, const std::stop_token& stop = {})
      ABSL_LOCKS_EXCLUDED(measuring_);

  // Returns the stored measurement of a model on an option.
  std::optional<Trial> FindTrial(const ModelFile& model, const DeviceOption& option) const;

  // True if PlanFor() would measure: an option was not measured yet, and there is a choice or a device that may not
  // work.
  bool NeedsMeasuring(const ModelFile& model, const ModelProbe& probe) const;

  // Records that `option` failed for `model`. Returns when it may be tried again.
  std::chrono::system_clock::time_point RecordFailure(const ModelFile& model, const DeviceOption& option,
                                                      const Status& failure);
  void RecordSuccess(const ModelFile& model, const DeviceOption& option);

  // Loads the model for use, with time limits and batching according to the settings.
  StatusOr<std::shared_ptr<Session>> Load(const ModelFile& model, const DeviceOption& option) const;

  // Loads the model on the reference device, without batching.
  StatusOr<std::unique_ptr<Session>> LoadOnReference(const ModelFile& model) const {
    return LoadPlain(model, settings_.options.front());
  }

  // Logs where a model was loaded, if the settings ask for it: once for each model, and a reason once for all models.
  void Announce(const ModelFile& model, const DeviceInfo& device, const std::optional<Trial>& trial,
                const std::vector<NotUsed>& not_used) ABSL_LOCKS_EXCLUDED(telling_);

  // Logs the entries of `not_used` that have `news` set, each reason once even if it concerns several models.
  void Tell(const std::vector<NotUsed>& not_used) ABSL_LOCKS_EXCLUDED(telling_);

  const PlacementSettings& settings() const { return settings_; }
  DeviceStore& store() const { return *store_; }
  const DevicePolicy& PolicyFor(const ModelFile& model) const;
  // The setting that holds this policy: "devices.default" or "devices.faces.detect".
  std::string PolicySetting(const ModelFile& model) const;

 private:
  std::string Key(const ModelFile& model, const DeviceOption& option) const;
  // The file to load for an option: the model's own, or its int8 form. kNotFound if that does not exist.
  StatusOr<std::filesystem::path> FileFor(const ModelFile& model, const DeviceOption& option) const;
  // As GroupOptions(), without options for which the model has no file. Those that the policy names are added to
  // `not_used`, which may be null.
  std::vector<std::vector<std::size_t>> GroupsFor(const ModelFile& model, std::vector<NotUsed>* not_used) const;
  // Indices of the usable options that the policy allows, and always the reference.
  std::vector<std::size_t> Wanted(const ModelFile& model) const;
  // Loads the model for a trial, without batching: waiting for other calls would be measured too.
  StatusOr<std::unique_ptr<Session>> LoadPlain(const ModelFile& model, const DeviceOption& option) const;
  bool HasChoice(const ModelFile& model) const;
  bool IsKnown(const ModelFile& model, const DeviceOption& option) const;
  // Key for the unfinished trials of a device, whichever model they were of.
  std::string Key(const DeviceOption& option) const;
  // Fails for a device on which trials ended the process: a crash cannot be caught, and the next start could crash
  // again. Whoever gets OK calls store_->EndTrial(Key(option)) afterwards.
  Status MayTry(const DeviceOption& option) const;
  Status MeasureMissing(const ModelFile& model, const ModelProbe& probe, const std::stop_token& stop)
      ABSL_LOCKS_EXCLUDED(measuring_);
  void MeasureAgainInDoubt(const ModelFile& model, const ModelProbe& probe, const ReferenceAnswer& reference)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(measuring_);
  StatusOr<Trial> Measure(const ModelFile& model, const DeviceOption& option, const ModelProbe& probe, double best_ms,
                          const ReferenceAnswer* reference, ReferenceAnswer* own) const;
  void AddGroup(const ModelFile& model, bool has_probe, const std::vector<std::size_t>& group, Plan& plan) const;
  void AddFailedOnes(const std::vector<std::vector<std::size_t>>& groups, Plan& plan) const;

  const PlacementSettings settings_;
  const std::shared_ptr<DeviceStore> store_;
  Mutex measuring_;
  Mutex telling_;
  std::set<std::string> told_ ABSL_GUARDED_BY(telling_);
  std::set<std::string> announced_ ABSL_GUARDED_BY(telling_);    // names of models
  std::set<std::string> cpu_reasons_ ABSL_GUARDED_BY(telling_);  // those that were logged
};

}  // namespace calotype
