// Tells others what happens to models, for metrics.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "base/status.h"

namespace calotype {

// Called on the threads that use models, at any time and concurrently. The functions must return quickly and must not
// use models. `model` is ModelFile::name.
class ModelObserver {
 public:
  virtual ~ModelObserver() = default;

  // A model was loaded onto `device` ("onnxruntime 1.31.1 cpu f32") and takes about `bytes` of memory; measuring its
  // devices is part of `took`.
  virtual void OnLoad(const std::string& model, const std::string& device, int64_t bytes,
                      std::chrono::nanoseconds took) = 0;
  // No device could load the model.
  virtual void OnLoadFailure(const std::string& model, const Status& reason) = 0;
  virtual void OnUnload(const std::string& model) = 0;
  // The device of a loaded model failed; the model continues on `device`.
  virtual void OnFallback(const std::string& model, const std::string& device, const Status& reason) = 0;
  // The model ran on `rows` rows (the size of dimension 0 of its first input).
  virtual void OnRun(const std::string& model, int64_t rows, std::chrono::nanoseconds took, bool succeeded) = 0;
};

}  // namespace calotype
