// Answers questions about one photo or one text. The caller names the models, as Immich does when it asks its
// machine-learning service. Nothing is stored. The processing around the models follows that service, not Calotype's
// analyses, so that both give the same numbers.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "app/app.h"
#include "app/model_fetcher.h"
#include "app/open_models.h"
#include "app/predict_models.h"
#include "base/geometry.h"
#include "base/mutex.h"
#include "base/status.h"
#include "inference/engine.h"
#include "inference/placement/model_cache.h"
#include "photo/image.h"
#include "photo/photo_reader.h"

namespace calotype {

// The questions of one request; those that are set are answered. Models are named as Immich names them.
struct PredictRequest {
  struct TextEmbedding {
    std::string model;
    std::string language;  // "de", "pt-BR"; empty: not stated
  };
  struct FaceDetection {
    std::string model;
    float min_score = 0.7F;  // 0 to 1
  };
  struct TextDetection {
    std::string model;
    double min_score = 0.5;    // 0 to 1
    int max_resolution = 736;  // a longer short side is scaled down to this; a shorter one is not enlarged
  };
  struct TextRecognition {
    std::string model;
    double min_score = 0.9;  // lines must score more than this
  };

  std::optional<std::string> image_embedding;  // the model's name
  std::optional<TextEmbedding> text_embedding;
  std::optional<FaceDetection> face_detection;
  std::optional<std::string> face_recognition;  // the model's name; needs face_detection
  std::optional<TextDetection> text_detection;
  std::optional<TextRecognition> text_recognition;  // needs text_detection
};

// An encoded photo, or a text in UTF-8.
using PredictInput = std::variant<std::span<const uint8_t>, std::string_view>;

// Coordinates are pixels of the photo as its file stores it: not rotated by EXIF.
struct PredictedFace {
  std::array<float, 4> corners{};  // left, top, right, bottom; whole pixels, perhaps outside the photo
  float score = 0;
  std::array<Point, 5> landmarks;
  std::vector<float> embedding;  // as the model returns it, of any length; empty without face_recognition
};

struct PredictedLine {
  Quad quad{};  // whole pixels; clockwise from the top left corner
  float box_score = 0;
  std::string text;      // UTF-8; empty without text_recognition
  float text_score = 0;  // 0 without text_recognition
};

struct PredictAnswer {
  int image_width = 0;  // both 0 when the input is a text
  int image_height = 0;
  std::optional<std::vector<float>> embedding;  // of the photo or the text; unit length
  std::optional<std::vector<PredictedFace>> faces;
  std::optional<std::vector<PredictedLine>> lines;
};

struct PredictOptions {
  ModelUse use;                     // how many requests run at the same time, and with how many threads each
  ImmichModelFolder models;         // models besides those of the installed packs
  ModelFetcher* fetcher = nullptr;  // downloads models that are nowhere; must outlive the service. Null: nobody does
};

// Keeps the models that requests named, each loaded when it is first needed and unloaded when it was idle for as long
// as the settings say. Requests that need the same model at the same time share its runs where that is faster; a
// request that comes alone waits for nothing. Tasks of one request run side by side while cores are free. Thread-safe.
class PredictService {
 public:
  // Opens the engines; loads no model. `app` must outlive the service.
  static StatusOr<std::unique_ptr<PredictService>> Open(const App& app, const PredictOptions& options);
  // With other models, for tests. `cache` and `reader` must outlive the service. At most `cores` tasks run at the same
  // time, besides one of each request.
  PredictService(PredictModelFinder find, ModelCache& cache, const PhotoReader& reader, const DecodeLimits& limits,
                 int cores);
  ~PredictService();
  PredictService(const PredictService&) = delete;
  PredictService& operator=(const PredictService&) = delete;

  //   kFailedPrecondition  a model is not installed; the message says what to do
  //   kUnavailable         "Failed to load model 'NAME'": the reason is logged, and after a minute it is tried again;
  //                        or it is being downloaded
  //   kOutOfRange          the photo has no pixels
  //   kInvalidArgument     the photo cannot be decoded or is not whole; a question about a photo has a text, or the
  //                        other way round; a recognition without its detection
  //   kResourceExhausted   the photo exceeds a limit
  // and the errors of Session::Run().
  StatusOr<PredictAnswer> Predict(const PredictRequest& request, const PredictInput& input) ABSL_LOCKS_EXCLUDED(mutex_);

  // Loads these models, one after another, and never unloads them. Tries all of them; returns the first error.
  Status Preload(std::span<const PredictModelName> models) ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  using Clock = std::chrono::steady_clock;
  struct Model;

  explicit PredictService(std::unique_ptr<Models> models, PredictModelFinder find, const DecodeLimits& limits);

  StatusOr<std::shared_ptr<const Model>> Find(PredictRole role, const std::string& name) ABSL_LOCKS_EXCLUDED(mutex_);
  StatusOr<std::shared_ptr<const Model>> Make(const PredictModelName& name) const;
  StatusOr<std::shared_ptr<Session>> Load(const Model& model) ABSL_LOCKS_EXCLUDED(mutex_);

  Status RunSideBySide(std::span<const std::function<Status()>> tasks);
  StatusOr<Image> Decode(const PredictInput& input) const;
  StatusOr<std::vector<float>> EmbedImage(const std::string& model, const Image& image);
  StatusOr<std::vector<float>> EmbedText(const PredictRequest::TextEmbedding& wanted, const PredictInput& input);
  StatusOr<std::vector<PredictedFace>> FindFaces(const PredictRequest& request, const Image& image);
  StatusOr<std::vector<PredictedLine>> FindLines(const PredictRequest& request, const Image& image);
  Status ReadLines(const Model& model, double min_score, const Image& image, std::vector<PredictedLine>& lines);

  const std::unique_ptr<Models> owned_models_;  // null when the caller owns the cache
  const std::unique_ptr<PhotoReader> owned_reader_;
  const PredictModelFinder find_;
  ModelCache& cache_;
  const PhotoReader& reader_;
  const DecodeLimits limits_;
  const int cores_;
  std::atomic<int> running_ = 0;  // tasks
  Mutex mutex_;
  std::map<PredictModelName, std::shared_ptr<const Model>> models_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::shared_ptr<Session>> kept_ ABSL_GUARDED_BY(mutex_);  // of the preloaded models
};

}  // namespace calotype
