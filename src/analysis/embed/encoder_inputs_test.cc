#include "analysis/embed/encoder_inputs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "analysis/fake_engine.h"

namespace calotype {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TensorInfo Input(const std::string& name, ElementType type, std::vector<int64_t> shape) {
  return {.name = name, .type = type, .shape = std::move(shape)};
}

TEST(RoleOfTest, UsesTheNameThenTheShape) {
  EXPECT_EQ(RoleOf(Input("image", ElementType::kFloat32, {})).value(), InputRole::kPixels);
  EXPECT_EQ(RoleOf(Input("x", ElementType::kUint8, {-1, 8, 8, 3})).value(), InputRole::kPixels);
  EXPECT_EQ(RoleOf(Input("text", ElementType::kInt32, {-1, 77})).value(), InputRole::kIds);
  EXPECT_EQ(RoleOf(Input("attention_mask", ElementType::kInt64, {-1, -1})).value(), InputRole::kMask);
  EXPECT_THAT(Message(RoleOf(Input("position_ids", ElementType::kInt64, {1, 7})).status()),
              HasSubstr("unknown input position_ids"));
}

TEST(PixelSideTest, ComesFromTheShape) {
  EXPECT_EQ(PixelSide(Input("image", ElementType::kFloat32, {-1, 3, 384, 384})).value(), 384);
  EXPECT_EQ(PixelSide(Input("image", ElementType::kUint8, {1, 224, 224, 3})).value(), 224);
  EXPECT_EQ(PixelSide(Input("image", ElementType::kFloat32, {-1, -1, -1, -1})).value(), 0);
  EXPECT_EQ(PixelSide(Input("image", ElementType::kFloat32, {})).value(), 0);
  for (const std::vector<int64_t>& shape : {std::vector<int64_t>{1, 3, 8, 9}, {1, 4, 8, 8}, {3, 8, 8}}) {
    EXPECT_THAT(Message(PixelSide(Input("image", ElementType::kFloat32, shape)).status()), HasSubstr("a square"));
  }
}

// Two pixels: (0, 51, 255) and (255, 0, 102).
Image TwoPixels() {
  Image image(2, 1);
  std::ranges::copy(std::array<uint8_t, 6>{0, 51, 255, 255, 0, 102}, image.pixels().begin());
  return image;
}

TEST(PixelTensorTest, HasTheLayoutAndTypeOfTheGraph) {
  const Normalisation normalisation{.mean = {0, 0, 0}, .std = {255, 255, 51}};
  const Tensor first =
      PixelTensor(Input("x", ElementType::kFloat32, {1, 3, -1, -1}), TwoPixels(), normalisation).value();
  EXPECT_THAT(first.shape(), ElementsAre(1, 3, 1, 2));
  EXPECT_THAT(first.data<float>(), ElementsAre(0, 1, .2F, 0, 5, 2));
  const Tensor last =
      PixelTensor(Input("x", ElementType::kFloat32, {1, -1, -1, 3}), TwoPixels(), normalisation).value();
  EXPECT_THAT(last.shape(), ElementsAre(1, 1, 2, 3));
  EXPECT_THAT(last.data<float>(), ElementsAre(0, .2F, 5, 1, 0, 2));
  const Tensor bytes = PixelTensor(Input("x", ElementType::kUint8, {1, -1, -1, 3}), TwoPixels(), normalisation).value();
  EXPECT_THAT(bytes.data<uint8_t>(), ElementsAre(0, 51, 255, 255, 0, 102));
  const Tensor planes =
      PixelTensor(Input("x", ElementType::kUint8, {1, 3, -1, -1}), TwoPixels(), normalisation).value();
  EXPECT_THAT(planes.data<uint8_t>(), ElementsAre(0, 255, 51, 0, 255, 102));
  EXPECT_THAT(Message(PixelTensor(Input("x", ElementType::kInt64, {1, 3, 1, 2}), TwoPixels(), {}).status()),
              HasSubstr("x is int64; expected float32 or uint8"));
}

TEST(RowTensorTest, HasTheTypeOfTheGraph) {
  const std::vector<int64_t> ids = {1, 2};
  EXPECT_THAT(RowTensor(Input("text", ElementType::kInt32, {1, 2}), ids).value().data<int32_t>(), ElementsAre(1, 2));
  EXPECT_THAT(RowTensor(Input("text", ElementType::kInt64, {1, 2}), ids).value().data<int64_t>(), ElementsAre(1, 2));
  EXPECT_FALSE(RowTensor(Input("text", ElementType::kFloat32, {1, 2}), ids).ok());
  EXPECT_EQ(TokenCount(Input("text", ElementType::kInt32, {-1, 77})), 77);
  EXPECT_EQ(TokenCount(Input("text", ElementType::kInt32, {-1, -1})), 0);
}

TEST(FillerTensorTest, FitsTheInput) {
  EXPECT_THAT(FillerTensor(Input("attention_mask", ElementType::kInt64, {-1, -1}), 8).value().data<int64_t>(),
              ElementsAre(1, 1));
  EXPECT_THAT(FillerTensor(Input("input_ids", ElementType::kInt64, {-1, 3}), 8).value().data<int64_t>(),
              ElementsAre(0, 0, 0));
  EXPECT_THAT(FillerTensor(Input("image", ElementType::kFloat32, {-1, 3, -1, -1}), 8).value().shape(),
              ElementsAre(1, 3, 8, 8));
}

TEST(ChooseOutputTest, TakesTheFirstNameFound) {
  constexpr std::array<std::string_view, 2> kNames = {"image_embeds", "embedding"};
  const TensorInfo hidden = Input("last_hidden_state", ElementType::kFloat32, {1, 50, 8});
  const TensorInfo row = Input("x", ElementType::kFloat32, {-1, 8});
  const std::vector<TensorInfo> both = {hidden, Input("embedding", ElementType::kFloat32, {}),
                                        Input("image_embeds", ElementType::kFloat32, {})};
  EXPECT_EQ(ChooseOutput(both, kNames).value(), 2U);
  EXPECT_EQ(ChooseOutput({&row, 1}, kNames).value(), 0U);
  EXPECT_THAT(Message(ChooseOutput({&hidden, 1}, kNames).status()),
              HasSubstr("no output image_embeds; it has last_hidden_state"));
}

}  // namespace
}  // namespace calotype
