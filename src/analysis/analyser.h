// An analyser computes one kind of finding from a photo. The pipeline runs analysers in the order that their needs()
// require.
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

// A photo as analysers get it. `image` is upright and may be smaller than the upright original, which has `full_width`
// x `full_height` pixels.
struct PhotoView {
  const Image& image;
  int full_width = 0;
  int full_height = 0;
  std::optional<float> reduction;  // see DecodedPhoto

  // Pixels of the original per pixel of `image`.
  float scale_x() const {
    return reduction.value_or(static_cast<float>(full_width) / static_cast<float>(image.width()));
  }
  float scale_y() const {
    return reduction.value_or(static_cast<float>(full_height) / static_cast<float>(image.height()));
  }
};

// Thread-safe: many workers call Analyse() at the same time.
class Analyser {
 public:
  virtual ~Analyser() = default;

  // "objects", "embedding", "text", "faces.detect", "faces.recognise" or "pdq".
  virtual std::string_view name() const = 0;
  // The names of the analysers whose findings this one reads.
  virtual std::span<const std::string_view> needs() const { return {}; }
  // True if it analyses each page of a document. The others see the first page only.
  virtual bool reads_all_pages() const { return false; }
  // Identifies the weights and the version of the code around them. Findings with another version are out of date.
  virtual std::string version() const = 0;
  // Analyses the photo and writes its findings into `findings`, which already holds those of needs(). Leaves `findings`
  // unchanged on an error.
  virtual Status Analyse(const PhotoView& photo, Findings& findings) = 0;
  // Where its models run: "onnxruntime 1.31.1 cpu f32". "cpu" for an analyser without a model; empty before the model
  // is loaded.
  virtual std::string device() const = 0;
};

// Creates PDQ and the analysers that `pack` has models for, ordered so that needs() are met. Each model is loaded when
// it is first used. `cache` must outlive the analysers.
StatusOr<std::vector<std::unique_ptr<Analyser>>> CreateAnalysers(const Pack& pack, ModelCache& cache);

// Moves each analyser behind those that it needs and keeps the given order otherwise. Returns kInvalidArgument when a
// needed analyser is missing or when two need each other.
StatusOr<std::vector<std::unique_ptr<Analyser>>> OrderByNeeds(std::vector<std::unique_ptr<Analyser>> analysers);

// One function per analyser, implemented in the analyser's folder. They return kInvalidArgument for an unknown family
// or parameter.
StatusOr<std::unique_ptr<Analyser>> CreateObjectAnalyser(const ModelSpec& detector, ModelCache& cache);
StatusOr<std::unique_ptr<Analyser>> CreateEmbeddingAnalyser(const ModelSpec& image_encoder, ModelCache& cache);
// `orienter` may be null; text lines are then assumed to be upright.
StatusOr<std::unique_ptr<Analyser>> CreateTextAnalyser(const ModelSpec& detector, const ModelSpec& recogniser,
                                                       const ModelSpec* orienter, ModelCache& cache);
StatusOr<std::unique_ptr<Analyser>> CreateFaceDetector(const ModelSpec& detector, ModelCache& cache);
StatusOr<std::unique_ptr<Analyser>> CreateFaceRecogniser(const ModelSpec& recogniser, ModelCache& cache);
// The cosine from which two faces count as the same person: the parameter "match_threshold" of the model, else the
// default of its family. Returns kInvalidArgument when neither exists.
StatusOr<double> FaceMatchThreshold(const ModelSpec& recogniser);
// The lower cosine from which two faces may be the same person, so that a user is asked: the parameter
// "maybe_threshold" of the model, else four fifths of FaceMatchThreshold(). kInvalidArgument also when it is higher
// than that.
StatusOr<double> FaceMaybeThreshold(const ModelSpec& recogniser);
std::unique_ptr<Analyser> CreatePdqAnalyser();

// Turns text into a vector that can be compared with the vectors of the image encoder.
class TextEncoder {
 public:
  virtual ~TextEncoder() = default;
  // The vector space, such as "minilm-l6-v2". Vectors are comparable when EmbeddingFinding::space is the same.
  virtual std::string_view space() const = 0;
  // The cosine from which a match counts as confident. Lower cosines only rank results.
  virtual float confident_score() const = 0;
  // Returns a vector of unit length. Text that is too long for the model is truncated at a token. Thread-safe.
  virtual StatusOr<std::vector<float>> Encode(std::string_view text) = 0;
};
StatusOr<std::unique_ptr<TextEncoder>> CreateTextEncoder(const ModelSpec& encoder, ModelCache& cache);

}  // namespace calotype
