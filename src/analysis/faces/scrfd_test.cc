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

// Scores, boxes, points of strides 8, 16, 32, in the order of the published file.
std::vector<Tensor> Silence(bool with_batch) {
  std::vector<Tensor> outputs;
  for (const int64_t columns : {1, 4, 10}) {
    for (const int64_t stride : {8, 16, 32}) {
      const int64_t anchors = 2 * (kSize / stride) * (kSize / stride);
      outputs.push_back(with_batch ? Zeros({1, anchors, columns}) : Zeros({anchors, columns}));
    }
  }
  return outputs;
}

// A face of stride 16 at cell (2, 1), its second anchor: centre (32, 16).
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

TEST(DecodeScrfdTest, ReadsAFaceWhateverTheOrderOfOutputs) {
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

TEST(DecodeScrfdTest, KeepsTheThreshold) {
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

TEST(DecodeScrfdTest, NamesTheOutputThatIsMissing) {
  std::vector<Tensor> outputs = Silence(true);
  outputs.pop_back();
  const auto faces = DecodeScrfd({.tensors = outputs, .width = kSize, .height = kSize}, 0.5F);
  EXPECT_TRUE(absl::IsInternal(faces.status()));
  EXPECT_THAT(Message(faces.status()), HasSubstr("[8, 10]"));
}

}  // namespace
}  // namespace calotype
