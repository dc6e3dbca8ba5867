// Records the inputs that analysers give to their models, to calibrate int8 forms.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "base/mutex.h"
#include "inference/engine.h"

namespace calotype {

// The input tensors of one run.
using RunInputs = std::vector<Tensor>;

struct RecordingLimits {
  std::size_t runs = 64;                        // per model
  std::size_t runs_of_photo = 4;                // per model and photo: a page with many lines causes many runs
  std::size_t bytes = std::size_t{192} << 20U;  // per model; one run is kept even if it is larger
};

// Forwards everything to `engine` and keeps copies of the inputs. Thread-safe. Sessions must not outlive it.
class RecordingEngine final : public Engine {
 public:
  RecordingEngine(std::shared_ptr<Engine> engine, RecordingLimits limits);
  ~RecordingEngine() override;

  std::string name() const override { return engine_->name(); }
  std::vector<EngineDevice> devices() const override { return engine_->devices(); }
  StatusOr<std::unique_ptr<Session>> Load(const std::filesystem::path& model, const SessionOptions& options) override;

  // Starts the next photo. Before the first call, nothing is recorded.
  void BeginPhoto() ABSL_LOCKS_EXCLUDED(mutex_);

  // Returns and removes the recorded inputs of the model at this path.
  std::vector<RunInputs> Take(const std::filesystem::path& model) ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  class RecordingSession;
  struct Recorded {
    std::vector<RunInputs> runs;
    std::size_t bytes = 0;
    std::size_t of_photo = 0;
  };

  void Record(const std::string& model, std::span<const Tensor> inputs) ABSL_LOCKS_EXCLUDED(mutex_);

  const std::shared_ptr<Engine> engine_;
  const RecordingLimits limits_;
  Mutex mutex_;
  bool begun_ ABSL_GUARDED_BY(mutex_) = false;
  std::map<std::string, Recorded> recorded_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace calotype
