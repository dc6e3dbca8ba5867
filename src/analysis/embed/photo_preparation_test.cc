#include "analysis/embed/photo_preparation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>

#include "base/temporary_folder.h"

namespace calotype {
namespace {

using ::testing::HasSubstr;

// The red channel encodes the column.
Image Columns(int width, int height) {
  Image image(width, height);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      std::fill_n(image.row(y) + std::ptrdiff_t{3} * x, 3, static_cast<uint8_t>(x));
    }
  }
  return image;
}

TEST(PrepareTest, TakesTheCentre) {
  // Nothing is scaled, so the pixels show which columns the square has.
  struct Case {
    int width, size, to_even, to_lower;
  };
  for (const Case& c : {Case{9, 4, 2, 2}, Case{11, 4, 4, 3}, Case{10, 4, 3, 3}, Case{4, 4, 0, 0}}) {
    PhotoPreparation preparation{.size = c.size, .resize_short = 4, .normalisation = {}};
    EXPECT_EQ(Prepare(Columns(c.width, 4), preparation).row(0)[0], c.to_even) << c.width;
    preparation.centre_to_even = false;
    EXPECT_EQ(Prepare(Columns(c.width, 4), preparation).row(0)[0], c.to_lower) << c.width;
  }
}

TEST(PrepareTest, GivesASquareForAnyAspectRatio) {
  for (const bool squash : {false, true}) {
    for (const auto& [width, height] : {std::pair{1, 1}, {3, 500}, {1000, 2}, {40, 40}, {37, 41}}) {
      const PhotoPreparation preparation{.size = 16, .resize_short = 18, .squash = squash, .normalisation = {}};
      const Image square = Prepare(Columns(width, height), preparation);
      EXPECT_EQ(square.width(), 16) << width << "x" << height;
      EXPECT_EQ(square.height(), 16) << width << "x" << height;
    }
  }
}

TEST(ReadTransformersConfigTest, ReadsTheFormsOfSizes) {
  const PhotoPreparation cropped =
      ReadTransformersConfig(R"({"size": {"shortest_edge": 256}, "crop_size": {"height": 224, "width": 224},
                                 "resample": 2, "image_mean": [0.5, 0.5, 0], "image_std": [1, 1, 0.5]})",
                             ClipPreparation())
          .value();
  EXPECT_EQ(cropped.size, 224);
  EXPECT_EQ(cropped.resize_short, 256);
  EXPECT_FALSE(cropped.squash);
  EXPECT_FALSE(cropped.centre_to_even);
  EXPECT_EQ(cropped.filter, ResampleFilter::kBilinear);
  EXPECT_FLOAT_EQ(cropped.normalisation.mean[1], 127.5F);
  EXPECT_FLOAT_EQ(cropped.normalisation.std[2], 127.5F);
  const PhotoPreparation older =
      ReadTransformersConfig(R"({"size": 224, "crop_size": 200, "do_center_crop": true})", ClipPreparation()).value();
  EXPECT_EQ(older.size, 200);
  EXPECT_EQ(older.resize_short, 224);
  const PhotoPreparation squashed =
      ReadTransformersConfig(R"({"size": {"height": 384, "width": 384}})", ClipPreparation()).value();
  EXPECT_EQ(squashed.size, 384);
  EXPECT_TRUE(squashed.squash);
}

TEST(ReadOpenClipConfigTest, ReadsTheFileOfImmich) {
  const PhotoPreparation made =
      ReadOpenClipConfig(
          R"({"size": [384, 384], "interpolation": "bilinear", "resize_mode": "squash", "mean": [0.5, 0.5, 0.5]})",
          ClipPreparation())
          .value();
  EXPECT_EQ(made.size, 384);
  EXPECT_TRUE(made.squash);
  EXPECT_TRUE(made.centre_to_even);
  EXPECT_EQ(made.filter, ResampleFilter::kBilinear);
  EXPECT_FLOAT_EQ(made.normalisation.mean[0], 127.5F);
}

TEST(ReadConfigTest, ErrorsNameWhatIsNotSupported) {
  const std::map<std::string, std::string> transformers = {
      {R"({"size": {"height": 3, "width": 4}})", "not a square"},
      {R"({"resample": 0})", "resample is 0"},
      {R"({"do_normalize": false})", "must all be on"},
      {R"({"size": {"height": 9, "width": 9}, "do_center_crop": true})", "a further crop"},
      {R"({"image_mean": [1, 2]})", "2 numbers"},
      {R"({"size": "large"})", "type"},
      {"{", "parse"}};
  for (const auto& [json, message] : transformers) {
    EXPECT_THAT(Message(ReadTransformersConfig(json, ClipPreparation()).status()), HasSubstr(message)) << json;
  }
  EXPECT_THAT(Message(ReadOpenClipConfig(R"({"interpolation": "random"})", {}).status()), HasSubstr("random"));
  EXPECT_THAT(Message(ReadOpenClipConfig(R"({"resize_mode": "longest"})", {}).status()), HasSubstr("longest"));
}

class ReadPreparationTest : public testing::Test {
 protected:
  StatusOr<PhotoPreparation> Read(std::map<std::string, ModelParams::Value> params) {
    ModelSpec spec;
    spec.path = folder_ / "model.onnx";
    spec.params = ModelParams("clip", std::move(params));
    return ReadPreparation(spec, ClipPreparation());
  }

  const StatusOr<TemporaryFolder> temporary_ = TemporaryFolder::Create();
  const std::filesystem::path folder_ = temporary_->path();
};

TEST_F(ReadPreparationTest, ParametersOverrideFiles) {
  EXPECT_EQ(Read({}).value().size, 0);
  std::ofstream(folder_ / "preprocessor_config.json") << R"({"size": {"shortest_edge": 72}, "crop_size": 64})";
  EXPECT_EQ(Read({}).value().size, 64);
  EXPECT_EQ(Read({}).value().resize_short, 72);
  std::ofstream(folder_ / "preprocess_cfg.json") << R"({"size": 32})";
  EXPECT_EQ(Read({}).value().size, 32);
  const PhotoPreparation made = Read({{"input_size", int64_t{40}},
                                      {"resize", std::string("squash")},
                                      {"interpolation", std::string("lanczos")},
                                      {"std", std::vector<double>{1, 1, 1}}})
                                    .value();
  EXPECT_EQ(made.size, 40);
  EXPECT_TRUE(made.squash);
  EXPECT_EQ(made.filter, ResampleFilter::kLanczos);
  EXPECT_FLOAT_EQ(made.normalisation.std[0], 255);
  EXPECT_TRUE(made.centre_to_even);
  EXPECT_FALSE(Read({{"crop_rounding", std::string("down")}}).value().centre_to_even);
  EXPECT_THAT(Message(Read({{"crop_rounding", std::string("up")}}).status()), HasSubstr("even or down"));
}

TEST_F(ReadPreparationTest, ErrorsNameTheParameter) {
  EXPECT_THAT(Message(Read({{"input_size", int64_t{9}}, {"resize_short", int64_t{8}}}).status()),
              HasSubstr("input_size is 9, resize_short 8"));
  EXPECT_THAT(Message(Read({{"resize", std::string("longest")}}).status()), HasSubstr("shortest or squash"));
  EXPECT_THAT(Message(Read({{"std", std::vector<double>{1, 0, 1}}}).status()), HasSubstr("must be above 0"));
  std::ofstream(folder_ / "preprocess_cfg.json") << "[";
  EXPECT_THAT(Message(Read({}).status()), HasSubstr("preprocess_cfg.json"));
}

}  // namespace
}  // namespace calotype
