// Every format's sample, cut at many places and with single bytes changed: each must end in a photo or an error. What
// matters is that nothing crashes, hangs or reads beyond its memory: run it under AddressSanitizer.
#include <gtest/gtest.h>

#include <random>

#include "photo/test_data.h"

namespace calotype {
namespace {

constexpr std::size_t kCuts = 50;
constexpr int kFlips = 200;
// Colour management and developing cost tens of milliseconds a time under AddressSanitizer.
constexpr int kFlipsWhereSlow = 40;
// A changed header may ask for a large picture; how limits are held is tested elsewhere.
constexpr DecodeLimits kLimits = {.max_pixels = 200'000, .target_long_side = 64};

struct Sample {
  const char* name;
  int flips = kFlips;
};

class HostileFile : public testing::TestWithParam<Sample> {};

void ExpectPhotoOrError(std::span<const uint8_t> file) {
  const StatusOr<DecodedPhoto> photo = DecodePhoto(file, kLimits);
  if (photo.ok()) {
    EXPECT_FALSE(photo->image.empty());
    EXPECT_LE(int64_t{photo->full_width} * photo->full_height, kLimits.max_pixels);
  } else {
    EXPECT_FALSE(Message(photo.status()).empty());
    EXPECT_NE(photo.status().code(), absl::StatusCode::kInternal) << Message(photo.status());
  }
}

TEST_P(HostileFile, MayBeCutAnywhere) {
  const std::vector<uint8_t> file = TestData(GetParam().name);
  for (std::size_t i = 0; i < kCuts; ++i) {
    ExpectPhotoOrError(std::span(file).first(file.size() * i / kCuts));
  }
}

TEST_P(HostileFile, MayHaveAnyByteChanged) {
  std::vector<uint8_t> file = TestData(GetParam().name);
  std::mt19937 random(20240501);  // the same bytes each time
  for (int i = 0; i < GetParam().flips; ++i) {
    uint8_t& byte = file[random() % file.size()];
    const uint8_t before = byte;
    byte = static_cast<uint8_t>(random());
    ExpectPhotoOrError(file);
    byte = before;
  }
}

INSTANTIATE_TEST_SUITE_P(Samples, HostileFile,
                         testing::Values(Sample{"orientation_6.jpg"}, Sample{"photo_progressive.jpg"},
                                         Sample{"adobe_rgb.jpg", kFlipsWhereSlow}, Sample{"xmp.jpg"},
                                         Sample{"quarters.png"}, Sample{"display_p3.png", kFlipsWhereSlow},
                                         Sample{"quarters.webp"}, Sample{"quarters.tif"}, Sample{"animated.gif"},
                                         Sample{"turned.heic"}, Sample{"quarters.avif"}, Sample{"quarters.jxl"},
                                         Sample{"preview.dng"}, Sample{"sensor.dng", kFlipsWhereSlow}),
                         [](const auto& test) {
                           std::string name = test.param.name;
                           std::ranges::replace(name, '.', '_');
                           return name;
                         });

}  // namespace
}  // namespace calotype
