#include "analysis/image_tensor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace calotype {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

Image TwoPixels() {
  Image image(2, 1);
  const uint8_t pixels[] = {1, 2, 3, 4, 5, 6};
  std::ranges::copy(pixels, image.pixels().begin());
  return image;
}

std::vector<float> Floats(const Tensor& tensor) { return {tensor.data<float>().begin(), tensor.data<float>().end()}; }

std::vector<uint8_t> Bytes(const Tensor& tensor) {
  return {tensor.data<uint8_t>().begin(), tensor.data<uint8_t>().end()};
}

TEST(FindImageInputTest, ReadsTheGraphsInput) {
  struct Case {
    ElementType type;
    std::vector<int64_t> shape;
    bool channels_last;
    int width;
    int height;
    int batch;
  };
  const Case cases[] = {{ElementType::kFloat32, {-1, 3, 480, 640}, false, 640, 480, 0},
                        {ElementType::kFloat32, {1, 3, -1, -1}, false, 0, 0, 1},
                        {ElementType::kFloat32, {-1, -1, -1, -1}, false, 0, 0, 0},  // optimum's
                        {ElementType::kUint8, {1, 480, 640, 3}, true, 640, 480, 1},
                        {ElementType::kUint8, {-1, -1, -1, 3}, true, 0, 0, 0},
                        {ElementType::kUint8, {1, 3, 3, 3}, false, 3, 3, 1}};
  for (const Case& c : cases) {
    const TensorInfo inputs[] = {{"mask", ElementType::kInt64, {1, 64, 64}}, {"image", c.type, c.shape}};
    const auto input = FindImageInput(inputs);
    ASSERT_TRUE(input.ok()) << Message(input.status());
    EXPECT_EQ(input->index, 1U);
    EXPECT_EQ(input->type, c.type);
    EXPECT_EQ(input->channels_last, c.channels_last);
    EXPECT_EQ(input->width, c.width);
    EXPECT_EQ(input->height, c.height);
    EXPECT_EQ(input->batch, c.batch);
    EXPECT_EQ(input->has_size(), c.width > 0);
  }
}

TEST(FindImageInputTest, ErrorsListTheInputs) {
  const TensorInfo inputs[] = {{"ids", ElementType::kInt64, {1, 77}}, {"grey", ElementType::kFloat32, {1, 1, 8, 8}}};
  const auto input = FindImageInput(inputs);
  EXPECT_TRUE(absl::IsInvalidArgument(input.status()));
  EXPECT_THAT(Message(input.status()), HasSubstr("its inputs: ids int64 [1, 77], grey float32 [1, 1, 8, 8]"));
  EXPECT_THAT(Message(FindImageInput({}).status()), HasSubstr("its inputs: nothing"));
}

TEST(ToTensorTest, SupportsEachLayout) {
  const Image image = TwoPixels();
  const std::span<const Image> images(&image, 1);
  const Normalisation halves{.mean = {1, 1, 1}, .std = {2, 2, 2}};
  const Tensor planes = ToTensor(images, ImageInput{}, halves);
  EXPECT_THAT(planes.shape(), ElementsAre(1, 3, 1, 2));
  EXPECT_THAT(Floats(planes), ElementsAre(0, 1.5F, 0.5F, 2, 1, 2.5F));
  const Tensor last = ToTensor(images, ImageInput{.channels_last = true}, halves);
  EXPECT_THAT(last.shape(), ElementsAre(1, 1, 2, 3));
  EXPECT_THAT(Floats(last), ElementsAre(0, 0.5F, 1, 1.5F, 2, 2.5F));
  const Tensor bytes = ToTensor(images, ImageInput{.type = ElementType::kUint8, .channels_last = true}, halves);
  EXPECT_THAT(bytes.shape(), ElementsAre(1, 1, 2, 3));
  EXPECT_THAT(Bytes(bytes), ElementsAre(1, 2, 3, 4, 5, 6));
  const Tensor blue_first = ToTensor(images, ImageInput{.type = ElementType::kUint8}, Normalisation{.bgr = true});
  EXPECT_THAT(blue_first.shape(), ElementsAre(1, 3, 1, 2));
  EXPECT_THAT(Bytes(blue_first), ElementsAre(3, 6, 2, 5, 1, 4));
}

}  // namespace
}  // namespace calotype
