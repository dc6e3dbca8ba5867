#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "analysis/analyser.h"
#include "analysis/fake_engine.h"
#include "analysis/ocr/line_recogniser.h"
#include "analysis/ocr/probes.h"
#include "analysis/ocr/text_reader.h"
#include "base/file.h"
#include "base/source_dir.h"
#include "base/temporary_folder.h"
#include "photo/encode.h"

namespace calotype {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

using Values = std::map<std::string, ModelParams::Value>;

ModelSpec Spec(const std::string& name, const std::string& family, Values params) {
  ModelSpec spec;
  spec.name = name;
  spec.family = family;
  spec.path = "/models/" + name + ".onnx";
  spec.params = ModelParams(name, std::move(params));
  return spec;
}

Values DetectorParams() {
  return {{"limit_side", int64_t{32}},
          {"max_side", int64_t{2000}},
          {"multiple", int64_t{32}},
          {"threshold", 0.3},
          {"box_threshold", 0.5},
          {"unclip_ratio", 1.6},
          {"dilation", true},
          {"mean", 0.5},
          {"std", 0.5}};
}

Values RecogniserParams() {
  return {{"height", int64_t{48}}, {"width", int64_t{320}}, {"mean", 0.5}, {"std", 0.5}, {"score_threshold", 0.5}};
}

Values OrienterParams() { return {{"height", int64_t{48}}, {"width", int64_t{192}}, {"threshold", 0.9}}; }

// The colours painted into the photo decide what the networks return. Red is text.
struct Paint {
  uint8_t red, green, blue;
};
constexpr Paint kGoodLine{255, 0, 0};
constexpr Paint kDoubtfulLine{255, 255, 0};
constexpr Paint kUpsideDownLine{255, 0, 255};
constexpr Paint kBlankLine{255, 255, 255};

// Channel `channel` (BGR order) of image `n` of a batch, at the centre of a line of 28 x 16.
float ChannelOf(const Tensor& batch, int64_t n, int64_t channel) {
  const int64_t row = (n * 3 + channel) * batch.dim(2) + batch.dim(2) / 2;
  return batch.data<float>()[static_cast<std::size_t>(row * batch.dim(3) + 42)];
}

StatusOr<std::vector<Tensor>> Detect(std::span<const Tensor> inputs) {
  const Tensor& input = inputs.front();
  Tensor map(ElementType::kFloat32, {1, 1, input.dim(2), input.dim(3)});
  const auto red = input.data<float>().last(map.elements());
  std::ranges::transform(red, map.data<float>().begin(), [](float value) { return value > 0.5F ? 0.9F : 0.0F; });
  return std::vector<Tensor>{map};
}

StatusOr<std::vector<Tensor>> Orient(std::span<const Tensor> inputs) {
  const int64_t lines = inputs.front().dim(0);
  std::vector<float> answer;
  for (int64_t n = 0; n < lines; ++n) {
    const bool turned = ChannelOf(inputs.front(), n, 0) > 0 && ChannelOf(inputs.front(), n, 1) < 0;
    answer.insert(answer.end(), {turned ? 0.05F : 0.5F, turned ? 0.95F : 0.5F});
  }
  return std::vector<Tensor>{FloatTensor({lines, 2}, answer)};
}

// Two time steps over blank, "A", "B", space.
StatusOr<std::vector<Tensor>> Recognise(std::span<const Tensor> inputs) {
  const int64_t lines = inputs.front().dim(0);
  std::vector<float> answer;
  for (int64_t n = 0; n < lines; ++n) {
    const bool green = ChannelOf(inputs.front(), n, 1) > 0;
    const bool blue = ChannelOf(inputs.front(), n, 0) > 0;
    const std::vector<float> good = {0, 1, 0, 0, 0.1F, 0, 0.9F, 0};
    const std::vector<float> doubtful = {0.1F, 0.4F, 0, 0, 0.5F, 0.4F, 0, 0};
    const std::vector<float> blank = {0, 0, 0, 1, 0, 0, 0, 1};
    const std::vector<float>& steps = green && blue ? blank : green ? doubtful : good;
    answer.insert(answer.end(), steps.begin(), steps.end());
  }
  return std::vector<Tensor>{FloatTensor({lines, 2, 4}, answer)};
}

class TextAnalyserTest : public testing::Test {
 protected:
  TextAnalyserTest() {
    const std::vector<TensorInfo> one = {{.name = "x", .type = ElementType::kFloat32, .shape = {}}};
    models_["detect.onnx"] = {.inputs = one, .outputs = one, .metadata = {}, .run = Detect};
    models_["recognise.onnx"] = {.inputs = one, .outputs = one, .metadata = {{"character", "A\nB"}}, .run = Recognise};
    models_["orient.onnx"] = {.inputs = one, .outputs = one, .metadata = {}, .run = Orient};
  }

  // Creates the analyser from the current models; null after a failure.
  Analyser* Create(bool with_orienter = true) {
    analyser_.reset();
    cache_ = std::make_unique<ModelCache>(std::make_shared<FakeEngine>(models_), SessionOptions{});
    auto created = CreateTextAnalyser(detector_, recogniser_, with_orienter ? &orienter_ : nullptr, *cache_);
    EXPECT_TRUE(created.ok()) << created.status();
    analyser_ = created.ok() ? *std::move(created) : nullptr;
    return analyser_.get();
  }

  // A black photo with lines of 20 x 8 pixels at these top left corners; the original is twice as large.
  static Image Photo(const std::vector<std::pair<std::array<int, 2>, Paint>>& lines) {
    Image image(128, 96);
    std::ranges::fill(image.pixels(), uint8_t{0});
    for (const auto& [corner, paint] : lines) {
      for (int y = corner[1]; y < corner[1] + 8; ++y) {
        for (int x = corner[0]; x < corner[0] + 20; ++x) {
          std::ranges::copy(std::array{paint.red, paint.green, paint.blue}, image.row(y) + std::ptrdiff_t{3} * x);
        }
      }
    }
    return image;
  }

  Status Analyse(const Image& image, Findings& findings) {
    return analyser_->Analyse({.image = image, .full_width = 2 * image.width(), .full_height = 2 * image.height()},
                              findings);
  }

  std::map<std::string, FakeModel> models_;
  ModelSpec detector_ = Spec("detect", "db", DetectorParams());
  ModelSpec recogniser_ = Spec("recognise", "ctc", RecogniserParams());
  ModelSpec orienter_ = Spec("orient", "orient", OrienterParams());
  std::unique_ptr<ModelCache> cache_;
  std::unique_ptr<Analyser> analyser_;
};

// The network sees no text in a photo that it must shrink: lines of 8 pixels would have 1.
TEST_F(TextAnalyserTest, ATallPhotoIsReadInWindows) {
  ASSERT_NE(Create(), nullptr);
  constexpr int kHeight = 12000;
  Image photo(128, kHeight);
  std::ranges::fill(photo.pixels(), uint8_t{0});
  std::vector<int> tops;
  for (int top = 13; top + 8 < kHeight; top += 61) {
    tops.push_back(top);
    for (int y = top; y < top + 8; ++y) {
      for (int x = 30; x < 50; ++x) {
        photo.row(y)[std::ptrdiff_t{3} * x] = 255;
      }
    }
  }
  Findings findings;
  const Status status = Analyse(photo, findings);
  ASSERT_TRUE(status.ok()) << status;
  ASSERT_THAT(*findings.text, SizeIs(tops.size())) << "each line once";
  for (std::size_t i = 0; i < tops.size(); ++i) {
    const Quad& quad = (*findings.text)[i].quad;
    EXPECT_NEAR((quad[0].y + quad[2].y) / 4, static_cast<float>(tops[i]) + 4, 2) << "in pixels of the original";
  }
}

TEST_F(TextAnalyserTest, ReadsLinesInOrderInPixelsOfTheOriginal) {
  ASSERT_NE(Create(), nullptr);
  EXPECT_EQ(analyser_->name(), "text");
  EXPECT_EQ(analyser_->device(), "");
  Findings findings;
  const Image photo = Photo({{{80, 40}, kGoodLine}, {{30, 40}, kGoodLine}, {{50, 10}, kGoodLine}});
  const Status status = Analyse(photo, findings);
  ASSERT_TRUE(status.ok()) << status;
  ASSERT_THAT(*findings.text, SizeIs(3));
  std::vector<float> left;
  for (const TextFinding& line : *findings.text) {
    EXPECT_EQ(line.text, "AB");
    EXPECT_NEAR(line.score, 0.95F, 1e-6F);
    left.push_back(line.quad[0].x);
  }
  // Enlarged by 19 x 7 x 1.6 / 52 = 4 pixels of the photo on each side; each is 2 pixels of the original.
  EXPECT_THAT(left, ElementsAre(testing::FloatNear(92, 4), testing::FloatNear(52, 4), testing::FloatNear(152, 4)));
  EXPECT_NEAR((*findings.text)[0].quad[2].x, 146, 4);
  EXPECT_NEAR((*findings.text)[0].quad[2].y, 42, 4);
  EXPECT_EQ(analyser_->device(), "fake cpu f32");
}

TEST_F(TextAnalyserTest, DropsUnsureAndBlankLines) {
  ASSERT_NE(Create(), nullptr);
  Findings findings;
  ASSERT_TRUE(
      Analyse(Photo({{{10, 10}, kDoubtfulLine}, {{60, 10}, kBlankLine}, {{10, 60}, kGoodLine}}), findings).ok());
  ASSERT_THAT(*findings.text, SizeIs(1));
  EXPECT_GT(findings.text->front().quad[0].y, 80);
}

TEST_F(TextAnalyserTest, RotatesLinesThatAreUpsideDown) {
  for (const bool with_orienter : {true, false}) {
    ASSERT_NE(Create(with_orienter), nullptr);
    Findings findings;
    ASSERT_TRUE(Analyse(Photo({{{40, 40}, kUpsideDownLine}}), findings).ok());
    ASSERT_THAT(*findings.text, SizeIs(1));
    const Quad& quad = findings.text->front().quad;
    EXPECT_EQ(quad[0].x > quad[2].x, with_orienter);
    EXPECT_EQ(quad[0].y > quad[2].y, with_orienter);
  }
}

// Answers of a recogniser for one line, "AB" with these scores, in the order of its runs.
class ScriptedReader {
 public:
  explicit ScriptedReader(std::vector<float> scores) : scores_(std::move(scores)) {}

  StatusOr<std::vector<Tensor>> Run() {
    const float score = scores_.at(runs_++);
    return std::vector<Tensor>{FloatTensor({1, 2, 4}, std::vector<float>{0, score, 0, 0, 0, 0, score, 0})};
  }
  std::size_t runs() const { return runs_; }

 private:
  const std::vector<float> scores_;
  std::size_t runs_ = 0;
};

TEST_F(TextAnalyserTest, ALineIsTurnedOnlyIfItIsNoHarderToReadThen) {
  struct Case {
    std::vector<float> scores;
    float kept;
    bool is_turned;
    int oriented;
  };
  // The orienter takes the line for upside down.
  for (const Case& c : {Case{{0.9F, 0.6F}, 0.9F, false, 1}, Case{{0.6F, 0.9F}, 0.9F, true, 1},
                        Case{{0.3F, 0.2F}, 0, false, 1}, Case{{0.99F}, 0.99F, false, 0}}) {
    ScriptedReader reader(c.scores);
    int oriented = 0;
    models_["recognise.onnx"].run = [&](std::span<const Tensor>) { return reader.Run(); };
    models_["orient.onnx"].run = [&](std::span<const Tensor> inputs) {
      ++oriented;
      return Orient(inputs);
    };
    ASSERT_NE(Create(), nullptr);
    Findings findings;
    const Status status = Analyse(Photo({{{40, 40}, kUpsideDownLine}}), findings);
    ASSERT_TRUE(status.ok()) << status;
    EXPECT_EQ(oriented, c.oriented);
    EXPECT_EQ(reader.runs(), c.scores.size());
    ASSERT_THAT(*findings.text, SizeIs(c.kept > 0 ? 1 : 0));
    if (c.kept > 0) {
      EXPECT_FLOAT_EQ(findings.text->front().score, c.kept);
      EXPECT_EQ(findings.text->front().quad[0].x > findings.text->front().quad[2].x, c.is_turned);
    }
  }
}

TEST_F(TextAnalyserTest, LoadsTheRecogniserOnlyForPhotosWithText) {
  ASSERT_NE(Create(), nullptr);
  Findings findings;
  ASSERT_TRUE(Analyse(Photo({}), findings).ok());
  EXPECT_TRUE(findings.text->empty());
  ASSERT_TRUE(Analyse(Image(), findings).ok());
  EXPECT_TRUE(findings.text->empty());
  for (const ModelReport& report : cache_->Report()) {
    EXPECT_EQ(report.loaded, report.model.name == "detect") << report.model.name;
  }
}

TEST_F(TextAnalyserTest, KeepsCornersOfALineShapedPhotoInside) {
  ASSERT_NE(Create(), nullptr);
  Image strip(400, 12);  // more than 8:1: padded
  std::ranges::fill(strip.pixels(), uint8_t{0});
  for (int y = 1; y < 11; ++y) {
    for (int x = 100; x < 200; ++x) {
      strip.row(y)[std::ptrdiff_t{3} * x] = 255;
    }
  }
  Findings findings;
  ASSERT_TRUE(Analyse(strip, findings).ok());
  ASSERT_THAT(*findings.text, SizeIs(1));
  const Quad& quad = findings.text->front().quad;
  EXPECT_FLOAT_EQ(quad[0].y, 0);
  EXPECT_FLOAT_EQ(quad[2].y, 24);
  EXPECT_NEAR(quad[0].x, 190, 20);
}

// Each model is compared by what all three read together; the others are then loaded on the reference device.
TEST_F(TextAnalyserTest, ProbesCompareTheLinesOfAllModels) {
  ASSERT_NE(Create(), nullptr);
  const StatusOr<TemporaryFolder> folder = TemporaryFolder::Create();
  ASSERT_TRUE(folder.ok());
  const std::filesystem::path photo = folder->path() / "photo.jpg";
  const auto jpeg = EncodeJpeg(Photo({{{40, 40}, kUpsideDownLine}, {{60, 10}, kGoodLine}}), 95);
  ASSERT_TRUE(jpeg.ok());
  ASSERT_TRUE(WriteFileAtomically(photo, *jpeg).ok());
  detector_.self_test = SelfTestSpec{};
  detector_.self_test->photo = photo;
  const auto reader = std::make_shared<TextReader>(
      *ReadDetectorSettings(detector_), *ReadRecogniserSettings(recogniser_), *ReadOrienterSettings(orienter_));
  const LineComparison comparison{
      .reader = reader, .cache = cache_.get(), .detector = detector_, .recogniser = "recognise", .orienter = "orient"};
  for (const auto& [name, tested] :
       {std::pair("detect", &TextSessions::detector), std::pair("recognise", &TextSessions::recogniser),
        std::pair("orient", &TextSessions::orienter)}) {
    const ModelProbe plain = {.answer = [](Session&) -> StatusOr<ProbeAnswer> { return ProbeAnswer{}; },
                              .expect = nullptr,
                              .findings = nullptr};
    const ModelProbe probe = comparison.Of(plain, tested);
    ASSERT_NE(probe.findings, nullptr);
    const auto session = cache_->LoadOnReference(name);
    ASSERT_TRUE(session.ok()) << session.status();
    for (const ProbePhotos photos : {ProbePhotos::kAsTheyAre, ProbePhotos::kSavedAgain}) {
      const StatusOr<ProbeAnswer> found = probe.findings(**session, photos);
      ASSERT_TRUE(found.ok()) << found.status();
      ASSERT_THAT(found->lines, SizeIs(2)) << name;
      EXPECT_EQ(found->lines.front().text, "AB");
      EXPECT_NEAR(found->lines.front().box.x, 60, 6);
    }
    EXPECT_EQ(comparison.Of({}, tested).findings, nullptr) << "a model without a probe";
  }
  for (const ModelReport& report : cache_->Report()) {
    EXPECT_FALSE(report.loaded) << report.model.name;
  }
}

TEST_F(TextAnalyserTest, IsThreadSafe) {
  ASSERT_NE(Create(), nullptr);
  std::vector<std::size_t> found(4);
  {
    std::vector<std::jthread> threads;
    for (std::size_t& lines : found) {
      threads.emplace_back([this, &lines] {
        Findings findings;
        if (Analyse(Photo({{{10, 10}, kGoodLine}, {{60, 60}, kGoodLine}}), findings).ok()) {
          lines = findings.text->size();
        }
      });
    }
  }
  EXPECT_THAT(found, testing::Each(2));
}

TEST_F(TextAnalyserTest, ErrorsNameWhatIsWrongWithTheGraph) {
  const Image photo = Photo({{{40, 40}, kGoodLine}});
  const auto message = [&] {
    Findings findings;
    const std::string text = Create() == nullptr ? "" : Message(Analyse(photo, findings));
    EXPECT_FALSE(findings.text.has_value());
    return text;
  };
  const auto models = models_;
  models_["recognise.onnx"].metadata.clear();
  EXPECT_THAT(message(), HasSubstr("no key character, and its folder has neither inference.yml nor"));
  models_["recognise.onnx"].metadata["character"] = "A\nB\nC\nD\nE";
  EXPECT_THAT(message(), HasSubstr("5 characters does not fit 4 classes"));
  models_ = models;
  models_["detect.onnx"].inputs.clear();
  EXPECT_THAT(message(), HasSubstr("0 inputs and 1 outputs"));
  models_ = models;
  models_["detect.onnx"].run = Orient;
  EXPECT_THAT(message(), HasSubstr("the output x is float32 [1, 2]"));
  models_ = models;
  models_["orient.onnx"].run = [](std::span<const Tensor> inputs) -> StatusOr<std::vector<Tensor>> {
    return std::vector<Tensor>{FloatTensor({inputs.front().dim(0), 3}, std::vector<float>(3))};
  };
  EXPECT_THAT(message(), HasSubstr("3 classes"));
  models_ = models;
  models_["recognise.onnx"].run = [](std::span<const Tensor>) -> StatusOr<std::vector<Tensor>> {
    return absl::InternalError("out of memory");
  };
  EXPECT_THAT(message(), HasSubstr("out of memory"));
}

TEST(OrienterFormatTest, TheGraphsSizeIdentifiesTheNetwork) {
  struct Case {
    std::vector<int64_t> shape;
    Values params;
    LineFormat format;
  };
  const Normalisation image_net{.mean = {123.675F, 116.28F, 103.53F}, .std = {58.395F, 57.12F, 57.375F}};
  const Normalisation white{.mean = {0, 0, 0}, .std = {255, 255, 255}, .bgr = true};
  const Case cases[] = {
      {{-1, 3, -1, -1}, {}, {.height = 48, .min_width = 192}},
      {{-1, 3, 48, 192}, {}, {.height = 48, .min_width = 192}},
      {{-1, 3, 32, 100}, {}, {.height = 32, .min_width = 100}},
      {{-1, 3, 80, 160}, {}, {.height = 80, .min_width = 160, .stretch = true, .normalisation = image_net}},
      {{-1, 3, -1, -1},
       {{"height", int64_t{80}}, {"width", int64_t{160}}},
       {.height = 80, .min_width = 160, .stretch = true, .normalisation = image_net}},
      // The format in which RapidOCR passes lines.
      {{-1, 3, 80, 160}, {{"stretch", false}, {"mean", 0.5}, {"std", 0.5}}, {.height = 80, .min_width = 160}},
      {{-1, 3, 48, 192},
       {{"stretch", true}, {"mean", 0.0}, {"std", 1.0}},
       {.height = 48, .min_width = 192, .stretch = true, .normalisation = white}},
  };
  for (const Case& c : cases) {
    ModelSpec spec = Spec("orient", "orient", c.params);
    const auto settings = ReadOrienterSettings(spec);
    ASSERT_TRUE(settings.ok()) << settings.status();
    const FakeSession session(
        {.inputs = {{"x", ElementType::kFloat32, c.shape}}, .outputs = {}, .metadata = {}, .run = {}});
    const LineFormat format = OrienterFormat(session, *settings);
    EXPECT_EQ(format.height, c.format.height);
    EXPECT_EQ(format.min_width, c.format.min_width);
    EXPECT_EQ(format.max_width, c.format.min_width);
    EXPECT_EQ(format.stretch, c.format.stretch);
    EXPECT_EQ(format.normalisation.mean, c.format.normalisation.mean);
    EXPECT_EQ(format.normalisation.std, c.format.normalisation.std);
    EXPECT_EQ(format.normalisation.bgr, c.format.normalisation.bgr);
  }
}

TEST_F(TextAnalyserTest, RunsTheSelfTests) {
  const auto expecting = [](auto&& set) {
    SelfTestSpec test;
    test.photo = SourceDir() / "packs/self_test/text_line.png";
    set(test);
    return test;
  };
  const Image photo = Photo({{{40, 40}, kGoodLine}});
  Findings findings;
  detector_.self_test = expecting([](SelfTestSpec& test) { test.expect_lines = 77; });
  ASSERT_NE(Create(), nullptr);
  EXPECT_THAT(Message(Analyse(photo, findings)), HasSubstr("expected 77 lines, got"));
  detector_.self_test.reset();
  orienter_.self_test = expecting([](SelfTestSpec& test) { test.expect_degrees = 180; });
  ASSERT_NE(Create(), nullptr);
  EXPECT_THAT(Message(Analyse(photo, findings)), HasSubstr("expected 180 degrees, got 0"));
  orienter_.self_test->expect_degrees = 0;
  recogniser_.self_test = expecting([](SelfTestSpec& test) { test.expect_text = {"PARKING"}; });
  ASSERT_NE(Create(), nullptr);
  EXPECT_THAT(Message(Analyse(photo, findings)), HasSubstr("expected \"PARKING\", got"));
}

TEST_F(TextAnalyserTest, VersionNamesAllModels) {
  const std::string with = Create(true)->version();
  const std::string without = Create(false)->version();
  EXPECT_NE(with, without);
  EXPECT_THAT(with, HasSubstr(detector_.VersionTag()));
  EXPECT_THAT(with, HasSubstr(orienter_.VersionTag()));
  EXPECT_THAT(without, HasSubstr(recogniser_.VersionTag()));
}

TEST_F(TextAnalyserTest, RefusesUnknownFamiliesAndParameters) {
  struct Case {
    ModelSpec* model;
    std::string family;
    Values changed;
    std::string message;
  };
  const Case cases[] = {
      {&detector_, "east", {}, "unknown family east for text detection; known: db"},
      {&recogniser_, "attention", {}, "unknown family attention for text recognition; known: ctc"},
      {&orienter_, "angle", {}, "unknown family angle for text orientation; known: orient"},
      {&detector_, "", {{"limit_side", int64_t{0}}}, "model detect: limit_side is 0; it must be 32 to 4096"},
      {&detector_, "", {{"threshold", 1.5}}, "threshold is 1.5"},
      {&detector_, "", {{"std", 0.0}}, "std is 0"},
      {&recogniser_, "", {{"width", int64_t{100000}}}, "model recognise: width is 100000; it must be 8 to 3200"},
      {&orienter_, "", {{"height", std::string("tall")}}, "height"},
  };
  ModelCache cache(std::make_shared<FakeEngine>(models_), SessionOptions{});
  for (const Case& c : cases) {
    const ModelSpec kept = *c.model;
    Values params = c.model == &detector_     ? DetectorParams()
                    : c.model == &recogniser_ ? RecogniserParams()
                                              : OrienterParams();
    for (const auto& [key, value] : c.changed) {
      params[key] = value;
    }
    c.model->params = ModelParams(c.model->name, params);
    c.model->family = c.family.empty() ? kept.family : c.family;
    const auto created = CreateTextAnalyser(detector_, recogniser_, &orienter_, cache);
    EXPECT_EQ(created.status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(Message(created.status()), HasSubstr(c.message));
    *c.model = kept;
  }
}

}  // namespace
}  // namespace calotype
