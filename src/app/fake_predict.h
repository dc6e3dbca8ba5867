// For tests: a PredictService whose models and photos are made up.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "analysis/fake_engine.h"
#include "app/predict.h"
#include "base/temporary_folder.h"
#include "inference/placement/model_cache.h"
#include "photo/photo_reader.h"

namespace calotype {

// Returns a grey photo of the given size, whatever the file says.
class FakePhotoReader final : public PhotoReader {
 public:
  int width = 640;
  int height = 480;
  std::string damage;
  Status failure;
  mutable std::atomic<bool> as_stored = false;  // as in the limits of the last call
  mutable std::atomic<int> target_long_side = 0;

  PhotoFormat DetectFormat(int) const override { return PhotoFormat::kJpeg; }
  std::string ReadContentIdentifier(int) const override { return ""; }
  StatusOr<FactsAnswer> ReadFacts(const PhotoRequest&) const override { return FactsAnswer{}; }
  StatusOr<DecodeAnswer> Decode(const PhotoRequest& request) const override {
    as_stored = request.limits.as_stored;
    target_long_side = request.limits.target_long_side;
    CALOTYPE_RETURN_IF_ERROR(failure);
    DecodeAnswer answer;
    answer.photo.emplace();
    answer.photo->image = Image(width, height);
    std::ranges::fill(answer.photo->image.pixels(), uint8_t{127});
    answer.photo->damage = damage;
    return answer;
  }
  StatusOr<XmpChange> AddToSidecar(int, const XmpAdditions&) const override { return XmpChange{}; }
};

// Knows a model "good" for each role:
//   photos    the vector (0.6, 0.8)
//   texts     a vector of which the second number is the number of tokens times the first
//   faces     one face of score 0.75 with the corners -4, -4, 12, 12 in an input of 64 pixels; its vector is (1, 2, 2)
//   text      one line from 32, 32 to 96, 48 in the model's input with the probability 0.875, which reads "ab" with
//   0.75
// "broken" does not load, every other name is not installed.
class FakePredict {
 public:
  // As PredictService. `on_run` is called in each run of a model, with the name of its file.
  explicit FakePredict(int cores = 1, std::function<void(const std::string& file)> on_run = nullptr)
      : on_run_(std::move(on_run)) {
    std::ofstream(folder_.path() / "vocab.txt") << "[PAD]\n[UNK]\n[CLS]\n[SEP]\na\nphoto\n";
    service_.emplace([this](const PredictModelName& wanted) { return Find(wanted); }, cache_, reader_, DecodeLimits{},
                     cores);
  }

  PredictService& service() { return *service_; }
  FakePhotoReader& reader() { return reader_; }
  int loads() const { return engine_->loads(); }
  // The shape of the last input of the text detector.
  const std::vector<int64_t>& detector_input() const { return detector_input_; }

 private:
  static Tensor Filled(std::vector<int64_t> shape, float value) {
    Tensor tensor(ElementType::kFloat32, std::move(shape));
    std::ranges::fill(tensor.data<float>(), value);
    return tensor;
  }

  static TensorInfo Floats(std::string name, std::vector<int64_t> shape) {
    return {.name = std::move(name), .type = ElementType::kFloat32, .shape = std::move(shape)};
  }

  static std::vector<Tensor> Faces() {
    std::vector<Tensor> outputs;
    for (const int64_t anchors : {128, 32, 8}) {
      outputs.push_back(Filled({anchors, 1}, 0));
      outputs.push_back(Filled({anchors, 4}, 0));
      outputs.push_back(Filled({anchors, 10}, 0));
    }
    // The first anchor of the second column of the second row, whose corner is at (8, 8): sides and points in strides.
    constexpr std::size_t kAnchor = 18;
    constexpr std::array kSides = {1.5F, 1.5F, 0.5F, 0.5F};
    constexpr std::array kPoints = {-0.5F, -0.5F, 0.0F, -0.5F, -0.25F, -0.25F, -0.5F, 0.0F, 0.0F, 0.0F};
    outputs[0].data<float>()[kAnchor] = 0.75F;
    std::ranges::copy(kSides, outputs[1].data<float>().begin() + kAnchor * kSides.size());
    std::ranges::copy(kPoints, outputs[2].data<float>().begin() + kAnchor * kPoints.size());
    return outputs;
  }

  std::vector<Tensor> Boxes(const Tensor& input) {
    detector_input_ = input.shape();
    Tensor map = Filled({1, 1, input.dim(2), input.dim(3)}, 0);
    for (int64_t y = 32; y < std::min<int64_t>(48, input.dim(2)); ++y) {
      for (int64_t x = 32; x < std::min<int64_t>(96, input.dim(3)); ++x) {
        map.data<float>()[static_cast<std::size_t>(y * input.dim(3) + x)] = 0.875F;
      }
    }
    return {map};
  }

  // Of the classes blank, a, b and space.
  static std::vector<Tensor> Lines(const Tensor& input) {
    Tensor steps = Filled({input.dim(0), 3, 4}, 0);
    for (int64_t row = 0; row < input.dim(0); ++row) {
      for (const auto& [step, letter] : {std::pair(0, 1), std::pair(1, 0), std::pair(2, 2)}) {
        steps.data<float>()[static_cast<std::size_t>((row * 3 + step) * 4 + letter)] = 0.75F;
      }
    }
    return {steps};
  }

  std::map<std::string, FakeModel> FakeModels() {
    std::map<std::string, FakeModel> models;
    models["photos.onnx"] = {.inputs = {Floats("image", {1, 3, 4, 4})},
                             .outputs = {Floats("embedding", {1, 2})},
                             .metadata = {},
                             .run = [](auto) { return std::vector{FloatTensor({1, 2}, std::array{0.6F, 0.8F})}; }};
    models["texts.onnx"] = {.inputs = {{.name = "input_ids", .type = ElementType::kInt64, .shape = {1, -1}}},
                            .outputs = {Floats("text_embedding", {1, 2})},
                            .metadata = {},
                            .run = [](std::span<const Tensor> inputs) {
                              const auto tokens = static_cast<float>(inputs[0].dim(1));
                              return std::vector{FloatTensor({1, 2}, std::array{1.0F, tokens})};
                            }};
    models["faces.onnx"] = {
        .inputs = {Floats("input.1", {1, 3, 64, 64})}, .outputs = {}, .metadata = {}, .run = [](auto) {
          return Faces();
        }};
    models["vectors.onnx"] = {
        .inputs = {Floats("input.1", {-1, 3, 112, 112})},
        .outputs = {Floats("683", {-1, 3})},
        .metadata = {},
        .run = [](auto) { return std::vector{FloatTensor({1, 3}, std::array{1.0F, 2.0F, 2.0F})}; }};
    models["boxes.onnx"] = {.inputs = {Floats("x", {-1, 3, -1, -1})},
                            .outputs = {Floats("y", {-1, 1, -1, -1})},
                            .metadata = {},
                            .run = [this](std::span<const Tensor> inputs) { return Boxes(inputs[0]); }};
    models["lines.onnx"] = {.inputs = {Floats("x", {-1, 3, 48, -1})},
                            .outputs = {Floats("y", {-1, -1, 4})},
                            .metadata = {{"character", "a\nb"}},
                            .run = [](std::span<const Tensor> inputs) { return Lines(inputs[0]); }};
    for (auto& [file, model] : models) {
      model.run = [this, file = file, run = model.run](std::span<const Tensor> inputs) {
        if (on_run_) {
          on_run_(file);
        }
        return run(inputs);
      };
    }
    return models;
  }

  StatusOr<ModelSpec> Find(const PredictModelName& wanted) const {
    struct Row {
      PredictRole role;
      std::string file;
      std::string family;
    };
    static const std::array kRows = {
        Row{PredictRole::kImageEmbedding, "photos", "clip"}, Row{PredictRole::kTextEmbedding, "texts", "bert"},
        Row{PredictRole::kFaceDetection, "faces", "scrfd"},  Row{PredictRole::kFaceRecognition, "vectors", "arcface"},
        Row{PredictRole::kTextDetection, "boxes", "db"},     Row{PredictRole::kTextRecognition, "lines", "ctc"}};
    if (wanted.name != "good" && wanted.name != "broken") {
      return absl::FailedPreconditionError("the model " + wanted.name + " is not installed; install it");
    }
    const Row& row = *std::ranges::find(kRows, wanted.role, &Row::role);
    ModelSpec spec{.name = row.file + wanted.name, .family = row.family};
    spec.path = folder_.path() / ((wanted.name == "good" ? row.file : "none") + ".onnx");
    spec.folder = folder_.path();
    spec.params = ModelParams(spec.name, {{"space", std::string("s")}});
    if (row.family == "bert") {
      spec.params.Set("max_tokens", int64_t{8});
      spec.params.Set("confident_score", 0.5);
    }
    return spec;
  }

  const std::function<void(const std::string& file)> on_run_;
  TemporaryFolder folder_ = *TemporaryFolder::Create();
  std::vector<int64_t> detector_input_;
  FakePhotoReader reader_;
  const std::shared_ptr<CountingEngine> engine_ = std::make_shared<CountingEngine>(FakeModels());
  ModelCache cache_{engine_, SessionOptions{}};
  std::optional<PredictService> service_;  // last: it uses the others
};

}  // namespace calotype
