#include "analysis/faces/yunet.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "analysis/fake_engine.h"

namespace calotype {
namespace {

using ::testing::HasSubstr;

// The outputs of a graph for 64 x 32 pixels.
struct Answer {
  Answer() {
    for (const auto& [name, columns] : {std::pair{"cls", 1}, {"obj", 1}, {"bbox", 4}, {"kps", 10}}) {
      for (const int stride : {8, 16, 32}) {
        const int64_t rows = int64_t{64 / stride} * int64_t{32 / stride};
        infos.push_back({name + ("_" + std::to_string(stride)), ElementType::kFloat32, {1, rows, columns}});
        tensors.push_back(
            FloatTensor({1, rows, columns}, std::vector<float>(static_cast<std::size_t>(rows * columns))));
      }
    }
  }

  FaceOutputs outputs() const { return {.infos = infos, .tensors = tensors, .width = 64, .height = 32}; }

  std::vector<TensorInfo> infos;
  std::vector<Tensor> tensors;
};

TEST(DecodeYuNetTest, DecodesAFace) {
  Answer answer;
  constexpr std::size_t kPlace = 1 * 4 + 2;  // of stride 16: column 2, row 1
  answer.tensors[1].data<float>()[kPlace] = 0.9F;
  answer.tensors[4].data<float>()[kPlace] = 1.2F;  // counts as 1
  std::ranges::copy(std::vector<float>{0.5F, 0.25F, std::log(2.0F), 0},
                    answer.tensors[7].data<float>().begin() + kPlace * 4);
  answer.tensors[10].data<float>()[kPlace * 10 + 3] = 0.5F;
  const auto faces = DecodeYuNet(answer.outputs(), 0.9F);
  ASSERT_TRUE(faces.ok()) << Message(faces.status());
  ASSERT_EQ(faces->size(), 1U);
  const FaceFinding& face = faces->front();
  EXPECT_FLOAT_EQ(face.score, std::sqrt(0.9F));
  EXPECT_FLOAT_EQ(face.box.x, 40 - 16);
  EXPECT_FLOAT_EQ(face.box.y, 20 - 8);
  EXPECT_FLOAT_EQ(face.box.width, 32);
  EXPECT_FLOAT_EQ(face.box.height, 16);
  EXPECT_FLOAT_EQ(face.landmarks[1].x, 32);
  EXPECT_FLOAT_EQ(face.landmarks[1].y, 24);
}

TEST(DecodeYuNetTest, NamesTheOutputThatIsMissing) {
  Answer answer;
  answer.infos[5].name = "objects";
  EXPECT_THAT(Message(DecodeYuNet(answer.outputs(), 0.5F).status()), HasSubstr("obj_32 with float32 [2, 1]"));
}

}  // namespace
}  // namespace calotype
