// Where each model runs: what its policy allows, what was measured here, and what to fall back to.
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
#include "inference/placement/model_probe.h"

namespace calotype {

// A model file and what it is called.
struct ModelFile {
  std::string name;  // unique: "centernet"
  std::string task;  // "objects": what policies are given for
  std::filesystem::path path;
  // Of its content and of its probe's input: what was measured is kept under it.
  std::string hash;
};

struct PlacementSettings {
  // What there is; the first is the reference.
  std::vector<DeviceOption> options;
  // By task; the others use the default one.
  std::map<std::string, DevicePolicy> policies;
  DevicePolicy default_policy;
  int threads = 1;   // as in SessionOptions
  int parallel = 1;  // as in SessionOptions
  // Measures also where there is no choice (a single option of the CPU is otherwise taken as it is), and asks every
  // model's probe when it is loaded, also where it passed before.
  bool measure_all = false;
  // What a measurement depends on beside model, engine and threads: the CPU, the driver.
  std::string machine;
  // A load or a run on another device than the CPU that takes longer is given up.
  std::chrono::milliseconds limit{std::chrono::minutes(1)};
  // Micro-batching on other devices than the CPU, where a worker has a core of its own and would wait for another's:
  // rows at most, by task, and how long the first call waits for others. Tasks that are not named are not batched.
  std::map<std::string, int64_t> max_batch;
  std::chrono::microseconds batch_delay{2000};
  std::filesystem::path compiled;  // as in SessionOptions
  // Where int8 forms of models lie (quantise/quantised_file.h). A model without one is not offered that precision.
  std::filesystem::path quantised;
  // As in SessionOptions. Where the policy is `auto` the reference is then taken, unmeasured: it loads fastest.
  bool few_runs = false;
};

// One device that a model may run on.
struct Place {
  DeviceOption option;
  std::optional<Trial> trial;  // none for a model without a probe
};

struct Plan {
  std::vector<Place> places;  // the first is the one to use, the others to fall back to in turn
  std::vector<NotUsed> not_used;
};

// Thread-safe.
class Placement {
 public:
  Placement(PlacementSettings settings, std::shared_ptr<DeviceStore> store);

  // Measures what the model's policy allows and what was not measured before, one model at a time, and answers where it
  // is to run. `auto` takes the fastest that agrees with the reference; what saves less than 5 % of its time, or 15 %
  // on another engine, does not replace it. A selector that leaves engine, device or precision open is measured
  // likewise; one that names a single option is obeyed, even against the reference, as long as the manifest's
  // expectation is met. A stop is heeded between two trials: what was measured by then is kept.
  //   kFailedPrecondition  nothing that is allowed works; with each reason
  //   kCancelled           stopped before everything was measured
  StatusOr<Plan> PlanFor(const ModelFile& model, const ModelProbe& probe, const std::stop_token& stop = {})
      ABSL_LOCKS_EXCLUDED(measuring_);

  // What was measured of the model there.
  std::optional<Trial> FindTrial(const ModelFile& model, const DeviceOption& option) const;

  // True when PlanFor would have to measure: something is new, and there is a choice to make or a device to doubt.
  bool NeedsMeasuring(const ModelFile& model, const ModelProbe& probe) const;

  // Remembers that `option` failed for `model`. Answers from when it may be tried again.
  std::chrono::system_clock::time_point RecordFailure(const ModelFile& model, const DeviceOption& option,
                                                      const Status& failure);
  void RecordSuccess(const ModelFile& model, const DeviceOption& option);

  // Loads the model for use: guarded and batched as the settings say.
  StatusOr<std::shared_ptr<Session>> Load(const ModelFile& model, const DeviceOption& option) const;

  // Logs what is news in `not_used`, each reason once however many models it concerns.
  void Tell(const std::vector<NotUsed>& not_used) ABSL_LOCKS_EXCLUDED(telling_);

  const PlacementSettings& settings() const { return settings_; }
  DeviceStore& store() const { return *store_; }
  const DevicePolicy& PolicyFor(const ModelFile& model) const;

 private:
  std::string Key(const ModelFile& model, const DeviceOption& option) const;
  // The file that is loaded there: the model's own, or its int8 form. kNotFound where that was not made.
  StatusOr<std::filesystem::path> FileFor(const ModelFile& model, const DeviceOption& option) const;
  // As GroupOptions, without options for which the model has no file. Those that the policy names are told in
  // `not_used`, which may be null.
  std::vector<std::vector<std::size_t>> GroupsFor(const ModelFile& model, std::vector<NotUsed>* not_used) const;
  // Indices of the usable options that the policy allows, the reference among them whether it is or not.
  std::vector<std::size_t> Wanted(const ModelFile& model) const;
  // For a trial: what waits for others would be measured with them.
  StatusOr<std::unique_ptr<Session>> LoadPlain(const ModelFile& model, const DeviceOption& option) const;
  bool HasChoice(const ModelFile& model) const;
  bool IsKnown(const ModelFile& model, const DeviceOption& option) const;
  // For trials on it, of whatever model.
  std::string Key(const DeviceOption& option) const;
  // Not where the process died with trials on it: a crash cannot be caught, and the next start would end in the same.
  // Whoever may try calls store_->EndTrial(Key(option)) afterwards.
  Status MayTry(const DeviceOption& option) const;
  Status MeasureMissing(const ModelFile& model, const ModelProbe& probe, const std::stop_token& stop)
      ABSL_LOCKS_EXCLUDED(measuring_);
  void MeasureAgainInDoubt(const ModelFile& model, const ModelProbe& probe, const ProbeAnswer& reference)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(measuring_);
  StatusOr<Trial> Measure(const ModelFile& model, const DeviceOption& option, const ModelProbe& probe, double best_ms,
                          const ProbeAnswer* reference, ProbeAnswer* answer) const;
  void AddGroup(const ModelFile& model, bool has_probe, const std::vector<std::size_t>& group, Plan& plan) const;
  void AddFailedOnes(const std::vector<std::vector<std::size_t>>& groups, Plan& plan) const;

  const PlacementSettings settings_;
  const std::shared_ptr<DeviceStore> store_;
  Mutex measuring_;
  Mutex telling_;
  std::set<std::string> told_ ABSL_GUARDED_BY(telling_);
};

}  // namespace calotype
