// Keeps one session per input shape, for devices that prepare themselves for one shape at a time.
#pragma once

#include <cstddef>
#include <functional>
#include <list>
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

// ONNX Runtime's CUDA provider keeps cuDNN's plans for convolutions only while the input shape stays the same; after a
// change it plans all again, which takes tens of times as long as a run. So each shape gets its own session, with its
// own copy of the weights on the device. If there are `most` sessions, or memory is exhausted, the least recently used
// session takes over the new shape. Thread-safe.
class ShapeSessions final : public Session {
 public:
  using Loader = std::function<StatusOr<std::unique_ptr<Session>>()>;

  // `first` was created by `load`. `most` must be at least 1.
  ShapeSessions(std::shared_ptr<Session> first, Loader load, std::size_t most);

  const std::vector<TensorInfo>& inputs() const override { return inputs_; }
  const std::vector<TensorInfo>& outputs() const override { return outputs_; }
  std::optional<std::string> Metadata(const std::string& key) const override ABSL_LOCKS_EXCLUDED(mutex_);
  DeviceInfo device() const override { return device_; }
  // If memory runs out, frees the sessions of other shapes and repeats the run.
  StatusOr<std::vector<Tensor>> Run(std::span<const Tensor> inputs) override ABSL_LOCKS_EXCLUDED(loading_, mutex_);

 private:
  using Shapes = std::vector<std::vector<int64_t>>;  // one shape per input
  struct Prepared {
    Shapes shapes;  // empty: not used yet
    std::shared_ptr<Session> session;
  };

  std::shared_ptr<Session> SessionFor(const Shapes& shapes) ABSL_LOCKS_EXCLUDED(loading_, mutex_);
  std::shared_ptr<Session> Find(const Shapes& shapes) ABSL_LOCKS_EXCLUDED(mutex_);
  // Frees the sessions of other shapes. Returns true if there were any.
  bool KeepOnly(const std::shared_ptr<Session>& session) ABSL_LOCKS_EXCLUDED(mutex_);

  const std::vector<TensorInfo> inputs_;
  const std::vector<TensorInfo> outputs_;
  const DeviceInfo device_;
  const Loader load_;
  Mutex loading_;  // held while a session is created; a waiting thread may need the same shape
  mutable Mutex mutex_;
  std::size_t most_ ABSL_GUARDED_BY(mutex_);
  std::list<Prepared> prepared_ ABSL_GUARDED_BY(mutex_);  // most recently used first; never empty
};

}  // namespace calotype
