// Batching: Run() calls from several threads share one run of the model.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "base/mutex.h"
#include "base/status.h"
#include "inference/engine.h"
#include "inference/placement/batch_rows.h"

namespace calotype {

struct BatchingOptions {
  int64_t max_batch = 1;                   // rows; 1: no batching
  std::chrono::microseconds max_delay{0};  // how long the first call of a batch waits for more calls
  // Pads batches to 1, 4, 16 ... rows, up to batch_limit(), because a GPU chooses its kernels again for each new shape.
  bool fixed_buckets = false;
  // If more than 0: at most this many runs at the same time. A call that finds fewer runs at once, without max_delay;
  // otherwise it waits for the end of a run, together with the calls that come meanwhile, and those share the next run.
  // The first call to come is the first to run. For servers, where a call that comes alone should not wait.
  int runs_at_once = 0;
  // With runs_at_once: learn from the times of runs how many rows to run together, because more rows are not always
  // faster on a CPU. Otherwise as many as there are, up to batch_limit().
  bool learn_rows = false;
};

// True if dimension 0 of every input and output has no fixed size, which batching needs. Batching also needs rows that
// do not influence each other; only the model family can tell that.
bool CanBatch(const Session& session);

// Combines Run() calls whose tensors differ only in dimension 0 (rows). The first call of a batch waits as the options
// say, runs the batch and distributes the results. Each result is a view of the batch's output and
// keeps all of it in memory.
// - A call with more rows than a batch may have is split into several runs.
// - If a batch of several calls fails, each call is run on its own, so that an invalid input fails only its own call.
// - If memory runs out, the batch size is halved, down to one row, and stays reduced (batch_limit()).
// - If the rows of an output do not match those of the batch, batching ends for this session, and the reason is logged.
// Thread-safe.
class BatchingSession : public Session {
 public:
  BatchingSession(std::unique_ptr<Session> session, const BatchingOptions& options);

  const std::vector<TensorInfo>& inputs() const override { return session_->inputs(); }
  const std::vector<TensorInfo>& outputs() const override { return session_->outputs(); }
  std::optional<std::string> Metadata(const std::string& key) const override { return session_->Metadata(key); }
  DeviceInfo device() const override { return session_->device(); }
  StatusOr<std::vector<Tensor>> Run(std::span<const Tensor> inputs) override ABSL_LOCKS_EXCLUDED(mutex_);

  // The largest number of rows in one run: max_batch, or less after memory ran out. 1 if batching has ended.
  int64_t batch_limit() const { return limit_; }
  // Calls that wait for their turn, with runs_at_once.
  int64_t waiting() ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  struct Call;
  struct Batch;
  // For each input, its type and all dimensions but the first. Calls with equal keys can share a batch.
  using BatchKey = std::vector<std::vector<int64_t>>;

  static BatchKey KeyOf(std::span<const Tensor> inputs);
  std::shared_ptr<Batch> Join(const BatchKey& key, Call& call) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  StatusOr<std::vector<Tensor>> RunAfterDelay(const BatchKey& key, Call& call) ABSL_LOCKS_EXCLUDED(mutex_);
  StatusOr<std::vector<Tensor>> RunInTurn(Call& call) ABSL_LOCKS_EXCLUDED(mutex_);
  std::vector<Call*> TakeWaiting() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void RunBatch(std::span<Call* const> calls);
  StatusOr<std::vector<Tensor>> RunAlone(std::span<const Tensor> inputs);
  StatusOr<std::vector<Tensor>> RunRows(std::span<const Tensor> inputs);
  StatusOr<std::vector<Tensor>> RunOnce(std::span<const Tensor> inputs, int64_t start, int64_t rows, int64_t padded);
  int64_t PaddedRows(int64_t rows) const;
  void LowerLimit(int64_t limit);
  // Ends batching for good. Returns `why` as an error.
  Status EndBatching(const std::string& why);

  const std::unique_ptr<Session> session_;
  const BatchingOptions options_;
  std::atomic<int64_t> limit_;
  std::atomic<bool> ended_ = false;  // the rows of the outputs cannot be assigned to calls
  Mutex mutex_;
  std::map<BatchKey, std::shared_ptr<Batch>> open_
      ABSL_GUARDED_BY(mutex_);  // batches to which calls can still be added
  // With runs_at_once:
  std::list<Call*> waiting_ ABSL_GUARDED_BY(mutex_);  // in the order in which they came
  int running_ ABSL_GUARDED_BY(mutex_) = 0;
  BatchRows rows_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace calotype
