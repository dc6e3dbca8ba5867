// A session for each of the shapes that a model is given, on a device that prepares itself for one shape at a time.
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

// ONNX Runtime's CUDA provider keeps what cuDNN planned for a convolution while inputs stay as they are; when their
// shape changes, all convolutions are planned anew, which takes tens of times as long as to run them. So another
// shape gets another session, with the model's weights once more on the device. When `most` are there, or memory is
// out, the one that was not used for longest takes the new shape on. Thread-safe.
class ShapeSessions final : public Session {
 public:
  using Loader = std::function<StatusOr<std::unique_ptr<Session>>()>;

  // `first` is one that `load` made. `most` is 1 at least.
  ShapeSessions(std::shared_ptr<Session> first, Loader load, std::size_t most);

  const std::vector<TensorInfo>& inputs() const override { return inputs_; }
  const std::vector<TensorInfo>& outputs() const override { return outputs_; }
  std::optional<std::string> Metadata(const std::string& key) const override ABSL_LOCKS_EXCLUDED(mutex_);
  DeviceInfo device() const override { return device_; }
  // Where memory runs out, what other shapes hold is freed, and the run done once more.
  StatusOr<std::vector<Tensor>> Run(std::span<const Tensor> inputs) override ABSL_LOCKS_EXCLUDED(loading_, mutex_);

 private:
  using Shapes = std::vector<std::vector<int64_t>>;  // one for each input
  struct Prepared {
    Shapes shapes;  // empty: none yet
    std::shared_ptr<Session> session;
  };

  std::shared_ptr<Session> SessionFor(const Shapes& shapes) ABSL_LOCKS_EXCLUDED(loading_, mutex_);
  std::shared_ptr<Session> Find(const Shapes& shapes) ABSL_LOCKS_EXCLUDED(mutex_);
  // Frees what other shapes hold. True when there were some.
  bool KeepOnly(const std::shared_ptr<Session>& session) ABSL_LOCKS_EXCLUDED(mutex_);

  const std::vector<TensorInfo> inputs_;
  const std::vector<TensorInfo> outputs_;
  const DeviceInfo device_;
  const Loader load_;
  Mutex loading_;  // held while a session is made: those that wait may want the same shape
  mutable Mutex mutex_;
  std::size_t most_ ABSL_GUARDED_BY(mutex_);
  std::list<Prepared> prepared_ ABSL_GUARDED_BY(mutex_);  // the last used first; never empty
};

}  // namespace calotype
