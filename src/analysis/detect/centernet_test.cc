#include "analysis/detect/centernet.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "analysis/fake_engine.h"

namespace calotype {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr CenterNetParams kParams{.input_size = 64, .score_threshold = 0.4F, .nms_iou = 0.5F};

TEST(ReadCenterNetParamsTest, NamesWhatIsWrong) {
  const std::map<std::string, ModelParams::Value> good{
      {"input_size", int64_t{512}}, {"score_threshold", 0.37}, {"nms_iou", 0.5}};
  const auto params = ReadCenterNetParams(ModelParams("m", good));
  ASSERT_TRUE(params.ok()) << Message(params.status());
  EXPECT_EQ(params->input_size, 512);
  EXPECT_FLOAT_EQ(params->score_threshold, 0.37F);

  const auto defaults = ReadCenterNetParams(ModelParams("m", {}));
  ASSERT_TRUE(defaults.ok()) << Message(defaults.status());
  EXPECT_EQ(defaults->input_size, 512);
  auto wrong = good;
  wrong["nms_iou"] = true;
  EXPECT_THAT(Message(ReadCenterNetParams(ModelParams("m", wrong)).status()), HasSubstr("nms_iou"));
  auto senseless = good;
  senseless["input_size"] = int64_t{-1};
  EXPECT_THAT(Message(ReadCenterNetParams(ModelParams("m", senseless)).status()), HasSubstr("input_size is -1"));
  ModelSpec spec;
  spec.name = "centers";
  spec.params = ModelParams("centers", senseless);
  EXPECT_THAT(Message(CreateCenterNet(spec).status()), HasSubstr("model centers: input_size is -1"));
}

TEST(PrepareCenterNetTest, GivesValuesFromZeroToOne) {
  Image image(128, 64);
  std::ranges::fill(image.pixels(), uint8_t{255});
  const CenterNetInput input = PrepareCenterNet(image, kParams);
  EXPECT_FLOAT_EQ(input.scale, 0.5F);
  EXPECT_THAT(input.tensor.shape(), ElementsAre(1, 3, 64, 64));
  EXPECT_EQ(input.tensor.data<float>().front(), 1);
  EXPECT_EQ(input.tensor.data<float>().back(), 0);
}

TEST(DecodeCenterNetTest, ReadsRowsOverTheThreshold) {
  const std::vector<float> rows{
      10, 20, 30, 60, 0.9F, 15,  // kept
      11, 20, 30, 60, 0.8F, 15,  // the same again
      11, 20, 30, 60, 0.7F, 16,  // the same place, another class
      0,  0,  5,  5,  0.3F, 15,  // below the threshold
  };
  const auto found = DecodeCenterNet(FloatTensor({1, 4, 6}, rows), 0.5F, kParams);
  ASSERT_TRUE(found.ok()) << Message(found.status());
  ASSERT_EQ(found->size(), 2U);
  EXPECT_EQ((*found)[0].label, 15);
  EXPECT_EQ((*found)[0].box.x, 20);
  EXPECT_EQ((*found)[0].box.y, 40);
  EXPECT_EQ((*found)[0].box.width, 40);
  EXPECT_EQ((*found)[0].box.height, 80);
  EXPECT_EQ((*found)[1].label, 16);
}

TEST(DecodeCenterNetTest, RefusesOtherShapes) {
  for (const Tensor& wrong : {FloatTensor({1, 2, 5}, std::vector<float>(10)), FloatTensor({6}, std::vector<float>(6)),
                              Tensor(ElementType::kInt64, {1, 1, 6}), Tensor(ElementType::kFloat32, {0, 1, 6})}) {
    const auto found = DecodeCenterNet(wrong, 1, kParams);
    EXPECT_TRUE(absl::IsInternal(found.status()));
    EXPECT_THAT(Message(found.status()), HasSubstr("[N, K, 6]"));
  }
}

}  // namespace
}  // namespace calotype
