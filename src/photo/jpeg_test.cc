#include "photo/jpeg.h"

#include <gmock/gmock.h>

#include <cmath>

#include "photo/encode.h"
#include "photo/test_data.h"

namespace calotype {
namespace {

using testing::HasSubstr;

struct ScaleCase {
  int width;
  int height;
  int target;
  int scale;
};

TEST(JpegScale, IsTheSmallestThatIsLargeEnough) {
  for (const ScaleCase& wanted :
       {ScaleCase{4000, 3000, 2048, 5}, ScaleCase{4096, 3000, 2048, 4}, ScaleCase{3000, 4096, 2048, 4},
        ScaleCase{4097, 3000, 2048, 4}, ScaleCase{4095, 3000, 2048, 4}, ScaleCase{4094, 3000, 2048, 5},
        ScaleCase{16384, 100, 2048, 1}, ScaleCase{65500, 65500, 1, 1}, ScaleCase{2048, 2048, 2048, 8},
        ScaleCase{100, 100, 2048, 8}, ScaleCase{1, 1, 2048, 8}}) {
    EXPECT_EQ(JpegScale(wanted.width, wanted.height, wanted.target), wanted.scale)
        << wanted.width << "x" << wanted.height;
  }
}

Image Gradient(int width, int height) {
  Image image(width, height);
  for (int y = 0; y < height; ++y) {
    uint8_t* pixel = image.row(y);
    for (int x = 0; x < width; ++x, pixel += Image::kChannels) {
      pixel[0] = static_cast<uint8_t>(x * 255 / width);
      pixel[1] = static_cast<uint8_t>(y * 255 / height);
      pixel[2] = 128;
    }
  }
  return image;
}

TEST(DecodeJpeg, ScalesWhileDecoding) {
  const StatusOr<std::vector<uint8_t>> file = EncodeJpeg(Gradient(4000, 3000), 85);
  ASSERT_TRUE(file.ok());
  for (const int target : {100, 500, 501, 1000, 2048, 3999}) {
    const StatusOr<UnturnedPhoto> photo = DecodeJpeg(*file, {.target_long_side = target});
    ASSERT_TRUE(photo.ok());
    EXPECT_EQ(photo->width, 4000);
    EXPECT_EQ(photo->height, 3000);
    EXPECT_GE(photo->image.width(), target);
    EXPECT_LT(photo->image.width(), target + 500) << "an eighth of the width is the step";
    EXPECT_NEAR(photo->image.width() * 3.0 / 4.0, photo->image.height(), 1);
    const uint8_t* middle = photo->image.row(photo->image.height() / 2) + photo->image.stride() / 2;
    EXPECT_NEAR(middle[0], 127, 2);
    EXPECT_NEAR(middle[1], 127, 2);
  }
}

// Pillow's decoder is libjpeg-turbo too: at full size the pixels are the same but for the rounding of its versions.
TEST(DecodeJpeg, AgreesWithPillow) {
  const StatusOr<DecodedPhoto> golden = DecodePhoto(TestData("photo_golden.png"), {});
  ASSERT_TRUE(golden.ok());
  for (const char* name : {"photo.jpg", "photo_progressive.jpg"}) {
    SCOPED_TRACE(name);
    const StatusOr<UnturnedPhoto> photo = DecodeJpeg(TestData(name), {});
    ASSERT_TRUE(photo.ok());
    ASSERT_EQ(photo->image.pixels().size(), golden->image.pixels().size());
    int largest = 0;
    for (std::size_t i = 0; i < photo->image.pixels().size(); ++i) {
      largest = std::max(largest, std::abs(photo->image.pixels()[i] - golden->image.pixels()[i]));
    }
    EXPECT_LE(largest, 1);
  }
}

TEST(DecodeJpeg, SaysHowMuchIsMissing) {
  const std::vector<uint8_t> whole = *EncodeJpeg(Gradient(800, 600), 95);
  std::vector<uint8_t> half(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(whole.size() / 2));
  Status status = DecodeJpeg(half, {}).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(Message(status), testing::ContainsRegex("the JPEG is cut short: its [0-9]+ bytes end in scan 1, "
                                                      "[3-6][0-9]% of whose rows are there"));
  half.push_back(0xFF);
  half.push_back(0xD9);
  EXPECT_THAT(Message(DecodeJpeg(half, {}).status()), HasSubstr("cut short")) << "an end marker does not mend it";
  EXPECT_THAT(Message(DecodeJpeg(std::span(whole).first(100), {}).status()), HasSubstr("before the picture begins"));
  const std::vector<uint8_t> progressive = TestData("photo_progressive.jpg");
  status = DecodeJpeg(std::span(progressive).first(progressive.size() / 2), {}).status();
  EXPECT_THAT(Message(status), testing::ContainsRegex("end in scan [2-9]"));
}

TEST(DecodeJpeg, PassesOverWhatDoesNoHarm) {
  for (const char* name : {"photo.jpg", "photo_progressive.jpg"}) {
    SCOPED_TRACE(name);
    std::vector<uint8_t> longer = TestData(name);
    EXPECT_TRUE(DecodeJpeg(std::span(longer).first(longer.size() - 2), {}).ok()) << "without the end marker";
    longer.insert(longer.end(), 1000, 0xAB);
    EXPECT_TRUE(DecodeJpeg(longer, {}).ok()) << "with something behind";
  }
}

}  // namespace
}  // namespace calotype
