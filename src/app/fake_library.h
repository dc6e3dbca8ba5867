// For tests: a library with photos and a pack without weights.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "analysis/fake_engine.h"
#include "app/app_test_util.h"
#include "app/library.h"
#include "base/file.h"
#include "photo/encode.h"

namespace calotype {

// The pack has one text encoder, which gives every text the same vector. Scans compute perceptual hashes only.
class FakeLibrary {
 public:
  explicit FakeLibrary(const std::vector<std::string>& assignments = {}) : app_(assignments) {
    std::filesystem::create_directories(photos());
    std::ofstream(app_.home() / "vocab.txt") << "[PAD]\n[UNK]\n[CLS]\n[SEP]\ncat\n";
    library_ = std::make_unique<Library>(
        *app_, [this](const ModelChoice& choice, const ModelUse&) { return OpenFakeModels(choice.pack); });
  }

  Library& operator*() { return *library_; }
  Library* operator->() { return library_.get(); }
  std::filesystem::path photos() const { return app_.home() / "photos"; }

  // Adds `count` photos with different contents.
  void AddPhotos(int count) {
    for (int i = 0; i < count; ++i, ++added_) {
      Image image(32, 24);
      std::fill(image.pixels().begin(), image.pixels().end(), static_cast<uint8_t>(added_));
      const StatusOr<std::vector<uint8_t>> jpeg = EncodeJpeg(image, 90);
      ASSERT_TRUE(jpeg.ok()) << jpeg.status();
      ASSERT_TRUE(WriteFileAtomically(photos() / ("p" + std::to_string(added_) + ".jpg"), *jpeg).ok());
    }
  }

  // How often a model was loaded.
  int loads() const { return *loads_; }
  // Makes the next attempt to open models fail.
  void FailNextOpening() { fail_ = true; }

 private:
  static TensorInfo Ids(const std::string& name) {
    return {.name = name, .type = ElementType::kInt64, .shape = {-1, -1}};
  }

  StatusOr<std::unique_ptr<Models>> OpenFakeModels(const std::string& pack) {
    if (fail_.exchange(false)) {
      return absl::UnavailableError("no models today");
    }
    auto models = std::make_unique<Models>();
    models->pack.name = pack;
    ModelSpec& spec = models->pack.models.emplace_back();
    spec.name = "words";
    spec.task = "embed.text";
    spec.choice = kOnlyChoice;
    spec.family = "bert";
    spec.path = app_.home() / "text.onnx";
    spec.folder = app_.home();
    spec.params = ModelParams("words", {{"vocab", std::string("vocab.txt")},
                                        {"max_tokens", int64_t{4}},
                                        {"lower_case", true},
                                        {"dimension", int64_t{2}},
                                        {"space", std::string("words")},
                                        {"confident_score", .53}});
    const FakeModel model{.inputs = {Ids("input_ids")},
                          .outputs = {{.name = "text_embedding", .type = ElementType::kFloat32, .shape = {}}},
                          .metadata = {},
                          .run = [](std::span<const Tensor>) -> StatusOr<std::vector<Tensor>> {
                            return std::vector<Tensor>{FloatTensor({1, 2}, std::vector<float>{.6F, .8F})};
                          }};
    models->cache = std::make_unique<ModelCache>(
        std::make_shared<CountingEngine>(std::map<std::string, FakeModel>{{"text.onnx", model}}, loads_),
        SessionOptions{});
    return models;
  }

  TestApp app_;
  int added_ = 0;
  const CountingEngine::Counter loads_ = std::make_shared<std::atomic<int>>(0);
  std::atomic<bool> fail_ = false;
  std::unique_ptr<Library> library_;
};

}  // namespace calotype
