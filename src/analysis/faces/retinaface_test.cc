#include "analysis/faces/retinaface.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "analysis/fake_engine.h"

namespace calotype {
namespace {

using ::testing::HasSubstr;

// 96 x 64 pixels: 12 x 8, 6 x 4 and 3 x 2 positions with two anchors each.
constexpr std::size_t kAnchors = 2UL * (96 + 24 + 6);

std::vector<Tensor> Silence() {
  return {FloatTensor({1, kAnchors, 4}, std::vector<float>(kAnchors * 4)),
          FloatTensor({1, kAnchors, 2}, std::vector<float>(kAnchors * 2)),
          FloatTensor({1, kAnchors, 10}, std::vector<float>(kAnchors * 10))};
}

TEST(DecodeRetinaFaceTest, DecodesAFaceOfTheMiddleLevel) {
  std::vector<Tensor> outputs = Silence();
  // Stride 16, position (2, 1), the smaller anchor: centre (40, 24), side 64.
  constexpr std::size_t kAnchor = 2 * 96 + 2 * (1 * 6 + 2);
  outputs[1].data<float>()[kAnchor * 2 + 1] = 0.9F;
  std::ranges::copy(std::vector<float>{1, -1, 5 * std::log(0.5F), 0}, outputs[0].data<float>().begin() + kAnchor * 4);
  outputs[2].data<float>()[kAnchor * 10 + 4] = 2;
  const auto faces = DecodeRetinaFace({.tensors = outputs, .width = 96, .height = 64}, 0.5F);
  ASSERT_TRUE(faces.ok()) << Message(faces.status());
  ASSERT_EQ(faces->size(), 1U);
  const FaceFinding& face = faces->front();
  EXPECT_FLOAT_EQ(face.score, 0.9F);
  EXPECT_NEAR(face.box.x, 40 + 6.4 - 16, 1e-4);
  EXPECT_NEAR(face.box.y, 24 - 6.4 - 32, 1e-4);
  EXPECT_NEAR(face.box.width, 32, 1e-4);
  EXPECT_NEAR(face.box.height, 64, 1e-4);
  EXPECT_FLOAT_EQ(face.landmarks[0].x, 40);
  EXPECT_FLOAT_EQ(face.landmarks[2].x, 40 + 12.8F);
  EXPECT_FLOAT_EQ(face.landmarks[2].y, 24);
}

TEST(DecodeRetinaFaceTest, NamesTheOutputThatIsMissing) {
  std::vector<Tensor> outputs = Silence();
  outputs.pop_back();
  EXPECT_THAT(Message(DecodeRetinaFace({.tensors = outputs, .width = 96, .height = 64}, 0.5F).status()),
              HasSubstr("[252, 10]"));
}

}  // namespace
}  // namespace calotype
