// A model that stays in service when its device does not.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "base/mutex.h"
#include "inference/engine.h"
#include "inference/placement/placement.h"

namespace calotype {

// Runs on the first place of its plan that works. When a run fails there, or answers with numbers that are not finite,
// the next place is loaded and does that run again; only when another place can do what it could not is a device
// blamed: then the model stays there, and the failure is remembered and logged once. An error that every place gives is
// the input's, and is answered. A place that failed for what may pass (memory, a hang) gets another chance after the
// store's wait, behind its probe. Thread-safe.
class PlacedSession final : public Session {
 public:
  // Loads the model on the first place that works and passes its probe; places that do not are recorded as failed. A
  // place on the CPU that was measured before is not asked its probe again, unless the settings want all to be
  // measured; nor is any on the CPU for few runs. `placement` must outlive it. kFailedPrecondition with every reason
  // when none works.
  static StatusOr<std::unique_ptr<PlacedSession>> Create(ModelFile model, ModelProbe probe, Placement& placement);

  const std::vector<TensorInfo>& inputs() const override { return inputs_; }
  const std::vector<TensorInfo>& outputs() const override { return outputs_; }
  std::optional<std::string> Metadata(const std::string& key) const override {
    return Current()->session->Metadata(key);
  }
  DeviceInfo device() const override { return Current()->session->device(); }
  StatusOr<std::vector<Tensor>> Run(std::span<const Tensor> inputs) override;

  // What was measured where it runs now; nullopt for a model without a probe.
  std::optional<Trial> trial() const { return plan_.places[Current()->place].trial; }
  // Devices of the plan that are not in use, and why; those that failed since are among them.
  std::vector<NotUsed> not_used() const ABSL_LOCKS_EXCLUDED(replacing_);

 private:
  struct Loaded {
    std::size_t place = 0;  // index into plan_.places
    std::shared_ptr<Session> session;
  };
  struct Failed {
    std::string reason;
    std::chrono::system_clock::time_point next_try;
    bool failed = false;
  };

  PlacedSession(ModelFile model, ModelProbe probe, Placement& placement, Plan plan);

  std::shared_ptr<const Loaded> Current() const ABSL_LOCKS_EXCLUDED(mutex_);
  void Use(std::shared_ptr<const Loaded> loaded) ABSL_LOCKS_EXCLUDED(mutex_);
  bool IsInDoubt(const Place& place) const;
  // Loads the model there and asks its probe where that is in doubt.
  StatusOr<std::shared_ptr<const Loaded>> LoadPlace(std::size_t place) const;
  // The first place from `first` on that loads; failures are recorded.
  StatusOr<std::shared_ptr<const Loaded>> LoadFrom(std::size_t first) ABSL_EXCLUSIVE_LOCKS_REQUIRED(replacing_);
  StatusOr<std::vector<Tensor>> RunElsewhere(const std::shared_ptr<const Loaded>& failed,
                                             const StatusOr<std::vector<Tensor>>& answer, const Status& reason,
                                             std::span<const Tensor> inputs) ABSL_LOCKS_EXCLUDED(replacing_);
  void RecordFailure(std::size_t place, const Status& reason) ABSL_EXCLUSIVE_LOCKS_REQUIRED(replacing_);
  // Tells the store where the model is and why it is not elsewhere.
  void RecordPlacement() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(replacing_);
  std::vector<NotUsed> NotUsedNow() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(replacing_);
  void GiveSecondChance() ABSL_LOCKS_EXCLUDED(replacing_);
  void UpdateNextChance() ABSL_EXCLUSIVE_LOCKS_REQUIRED(replacing_);

  const ModelFile model_;
  const ModelProbe probe_;
  Placement& placement_;
  const Plan plan_;
  std::vector<TensorInfo> inputs_;
  std::vector<TensorInfo> outputs_;

  mutable Mutex replacing_;  // held while another device is loaded: one thread does, the others wait for it
  std::vector<Failed> failures_ ABSL_GUARDED_BY(replacing_);  // as plan_.places
  // A place that could not do better than the one that failed, kept so that a run of bad inputs does not load it each
  // time.
  std::shared_ptr<const Loaded> spare_ ABSL_GUARDED_BY(replacing_);
  std::atomic<std::chrono::system_clock::time_point> next_chance_{std::chrono::system_clock::time_point::max()};

  mutable Mutex mutex_;
  std::shared_ptr<const Loaded> current_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace calotype
