// Micro-batching: calls that come at the same time share one run of the model.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
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

namespace calotype {

struct BatchingOptions {
  int64_t max_batch = 1;                   // rows; 1 hands every call on as it is
  std::chrono::microseconds max_delay{0};  // how long the first call of a batch waits for others
  // Pads batches to 1, 4, 16 ... rows, at most batch_limit(): a GPU chooses its kernels anew for each new shape.
  bool fixed_buckets = false;
};

// True when dimension 0 of every input and output is free, without which nothing can be gathered. That the rows do not
// look at each other only the model's family knows.
bool CanBatch(const Session& session);

// Gathers Run() calls whose tensors are alike apart from dimension 0, their rows. The first call leads: it waits for
// others until the batch is full or max_delay has passed, runs it for all, and hands out their rows. Answers are views
// of the batch's outputs: they keep all of it in memory.
//  - A call with more rows than a batch may have is run in parts.
//  - When a batch of several calls fails, each is run alone: one's bad input is no one else's.
//  - When memory runs out, batches are halved, down to one row, and stay that small (batch_limit()).
//  - When an output's rows are no multiple of the batch's, or not always the same one, batching ends for this session
//  and the log says why.
// Thread-safe.
class BatchingSession : public Session {
 public:
  BatchingSession(std::unique_ptr<Session> session, const BatchingOptions& options);

  const std::vector<TensorInfo>& inputs() const override { return session_->inputs(); }
  const std::vector<TensorInfo>& outputs() const override { return session_->outputs(); }
  std::optional<std::string> Metadata(const std::string& key) const override { return session_->Metadata(key); }
  DeviceInfo device() const override { return session_->device(); }
  StatusOr<std::vector<Tensor>> Run(std::span<const Tensor> inputs) override ABSL_LOCKS_EXCLUDED(mutex_);

  // The most rows of one run: max_batch, or what memory allowed. 1 when batching has ended.
  int64_t batch_limit() const { return limit_; }

 private:
  struct Call;
  struct Batch;
  // Type and dimensions after the first, of each input.
  using Likeness = std::vector<std::vector<int64_t>>;

  static Likeness LikenessOf(std::span<const Tensor> inputs);
  std::shared_ptr<Batch> Join(const Likeness& likeness, Call& call) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void RunBatch(std::span<Call* const> calls);
  StatusOr<std::vector<Tensor>> RunAlone(std::span<const Tensor> inputs);
  StatusOr<std::vector<Tensor>> RunRows(std::span<const Tensor> inputs);
  StatusOr<std::vector<Tensor>> RunOnce(std::span<const Tensor> inputs, int64_t start, int64_t rows, int64_t padded);
  int64_t PaddedRows(int64_t rows) const;
  void LowerLimit(int64_t limit);
  // For good, with the reason; the error that says it.
  Status EndBatching(const std::string& why);

  const std::unique_ptr<Session> session_;
  const BatchingOptions options_;
  std::atomic<int64_t> limit_;
  std::atomic<bool> ended_ = false;  // the model's outputs cannot be told apart by rows
  Mutex mutex_;
  std::map<Likeness, std::shared_ptr<Batch>> open_ ABSL_GUARDED_BY(mutex_);  // that still take calls
};

}  // namespace calotype
