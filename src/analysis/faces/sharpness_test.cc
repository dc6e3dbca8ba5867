// Tests sharpness on the portraits of the samples: at full and at small size, blurred and not.
#include "analysis/faces/sharpness.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <opencv2/imgproc.hpp>
#include <random>
#include <string>

#include "analysis/image_ops.h"
#include "base/file.h"
#include "base/source_dir.h"
#include "photo/decode.h"

namespace calotype {
namespace {

// The sharpness that search/people.cc requires to start a person.
constexpr float kSharp = 0.25F;

// As SCRFD detects them.
struct Portrait {
  const char* photo;
  float width;  // of the face
  std::array<Point, 5> landmarks;
};
constexpr std::array kPortraits = {
    Portrait{"obama.jpg",
             228.5F,
             {Point{442.7F, 214.0F}, {548.7F, 210.5F}, {499.5F, 276.8F}, {441.5F, 320.5F}, {552.1F, 316.7F}}},
    Portrait{"biden.jpg",
             286.1F,
             {Point{530.0F, 326.4F}, {654.3F, 348.3F}, {597.0F, 402.4F}, {523.7F, 459.6F}, {620.1F, 478.2F}}},
    Portrait{"astronaut.png",
             90.0F,
             {Point{204.4F, 100.8F}, {247.3F, 103.1F}, {223.5F, 128.4F}, {201.2F, 138.5F}, {246.4F, 140.6F}}},
    Portrait{"obama_speaking.jpg",
             269.2F,
             {Point{254.1F, 371.0F}, {369.2F, 379.0F}, {279.5F, 444.5F}, {246.1F, 515.4F}, {350.9F, 523.2F}}},
};

Image Load(const char* name) {
  const auto file = ReadFile(SourceDir() / "samples" / name);
  EXPECT_TRUE(file.ok()) << file.status();
  auto photo = DecodePhoto(*file, DecodeLimits{});
  EXPECT_TRUE(photo.ok()) << photo.status();
  return std::move(photo->image);
}

cv::Mat Pixels(Image& image) {
  return {image.height(), image.width(), CV_8UC3, image.row(0)};  // shares the pixels
}

// A change to a photo whose face is `width` pixels wide.
struct Way {
  const char* name;
  bool is_sharp;
  std::function<void(cv::Mat photo, float width)> alter;
};

// Blurs with a Gaussian whose sigma is this fraction of the face's width.
void Blur(cv::Mat photo, float sigma) { cv::GaussianBlur(photo.clone(), photo, {}, static_cast<double>(sigma)); }

void AddNoise(cv::Mat photo) {
  std::mt19937 random(1);
  std::normal_distribution<float> noise(0, 8);
  std::for_each(photo.begin<cv::Vec3b>(), photo.end<cv::Vec3b>(), [&](cv::Vec3b& pixel) {
    for (int i = 0; i < 3; ++i) {
      pixel[i] = cv::saturate_cast<uint8_t>(static_cast<float>(pixel[i]) + noise(random));
    }
  });
}

const std::array kWays = {
    Way{"as it is", true, [](const cv::Mat& /*photo*/, float /*width*/) {}},
    Way{"dark", true, [](cv::Mat photo, float /*width*/) { photo *= 0.3; }},
    Way{"pale", true, [](const cv::Mat& photo, float /*width*/) { photo.convertTo(photo, -1, 0.3, 90); }},
    Way{"noisy", true, [](const cv::Mat& photo, float /*width*/) { AddNoise(photo); }},
    Way{"softened by a hundredth", true, [](const cv::Mat& photo, float width) { Blur(photo, width / 100); }},
    Way{"blurred by a twelfth", false, [](const cv::Mat& photo, float width) { Blur(photo, width / 12); }},
    Way{"blurred by an eighth", false, [](const cv::Mat& photo, float width) { Blur(photo, width / 8); }},
};

TEST(FaceSharpness, MeasuresBlurNotLightNoiseOrSize) {
  for (const Portrait& portrait : kPortraits) {
    const Image photo = Load(portrait.photo);
    // Only the head; the rest would only take time.
    const Point nose = portrait.landmarks[2];
    const int side = static_cast<int>(2 * portrait.width);
    const int left = std::max(0, static_cast<int>(nose.x) - side / 2);
    const int top = std::max(0, static_cast<int>(nose.y) - side / 2);
    const Image head =
        Crop(photo, left, top, std::min(side, photo.width() - left), std::min(side, photo.height() - top));
    for (const float width : {portrait.width, 60.0F, 28.0F}) {
      const float scale = width / portrait.width;
      std::array<Point, 5> landmarks;
      std::ranges::transform(portrait.landmarks, landmarks.begin(), [&](const Point& point) {
        return Point{(point.x - static_cast<float>(left)) * scale, (point.y - static_cast<float>(top)) * scale};
      });
      for (const Way& way : kWays) {
        Image altered = Resize(head, static_cast<int>(static_cast<float>(head.width()) * scale),
                               static_cast<int>(static_cast<float>(head.height()) * scale));
        way.alter(Pixels(altered), width);
        const float sharpness = FaceSharpness(altered, landmarks);
        EXPECT_EQ(sharpness >= kSharp, way.is_sharp)
            << portrait.photo << ", " << width << " pixels, " << way.name << ": " << sharpness;
      }
    }
  }
}

TEST(FaceSharpness, AFlatImageIsNotSharpEvenAtTheEdge) {
  Image flat(60, 40);
  std::ranges::fill(flat.pixels(), uint8_t{90});
  EXPECT_EQ(FaceSharpness(flat, {Point{20, 10}, {40, 10}, {30, 15}, {22, 20}, {38, 20}}), 0);
  // Nearly all of the face lies outside the photo.
  const float outside = FaceSharpness(flat, {Point{-90, -90}, {50, -90}, {0, 0}, {-80, 50}, {40, 50}});
  EXPECT_GE(outside, 0);
  EXPECT_LE(outside, 1);
}

}  // namespace
}  // namespace calotype
