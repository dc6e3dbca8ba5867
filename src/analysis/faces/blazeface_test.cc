#include "analysis/faces/blazeface.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <vector>

#include "analysis/faces/face_chip.h"
#include "analysis/image_ops.h"

namespace calotype {
namespace {

using ::testing::HasSubstr;

constexpr int kSize = 64;

Tensor Filled(std::vector<int64_t> shape, float value) {
  Tensor tensor(ElementType::kFloat32, std::move(shape));
  std::ranges::fill(tensor.data<float>(), value);
  return tensor;
}

// 4 x 4 cells with two anchors and 2 x 2 cells with six. A logit of -10 means no face.
std::vector<Tensor> Silence() {
  return {Filled({1, 32, 1}, -10), Filled({1, 32, 16}, 0), Filled({1, 24, 16}, 0), Filled({1, 24, 1}, -10)};
}

TEST(DecodeBlazeFaceTest, DecodesAFaceOfTheCoarseGrid) {
  std::vector<Tensor> outputs = Silence();
  // Cell (1, 0) of stride 32, its last anchor: centre (48, 16).
  constexpr std::size_t kAnchor = 6 * 1 + 5;
  outputs[3].data<float>()[kAnchor] = 2;
  std::ranges::copy(std::vector<float>{-8, 4, 20, 30, -12, 0, -4, 0, -8, 6, -8, 12, 0, 0, 0, 0},
                    outputs[2].data<float>().begin() + kAnchor * 16);
  const auto faces = DecodeBlazeFace({.tensors = outputs, .width = kSize, .height = kSize}, 0.7F);
  ASSERT_TRUE(faces.ok()) << Message(faces.status());
  ASSERT_EQ(faces->size(), 1U);
  const FaceFinding& face = faces->front();
  EXPECT_NEAR(face.score, 0.8808, 1e-4);
  EXPECT_FLOAT_EQ(face.box.x, 30);
  EXPECT_FLOAT_EQ(face.box.y, 5);
  EXPECT_FLOAT_EQ(face.box.width, 20);
  EXPECT_FLOAT_EQ(face.box.height, 30);
  EXPECT_FLOAT_EQ(face.landmarks[0].x, 36);
  EXPECT_FLOAT_EQ(face.landmarks[1].x, 44);
  EXPECT_FLOAT_EQ(face.landmarks[2].y, 22);
  EXPECT_NEAR((face.landmarks[3].x + face.landmarks[4].x) / 2, 40, 1e-4);
  EXPECT_NEAR((face.landmarks[3].y + face.landmarks[4].y) / 2, 28, 1e-4);
  EXPECT_LT(face.landmarks[3].x, face.landmarks[4].x);
}

TEST(DecodeBlazeFaceTest, NamesTheOutputThatIsMissing) {
  std::vector<Tensor> outputs = Silence();
  outputs.erase(outputs.begin() + 1);
  EXPECT_THAT(Message(DecodeBlazeFace({.tensors = outputs, .width = kSize, .height = kSize}, 0.7F).status()),
              HasSubstr("[32, 16]"));
}

TEST(LandmarksWithMouthCornersTest, ReproducesTheMeanFace) {
  const Similarity somewhere{.a = 40, .b = 15, .tx = 100, .ty = 30};
  std::array<Point, 5> face;
  std::ranges::transform(kMeanFace, face.begin(), [&](const Point& point) { return Apply(somewhere, point); });
  const Point mouth{(face[3].x + face[4].x) / 2, (face[3].y + face[4].y) / 2};
  const std::array<Point, 5> found = LandmarksWithMouthCorners({face[0], face[1], face[2], mouth});
  for (std::size_t i = 0; i < face.size(); ++i) {
    EXPECT_NEAR(found[i].x, face[i].x, 1e-3);
    EXPECT_NEAR(found[i].y, face[i].y, 1e-3);
  }
}

}  // namespace
}  // namespace calotype
