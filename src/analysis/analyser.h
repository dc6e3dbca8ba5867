// One way of looking at a photo. The pipeline orders analysers by what they declare to need.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "analysis/findings.h"
#include "base/status.h"
#include "inference/engine.h"
#include "inference/placement/model_cache.h"
#include "models/pack.h"
#include "photo/image.h"

namespace calotype {

// What analysers look at: `image` may be smaller than the upright original of `full_width` x `full_height`.
struct PhotoView {
  const Image& image;
  int full_width = 0;
  int full_height = 0;
  std::optional<float> reduction;  // as in DecodedPhoto

  // Original pixels per pixel of `image`.
  float scale_x() const {
    return reduction.value_or(static_cast<float>(full_width) / static_cast<float>(image.width()));
  }
  float scale_y() const {
    return reduction.value_or(static_cast<float>(full_height) / static_cast<float>(image.height()));
  }
};

// Thread-safe: Analyse() is called from many workers at once.
class Analyser {
 public:
  virtual ~Analyser() = default;

  // "objects", "embedding", "text", "faces.detect", "faces.recognise", "pdq"
  virtual std::string_view name() const = 0;
  // Names of the analysers whose findings this one reads.
  virtual std::span<const std::string_view> needs() const { return {}; }
  // Names the weights and the revision of the processing around them; findings of another version are out of date.
  virtual std::string version() const = 0;
  // Looks at the photo and writes its findings; those of needs() are already there. An error leaves `findings`
  // untouched.
  virtual Status Analyse(const PhotoView& photo, Findings& findings) = 0;
  // Where its models run: "onnxruntime 1.31.1 cpu f32"; "cpu" for one without a model; empty before the first load.
  virtual std::string device() const = 0;
};

// The analysers that `pack` has models for, and PDQ, in an order in which needs() are met. Models are loaded when first
// used. `cache` must outlive them.
StatusOr<std::vector<std::unique_ptr<Analyser>>> CreateAnalysers(const Pack& pack, ModelCache& cache);

// `analysers` with each after those that it needs, else in the order given. kInvalidArgument when one needs what is not
// there, or two need each other.
StatusOr<std::vector<std::unique_ptr<Analyser>>> OrderByNeeds(std::vector<std::unique_ptr<Analyser>> analysers);

// One function per analyser, in its own folder; kInvalidArgument for a family or a parameter that is not known.
StatusOr<std::unique_ptr<Analyser>> CreateObjectAnalyser(const ModelSpec& detector, ModelCache& cache);
StatusOr<std::unique_ptr<Analyser>> CreateEmbeddingAnalyser(const ModelSpec& image_encoder, ModelCache& cache);
// `orienter` may be null: lines are then taken as upright.
StatusOr<std::unique_ptr<Analyser>> CreateTextAnalyser(const ModelSpec& detector, const ModelSpec& recogniser,
                                                       const ModelSpec* orienter, ModelCache& cache);
StatusOr<std::unique_ptr<Analyser>> CreateFaceDetector(const ModelSpec& detector, ModelCache& cache);
StatusOr<std::unique_ptr<Analyser>> CreateFaceRecogniser(const ModelSpec& recogniser, ModelCache& cache);
// The cosine from which two faces of the recogniser are taken for one person: the parameter "match_threshold", else the
// family's. kInvalidArgument when neither knows.
StatusOr<double> FaceMatchThreshold(const ModelSpec& recogniser);
std::unique_ptr<Analyser> CreatePdqAnalyser();

// Words to a vector in the space of the image encoder.
class TextEncoder {
 public:
  virtual ~TextEncoder() = default;
  // "minilm-l6-v2": comparable with EmbeddingFinding::space.
  virtual std::string_view space() const = 0;
  // Cosine from which a match is a confident one; lower is only an order.
  virtual float confident_score() const = 0;
  // Unit length. Text longer than the model takes is cut at a token. Thread-safe.
  virtual StatusOr<std::vector<float>> Encode(std::string_view text) = 0;
};
StatusOr<std::unique_ptr<TextEncoder>> CreateTextEncoder(const ModelSpec& encoder, ModelCache& cache);

}  // namespace calotype
