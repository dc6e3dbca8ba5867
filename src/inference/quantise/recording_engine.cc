#include "inference/quantise/recording_engine.h"

#include <cstring>
#include <utility>

namespace calotype {
namespace {

Tensor Copy(const Tensor& tensor) {
  Tensor copy(tensor.type(), tensor.shape());
  if (copy.bytes() > 0) {
    std::memcpy(copy.raw(), tensor.raw(), copy.bytes());
  }
  return copy;
}

}  // namespace

class RecordingEngine::RecordingSession final : public Session {
 public:
  RecordingSession(RecordingEngine& engine, std::string model, std::unique_ptr<Session> session)
      : engine_(engine), model_(std::move(model)), session_(std::move(session)) {}

  const std::vector<TensorInfo>& inputs() const override { return session_->inputs(); }
  const std::vector<TensorInfo>& outputs() const override { return session_->outputs(); }
  std::optional<std::string> Metadata(const std::string& key) const override { return session_->Metadata(key); }
  DeviceInfo device() const override { return session_->device(); }
  StatusOr<std::vector<Tensor>> Run(std::span<const Tensor> inputs) override {
    engine_.Record(model_, inputs);
    return session_->Run(inputs);
  }

 private:
  RecordingEngine& engine_;
  const std::string model_;
  const std::unique_ptr<Session> session_;
};

RecordingEngine::RecordingEngine(std::shared_ptr<Engine> engine, RecordingLimits limits)
    : engine_(std::move(engine)), limits_(limits) {}

RecordingEngine::~RecordingEngine() = default;

StatusOr<std::unique_ptr<Session>> RecordingEngine::Load(const std::filesystem::path& model,
                                                         const SessionOptions& options) {
  CALOTYPE_ASSIGN_OR_RETURN(std::unique_ptr<Session> session, engine_->Load(model, options));
  return std::make_unique<RecordingSession>(*this, model.string(), std::move(session));
}

void RecordingEngine::BeginPhoto() {
  const MutexLock lock(&mutex_);
  begun_ = true;
  for (auto& [model, recorded] : recorded_) {
    recorded.of_photo = 0;
  }
}

void RecordingEngine::Record(const std::string& model, std::span<const Tensor> inputs) {
  const MutexLock lock(&mutex_);
  Recorded& recorded = recorded_[model];
  std::size_t bytes = 0;
  for (const Tensor& input : inputs) {
    bytes += input.bytes();
  }
  const bool fits = recorded.runs.empty() || recorded.bytes + bytes <= limits_.bytes;
  if (!begun_ || !fits || recorded.runs.size() >= limits_.runs || recorded.of_photo >= limits_.runs_of_photo) {
    return;
  }
  RunInputs copies;
  for (const Tensor& input : inputs) {
    copies.push_back(Copy(input));
  }
  recorded.runs.push_back(std::move(copies));
  recorded.bytes += bytes;
  ++recorded.of_photo;
}

std::vector<RunInputs> RecordingEngine::Take(const std::filesystem::path& model) {
  const MutexLock lock(&mutex_);
  return std::exchange(recorded_[model.string()], {}).runs;
}

}  // namespace calotype
