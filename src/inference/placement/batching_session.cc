#include "inference/placement/batching_session.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "base/log.h"

namespace calotype {
namespace {

// Factor between the row counts to which batches are padded.
constexpr int64_t kBucketFactor = 4;

bool AllFree(const std::vector<TensorInfo>& tensors) {
  return std::all_of(tensors.begin(), tensors.end(),
                     [](const TensorInfo& tensor) { return !tensor.shape.empty() && tensor.shape[0] == -1; });
}

// The size of dimension 0 if all `inputs` have the same; otherwise 0.
int64_t SharedRows(std::span<const Tensor> inputs) {
  const int64_t rows = inputs.empty() ? 0 : inputs[0].dim(0);
  return std::all_of(inputs.begin(), inputs.end(), [rows](const Tensor& tensor) { return tensor.dim(0) == rows; })
             ? rows
             : 0;
}

// Bytes of one row. `tensor` must have at least one.
std::size_t RowBytes(const Tensor& tensor) { return tensor.bytes() / static_cast<std::size_t>(tensor.dim(0)); }

std::byte* Row(const Tensor& tensor, int64_t row) {
  return static_cast<std::byte*>(tensor.raw()) + static_cast<std::size_t>(row) * RowBytes(tensor);
}

std::vector<int64_t> ShapeWithRows(const Tensor& tensor, int64_t rows) {
  std::vector<int64_t> shape = tensor.shape();
  shape[0] = rows;
  return shape;
}

// Rows [start, start + rows) of `tensor` as a view that shares its storage.
Tensor View(const Tensor& tensor, int64_t start, int64_t rows) {
  return {tensor.type(), ShapeWithRows(tensor, rows), std::make_shared<Tensor>(tensor), Row(tensor, start)};
}

Tensor Join(std::span<const Tensor> parts) {
  int64_t rows = 0;
  for (const Tensor& part : parts) {
    rows += part.dim(0);
  }
  Tensor joined(parts[0].type(), ShapeWithRows(parts[0], rows));
  auto* to = static_cast<std::byte*>(joined.raw());
  for (const Tensor& part : parts) {
    if (part.bytes() > 0) {
      std::memcpy(to, part.raw(), part.bytes());
    }
    to += part.bytes();
  }
  return joined;
}

// A copy of rows [start, start + rows), padded with copies of the last of them to `padded` rows.
Tensor PaddedView(const Tensor& tensor, int64_t start, int64_t rows, int64_t padded) {
  if (rows == padded) {
    return start == 0 && rows == tensor.dim(0) ? tensor : View(tensor, start, rows);
  }
  std::vector<Tensor> parts = {View(tensor, start, rows)};
  parts.resize(static_cast<std::size_t>(1 + padded - rows), View(tensor, start + rows - 1, 1));
  return Join(parts);
}

// Concatenates lists of tensors along dimension 0.
std::vector<Tensor> JoinAll(std::span<const std::vector<Tensor>> lists) {
  if (lists.size() == 1) {
    return lists[0];
  }
  std::vector<Tensor> joined;
  for (std::size_t i = 0; i < lists[0].size(); ++i) {
    std::vector<Tensor> parts;
    for (const std::vector<Tensor>& list : lists) {
      parts.push_back(list[i]);
    }
    joined.push_back(Join(parts));
  }
  return joined;
}

// True if both have the same number of output rows for each input row: `one` is the output for `one_rows` input rows,
// `other` for `other_rows`.
bool AnswerAlike(const Tensor& one, int64_t one_rows, const Tensor& other, int64_t other_rows) {
  return ShapeWithRows(one, 0) == ShapeWithRows(other, 0) && one.dim(0) / one_rows == other.dim(0) / other_rows;
}

}  // namespace

struct BatchingSession::Call {
  std::span<const Tensor> inputs;
  int64_t rows = 0;
  BatchKey key;       // with runs_at_once
  bool done = false;  // with runs_at_once
  StatusOr<std::vector<Tensor>> outputs = absl::UnknownError("not run");
};

struct BatchingSession::Batch {
  std::vector<Call*> calls;  // the first one runs the batch
  int64_t rows = 0;
  bool full = false;  // no more calls can be added
  bool done = false;
};

bool CanBatch(const Session& session) {
  return !session.inputs().empty() && AllFree(session.inputs()) && AllFree(session.outputs());
}

BatchingSession::BatchingSession(std::unique_ptr<Session> session, const BatchingOptions& options)
    : session_(std::move(session)),
      options_(options),
      limit_(std::max<int64_t>(options.max_batch, 1)),
      rows_(options.max_batch) {}

StatusOr<std::vector<Tensor>> BatchingSession::Run(std::span<const Tensor> inputs) {
  const bool in_turn = options_.runs_at_once > 0;
  const int64_t rows = (options_.max_batch <= 1 && !in_turn) || ended_ ? 0 : SharedRows(inputs);
  if (rows < 1) {
    return session_->Run(inputs);  // it also reports inputs that do not match the model
  }
  Call call{.inputs = inputs, .rows = rows, .key = {}};
  if (in_turn) {
    call.key = KeyOf(inputs);
    return RunInTurn(call);
  }
  return rows >= limit_ ? RunAlone(inputs) : RunAfterDelay(KeyOf(inputs), call);
}

StatusOr<std::vector<Tensor>> BatchingSession::RunAfterDelay(const BatchKey& key, Call& call) {
  std::shared_ptr<Batch> batch;
  {
    const MutexLock lock(&mutex_);
    batch = Join(key, call);
    if (batch->calls[0] != &call) {
      mutex_.Await([&] { return batch->done; });
      return std::move(call.outputs);
    }
    mutex_.AwaitWithTimeout([&] { return batch->full; }, options_.max_delay);
    batch->full = true;
    if (const auto open = open_.find(key); open != open_.end() && open->second == batch) {
      open_.erase(open);
    }
  }
  RunBatch(batch->calls);
  const MutexLock lock(&mutex_);
  batch->done = true;
  return std::move(call.outputs);
}

StatusOr<std::vector<Tensor>> BatchingSession::RunInTurn(Call& call) {
  std::vector<Call*> calls;
  bool loaded = false;
  {
    const MutexLock lock(&mutex_);
    waiting_.push_back(&call);
    mutex_.Await([&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
      return call.done || (running_ < options_.runs_at_once && !waiting_.empty() && waiting_.front() == &call);
    });
    if (call.done) {
      return std::move(call.outputs);
    }
    calls = TakeWaiting();
    ++running_;
    // Times of runs while the machine has nothing else to do say little about those under load.
    loaded = calls.size() > 1 || !waiting_.empty();
  }
  const auto start = std::chrono::steady_clock::now();
  // Also when memory runs out and the run throws: the other callers must not wait forever.
  const absl::Cleanup finish = [&] {
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    int64_t rows = 0;
    const MutexLock lock(&mutex_);
    --running_;
    for (Call* const done : calls) {
      rows += done->rows;
      done->done = true;
    }
    if (loaded && rows <= limit_) {
      rows_.Record(rows, took.count());
    }
  };
  RunBatch(calls);
  return std::move(call.outputs);
}

int64_t BatchingSession::waiting() {
  const MutexLock lock(&mutex_);
  return static_cast<int64_t>(waiting_.size());
}

// Removes the first waiting call from the queue, and later ones that can share its run.
std::vector<BatchingSession::Call*> BatchingSession::TakeWaiting() {
  const Call& first = *waiting_.front();
  int64_t fitting = 0;
  for (const Call* const call : waiting_) {
    fitting += call->key == first.key ? call->rows : 0;
  }
  const int64_t wanted = std::min<int64_t>(fitting, limit_);
  const int64_t most = options_.learn_rows ? rows_.Choose(wanted) : wanted;
  std::vector<Call*> taken;
  int64_t rows = 0;
  for (auto next = waiting_.begin(); next != waiting_.end() && (rows < most);) {
    const bool fits = taken.empty() || ((*next)->key == first.key && rows + (*next)->rows <= most);
    if (fits) {
      rows += (*next)->rows;
      taken.push_back(*next);
      next = waiting_.erase(next);
    } else {
      ++next;
    }
  }
  return taken;
}

BatchingSession::BatchKey BatchingSession::KeyOf(std::span<const Tensor> inputs) {
  BatchKey key;
  for (const Tensor& tensor : inputs) {
    key.push_back(tensor.shape());
    key.back()[0] = static_cast<int64_t>(tensor.type());
  }
  return key;
}

// Adds `call` to the open batch if its rows fit, else closes that one and opens a new one.
std::shared_ptr<BatchingSession::Batch> BatchingSession::Join(const BatchKey& key, Call& call) {
  std::shared_ptr<Batch>& open = open_[key];
  if (open != nullptr && open->rows + call.rows > limit_) {
    open->full = true;
    open = nullptr;
  }
  if (open == nullptr) {
    open = std::make_shared<Batch>();
  }
  std::shared_ptr<Batch> joined = open;
  joined->calls.push_back(&call);
  joined->rows += call.rows;
  if (joined->rows >= limit_) {
    joined->full = true;
    open_.erase(key);
  }
  return joined;
}

void BatchingSession::RunBatch(std::span<Call* const> calls) {
  if (calls.size() > 1) {
    std::vector<Tensor> joined;
    for (std::size_t i = 0; i < calls[0]->inputs.size(); ++i) {
      std::vector<Tensor> parts;
      for (const Call* call : calls) {
        parts.push_back(call->inputs[i]);
      }
      joined.push_back(calotype::Join(parts));
    }
    const StatusOr<std::vector<Tensor>> outputs = RunRows(joined);
    if (outputs.ok()) {
      int64_t start = 0;
      for (Call* call : calls) {
        call->outputs = std::vector<Tensor>();
        for (const Tensor& output : *outputs) {
          const int64_t factor = output.dim(0) / joined[0].dim(0);
          call->outputs->push_back(View(output, start * factor, call->rows * factor));
        }
        start += call->rows;
      }
      return;
    }
  }
  for (Call* call : calls) {
    call->outputs = RunAlone(call->inputs);
  }
}

StatusOr<std::vector<Tensor>> BatchingSession::RunAlone(std::span<const Tensor> inputs) {
  if (!ended_) {
    StatusOr<std::vector<Tensor>> outputs = RunRows(inputs);
    if (outputs.ok() || !ended_) {
      return outputs;
    }
  }
  return session_->Run(inputs);
}

// Splits the rows into runs of at most limit_, which may shrink meanwhile.
StatusOr<std::vector<Tensor>> BatchingSession::RunRows(std::span<const Tensor> inputs) {
  const int64_t limit_before = limit_;
  const int64_t rows = inputs[0].dim(0);
  int64_t first_count = 0;
  std::vector<std::vector<Tensor>> parts;
  for (int64_t start = 0; start < rows;) {
    const int64_t count = std::min<int64_t>(limit_, rows - start);
    const int64_t padded = PaddedRows(count);
    StatusOr<std::vector<Tensor>> outputs = RunOnce(inputs, start, count, padded);
    if (absl::IsResourceExhausted(outputs.status()) && padded > 1) {
      LowerLimit(padded / 2);
      continue;
    }
    CALOTYPE_RETURN_IF_ERROR(outputs.status());
    first_count = start == 0 ? count : first_count;
    for (std::size_t i = 0; start > 0 && i < outputs->size(); ++i) {
      if (!AnswerAlike(parts[0][i], first_count, (*outputs)[i], count)) {
        return EndBatching(fmt::format("output {} changes its shape from run to run", session_->outputs()[i].name));
      }
    }
    parts.push_back(*std::move(outputs));
    start += count;
  }
  if (const int64_t limit = limit_; limit < limit_before && !ended_) {
    LogWarning("{}: batches of {} rows do not fit into memory; using batches of {} from now on",
               session_->device().ToString(), limit_before, limit);
  }
  return JoinAll(parts);
}

// Runs the wrapped session once, on rows [start, start + rows), and removes the padding's rows from the outputs.
StatusOr<std::vector<Tensor>> BatchingSession::RunOnce(std::span<const Tensor> inputs, int64_t start, int64_t rows,
                                                       int64_t padded) {
  std::vector<Tensor> batch;
  for (const Tensor& input : inputs) {
    batch.push_back(PaddedView(input, start, rows, padded));
  }
  CALOTYPE_ASSIGN_OR_RETURN(std::vector<Tensor> outputs, session_->Run(batch));
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    const int64_t dim = outputs[i].dim(0);
    if (dim < padded || dim % padded != 0) {
      return EndBatching(
          fmt::format("output {} has {} rows for {} rows of input", session_->outputs()[i].name, dim, padded));
    }
    if (rows < padded) {
      outputs[i] = View(outputs[i], 0, dim / padded * rows);
    }
  }
  return outputs;
}

int64_t BatchingSession::PaddedRows(int64_t rows) const {
  if (!options_.fixed_buckets) {
    return rows;
  }
  int64_t bucket = 1;
  while (bucket < rows) {
    bucket *= kBucketFactor;
  }
  return std::max(rows, std::min<int64_t>(bucket, limit_));
}

void BatchingSession::LowerLimit(int64_t limit) {
  int64_t before = limit_;
  while (limit < before && !limit_.compare_exchange_weak(before, limit)) {
  }
}

Status BatchingSession::EndBatching(const std::string& why) {
  LowerLimit(1);
  if (!ended_.exchange(true)) {
    LogWarning("{}: batching is switched off: {}", session_->device().ToString(), why);
  }
  return absl::InternalError(why);
}

}  // namespace calotype
