#include "photo/raw.h"

#include <gtest/gtest.h>

#include "photo/test_data.h"

namespace calotype {
namespace {

// make_testdata.py: sensors of 96x64 seen upright, previews of 48x32.
constexpr DecodeLimits kPreviewIsEnough = {.target_long_side = 64};

struct RawCase {
  const char* name;
  int orientation;
  int tolerance;  // developing brightens, and the camera's colours are not quite sRGB's
};

TEST(DecodeRaw, GivesAnUprightPicture) {
  for (const RawCase& wanted : {RawCase{"preview.dng", 6, 2}, RawCase{"preview_upright.dng", 6, 2},
                                RawCase{"preview_marked.dng", 8, 2}, RawCase{"sensor.dng", 8, 30}}) {
    SCOPED_TRACE(wanted.name);
    const StatusOr<DecodedPhoto> photo = DecodePhoto(TestData(wanted.name), kPreviewIsEnough);
    ASSERT_TRUE(photo.ok()) << Message(photo.status());
    EXPECT_EQ(photo->format, PhotoFormat::kRaw);
    EXPECT_EQ(photo->image.width(), 48);
    EXPECT_EQ(photo->image.height(), 32);
    EXPECT_EQ(photo->full_width, 96);
    EXPECT_EQ(photo->full_height, 64);
    EXPECT_EQ(photo->facts.orientation, wanted.orientation);
    EXPECT_EQ(photo->facts.camera, "Calotype Test 1");
    EXPECT_EQ(photo->facts.taken_at, "2024-05-01T12:34:56.123+02:00");
    EXPECT_LE(LargestDifference(MiddlesOfQuarters(photo->image), kQuarters), wanted.tolerance);
  }
}

TEST(DecodeRaw, DevelopsWhenThePreviewIsTooSmall) {
  const StatusOr<DecodedPhoto> photo = DecodePhoto(TestData("preview.dng"), {.target_long_side = 2048});
  ASSERT_TRUE(photo.ok());
  EXPECT_EQ(photo->image.width(), 48);  // half of the sensor
  // The preview has 221 where the sensor data, brightened, comes out higher.
  EXPECT_GT(MiddlesOfQuarters(photo->image)[0][0], 230);
}

TEST(DecodeRaw, ShrinksWhatItDevelops) {
  const StatusOr<DecodedPhoto> photo = DecodePhoto(TestData("sensor.dng"), {.target_long_side = 24});
  ASSERT_TRUE(photo.ok());
  EXPECT_EQ(photo->image.width(), 24);
  EXPECT_EQ(photo->image.height(), 16);
  EXPECT_EQ(photo->full_width, 96);
}

}  // namespace
}  // namespace calotype
