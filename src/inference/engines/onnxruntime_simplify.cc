#include "inference/engines/onnxruntime_simplify.h"

#include <fmt/format.h>

#include "inference/engines/onnxruntime_environment.h"
#include "inference/engines/onnxruntime_error.h"

namespace calotype {

Status SimplifyOnnx(const std::filesystem::path& model, const std::filesystem::path& simplified) {
  const RuntimeLog log;
  const Status done = Guarded([&]() -> Status {
    Ort::SessionOptions settings;
    settings.SetGraphOptimizationLevel(GraphOptimizationLevel::ORT_ENABLE_BASIC);
    settings.SetIntraOpNumThreads(1);
    settings.SetOptimizedModelFilePath(simplified.c_str());
    settings.AddConfigEntry("session.save_model_format", "ONNX");
    // The session is used only to write its graph.
    settings.AddConfigEntry("session.disable_prepacking", "1");
    settings.SetLogSeverityLevel(ORT_LOGGING_LEVEL_ERROR);
    const Ort::Session session(Environment(), model.c_str(), settings);
    return absl::OkStatus();
  });
  // If it cannot write the file, its only message is "Protobuf serialization failed".
  return done.ok() ? absl::OkStatus() : Annotate(log.Explain(done), fmt::format("write {}", simplified.string()));
}

}  // namespace calotype
