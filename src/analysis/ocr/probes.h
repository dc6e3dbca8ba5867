// The probes with which the models for text are registered: they run a model on the photos of its self-test.
#pragma once

#include <memory>
#include <string>

#include "analysis/ocr/line_recogniser.h"
#include "analysis/ocr/text_detector.h"
#include "analysis/ocr/text_reader.h"
#include "inference/placement/model_cache.h"
#include "inference/placement/model_probe.h"
#include "models/pack.h"

namespace calotype {

// Empty when the model has no self-test.
ModelProbe TextDetectorProbe(const ModelSpec& model, const DetectorSettings& settings);
ModelProbe LineRecogniserProbe(const ModelSpec& model, const RecogniserSettings& settings);
ModelProbe OrienterProbe(const ModelSpec& model, const OrienterSettings& settings);

// Compares devices of the three models by the lines that all of them together read in the photos of the detector's
// self-test: a detector that draws other boxes around the same lines is as good.
struct LineComparison {
  std::shared_ptr<TextReader> reader;
  ModelCache* cache;  // must outlive the probes
  ModelSpec detector;
  std::string recogniser;
  std::string orienter;  // names of models; empty if the reader has none

  // `probe` with ModelProbe::findings, in which `tested` runs on the device in question and the other models on the
  // reference device. Unchanged if the detector's self-test has no photo.
  ModelProbe Of(ModelProbe probe, TextSessions::Get TextSessions::* tested) const;
};

}  // namespace calotype
