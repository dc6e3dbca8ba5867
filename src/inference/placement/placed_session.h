// A session that moves to another device when its device fails.
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

// Runs on the first slot of its plan that works. When a run fails or returns numbers that are not finite, the next slot
// is loaded and repeats the run. If it succeeds, the model stays there, and the first device's failure is recorded and
// logged once. If every slot fails, the cause is the input: the error is returned and no device counts as failed. After
// a failure that may go away (memory, a hang), the slot is tried again when the store's waiting time is over, and must
// pass its probe first. Thread-safe.
class PlacedSession final : public Session {
 public:
  // Loads the model on the first slot that works and passes its probe; failures of others are recorded. The probe is
  // not run on a CPU slot that was measured before (unless the settings ask to measure everything), nor on any CPU slot
  // if `few_runs` is set. `placement` must outlive the session. kFailedPrecondition with every reason if no slot works.
  static StatusOr<std::unique_ptr<PlacedSession>> Create(ModelFile model, ModelProbe probe, Placement& placement);

  const std::vector<TensorInfo>& inputs() const override { return inputs_; }
  const std::vector<TensorInfo>& outputs() const override { return outputs_; }
  std::optional<std::string> Metadata(const std::string& key) const override {
    return Current()->session->Metadata(key);
  }
  DeviceInfo device() const override { return Current()->session->device(); }
  StatusOr<std::vector<Tensor>> Run(std::span<const Tensor> inputs) override;

  // The measurement of the current device; nullopt for a model without a probe.
  std::optional<Trial> trial() const { return plan_.slots[Current()->slot].trial; }
  // Devices that are not used, and why, including those that failed during this session.
  std::vector<NotUsed> not_used() const ABSL_LOCKS_EXCLUDED(replacing_);

 private:
  struct Loaded {
    std::size_t slot = 0;  // index into plan_.slots
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
  bool IsInDoubt(const DeviceSlot& slot) const;
  // Loads the model there and runs its probe if IsInDoubt().
  StatusOr<std::shared_ptr<const Loaded>> LoadSlot(std::size_t slot) const;
  // Loads the first slot from `first` on that works; records the failures.
  StatusOr<std::shared_ptr<const Loaded>> LoadFrom(std::size_t first) ABSL_EXCLUSIVE_LOCKS_REQUIRED(replacing_);
  StatusOr<std::vector<Tensor>> RunElsewhere(const std::shared_ptr<const Loaded>& failed,
                                             const StatusOr<std::vector<Tensor>>& answer, const Status& reason,
                                             std::span<const Tensor> inputs) ABSL_LOCKS_EXCLUDED(replacing_);
  void RecordFailure(std::size_t slot, const Status& reason) ABSL_EXCLUSIVE_LOCKS_REQUIRED(replacing_);
  // Records in the store where the model runs and why it does not run elsewhere.
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

  mutable Mutex replacing_;  // held while another device is loaded; other threads whose runs failed wait for it
  std::vector<Failed> failures_ ABSL_GUARDED_BY(replacing_);  // indexed like plan_.slots
  // A loaded slot on which the failed run failed as well. Kept so that a series of bad inputs does not load it each
  // time.
  std::shared_ptr<const Loaded> spare_ ABSL_GUARDED_BY(replacing_);
  std::atomic<std::chrono::system_clock::time_point> next_chance_{std::chrono::system_clock::time_point::max()};

  mutable Mutex mutex_;
  std::shared_ptr<const Loaded> current_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace calotype
