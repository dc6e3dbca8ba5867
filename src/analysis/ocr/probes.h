// The probes with which the models for text are registered: they run a model on the photos of its self-test.
#pragma once

#include "analysis/ocr/line_recogniser.h"
#include "analysis/ocr/text_detector.h"
#include "inference/placement/model_probe.h"
#include "models/pack.h"

namespace calotype {

// Empty when the model has no self-test.
ModelProbe TextDetectorProbe(const ModelSpec& model, const DetectorSettings& settings);
ModelProbe LineRecogniserProbe(const ModelSpec& model, const RecogniserSettings& settings);
ModelProbe OrienterProbe(const ModelSpec& model, const OrienterSettings& settings);

}  // namespace calotype
