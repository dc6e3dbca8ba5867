#include "analysis/faces/scrfd.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace calotype {
namespace {

using ::testing::HasSubstr;

constexpr int kSize = 64;

Tensor Zeros(std::vector<int64_t> shape) {
  Tensor tensor(ElementType::kFloat32, std::move(shape));
  std::ranges::fill(tensor.data<float>(), 0.0F);
  return tensor;
}

// Scores, boxes and points of strides 8, 16 and 32, in the order of the published file.
std::vector<Tensor> Silence(bool with_batch, const std::vector<int64_t>& strides = {8, 16, 32},
                            int64_t anchors_per_cell = 2, int64_t size = kSize) {
  std::vector<Tensor> outputs;
  for (const int64_t columns : {1, 4, 10}) {
    for (const int64_t stride : strides) {
      const int64_t anchors = anchors_per_cell * (size / stride) * (size / stride);
      outputs.push_back(with_batch ? Zeros({1, anchors, columns}) : Zeros({anchors, columns}));
    }
  }
  return outputs;
}

// A face of stride 16 in cell (2, 1), from its second anchor: centre (32, 16).
void PutFace(std::vector<Tensor>& outputs) {
  constexpr std::size_t kAnchor = 2 * (1 * 4 + 2) + 1;
  outputs[1].data<float>()[kAnchor] = 0.8F;
  std::ranges::copy(std::vector<float>{1, 0.5F, 1.5F, 2}, outputs[4].data<float>().begin() + kAnchor * 4);
  std::ranges::copy(std::vector<float>{-0.5F, 0, 0.5F, 0, 0, 0.25F, -0.25F, 1, 0.25F, 1},
                    outputs[7].data<float>().begin() + kAnchor * 10);
}

void ExpectFace(const FaceFinding& face) {
  EXPECT_FLOAT_EQ(face.score, 0.8F);
  EXPECT_FLOAT_EQ(face.box.x, 16);
  EXPECT_FLOAT_EQ(face.box.y, 8);
  EXPECT_FLOAT_EQ(face.box.width, 40);
  EXPECT_FLOAT_EQ(face.box.height, 40);
  EXPECT_FLOAT_EQ(face.landmarks[0].x, 24);
  EXPECT_FLOAT_EQ(face.landmarks[1].x, 40);
  EXPECT_FLOAT_EQ(face.landmarks[2].y, 20);
  EXPECT_FLOAT_EQ(face.landmarks[4].x, 36);
  EXPECT_FLOAT_EQ(face.landmarks[4].y, 32);
}

TEST(DecodeScrfdTest, DecodesAFaceForAnyOrderOfOutputs) {
  for (const bool with_batch : {true, false}) {
    std::vector<Tensor> outputs = Silence(with_batch);
    PutFace(outputs);
    for (int turn = 0; turn < 3; ++turn) {
      std::ranges::rotate(outputs, outputs.begin() + 4);
      const auto faces = DecodeScrfd({.tensors = outputs, .width = kSize, .height = kSize}, 0.5F);
      ASSERT_TRUE(faces.ok()) << Message(faces.status());
      ASSERT_EQ(faces->size(), 1U);
      ExpectFace(faces->front());
    }
  }
}

TEST(DecodeScrfdTest, AppliesTheThreshold) {
  std::vector<Tensor> outputs = Silence(true);
  PutFace(outputs);
  EXPECT_EQ(DecodeScrfd({.tensors = outputs, .width = kSize, .height = kSize}, 0.81F)->size(), 0U);
  EXPECT_EQ(DecodeScrfd({.tensors = outputs, .width = kSize, .height = kSize}, 0.8F)->size(), 1U);
}

TEST(DecodeScrfdTest, FilesWithoutKeypointsGiveFacesWithoutLandmarks) {
  std::vector<Tensor> outputs = Silence(true);
  PutFace(outputs);
  EXPECT_TRUE(DecodeScrfd({.tensors = outputs, .width = kSize, .height = kSize}, 0.5F)->front().has_landmarks());
  outputs.resize(6);
  const auto faces = DecodeScrfd({.tensors = outputs, .width = kSize, .height = kSize}, 0.5F);
  ASSERT_TRUE(faces.ok()) << Message(faces.status());
  ASSERT_EQ(faces->size(), 1U);
  EXPECT_FLOAT_EQ(faces->front().box.width, 40);
  EXPECT_FALSE(faces->front().has_landmarks());
}

TEST(DecodeScrfdTest, FiveStridesHaveOneAnchorPerPosition) {
  constexpr int kLarge = 256;
  std::vector<Tensor> outputs = Silence(true, {8, 16, 32, 64, 128}, 1, kLarge);
  // One of stride 128 in cell (1, 0) and one of stride 16 in cell (2, 1).
  outputs[4].data<float>()[1] = 0.9F;
  std::ranges::copy(std::vector<float>{0.5F, 0, 0.25F, 1}, outputs[9].data<float>().begin() + 4);
  outputs[1].data<float>()[1 * 16 + 2] = 0.7F;
  std::ranges::copy(std::vector<float>{1, 1, 1, 1}, outputs[6].data<float>().begin() + std::ptrdiff_t{4} * (16 + 2));
  for (const bool has_points : {true, false}) {
    outputs.resize(has_points ? 15 : 10);
    const auto faces = DecodeScrfd({.tensors = outputs, .width = kLarge, .height = kLarge}, 0.5F);
    ASSERT_TRUE(faces.ok()) << Message(faces.status());
    ASSERT_EQ(faces->size(), 2U);
    EXPECT_FLOAT_EQ((*faces)[0].box.x, 16);
    EXPECT_FLOAT_EQ((*faces)[0].box.y, 0);
    EXPECT_FLOAT_EQ((*faces)[1].box.x, 64);
    EXPECT_FLOAT_EQ((*faces)[1].box.width, 96);
    EXPECT_FLOAT_EQ((*faces)[1].box.height, 128);
    EXPECT_EQ(faces->front().has_landmarks(), has_points);
  }
}

TEST(DecodeScrfdTest, NamesTheOutputThatIsMissing) {
  std::vector<Tensor> outputs = Silence(true);
  outputs.back() = Zeros({1, 7, 10});
  const auto wrong = DecodeScrfd({.tensors = outputs, .width = kSize, .height = kSize}, 0.5F);
  EXPECT_TRUE(absl::IsInternal(wrong.status()));
  EXPECT_THAT(Message(wrong.status()), HasSubstr("[8, 10]"));
  outputs.pop_back();
  const auto few = DecodeScrfd({.tensors = outputs, .width = kSize, .height = kSize}, 0.5F);
  EXPECT_TRUE(absl::IsInternal(few.status()));
  EXPECT_THAT(Message(few.status()), HasSubstr("the model file has 8 outputs, but a SCRFD model has 6, 9, 10 or 15"));
}

}  // namespace
}  // namespace calotype
