// Tests that FindDuplicates() lists crops.
#include <algorithm>
#include <cmath>
#include <utility>

#include "analysis/image_ops.h"
#include "search/search_test_util.h"

namespace calotype {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

// A picture of soft spots whose places follow from `seed`.
Image Spots(int width, int height, int seed) {
  Image image(width, height);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      for (int c = 0; c < 3; ++c) {
        const double value = std::sin(x * 0.031 + seed * 1.7 + c) * std::cos(y * 0.043 + seed * 0.6) +
                             std::sin((x + 2 * y) * 0.017 + seed + 0.3 * c) + 0.5 * std::sin(x * y * 0.0004 + seed);
        image.row(y)[x * 3 + c] = static_cast<uint8_t>(127 + 50 * value);
      }
    }
  }
  return image;
}

class CropsTest : public SearchTest {
 protected:
  PhotoId Add(const std::string& path, Image image, float cosine, const PhotoFacts& facts = {},
              std::vector<TextFinding> text = {}) {
    PhotoResult result = WithMeaning(AtCosine(cosine));
    result.properties =
        PhotoProperties{.format = PhotoFormat::kJpeg, .width = image.width(), .height = image.height(), .facts = facts};
    PdqHash hash;
    for (std::size_t i = 0; i < hash.size(); ++i) {
      hash[i] = static_cast<uint8_t>(std::hash<std::string>()(path + std::to_string(i)));
    }
    result.findings.pdq = PdqFinding{.hash = hash, .quality = 100};
    result.findings.text = std::move(text);
    const int width = image.width();
    const int height = image.height();
    files_.pictures[path] = std::make_shared<const Picture>(MakePicture(std::move(image), width, height, 1));
    return AddPhoto(path, std::move(result));
  }
  std::vector<DuplicateGroup> Groups() {
    return Value(FindDuplicates(catalog(), files_, {.vectors = &vectors_, .allows_photo = {}, .allows_path = {}}))
        .groups;
  }
};

TEST_F(CropsTest, ACropFollowsThePhotoItWasCutFrom) {
  const PhotoId whole = Add("/whole", Spots(800, 600, 1), 1);
  const PhotoId crop = Add("/crop", Crop(Spots(800, 600, 1), 100, 90, 400, 300), 0.9F);
  Add("/other", Spots(700, 500, 9), 0.95F);
  const auto groups = Groups();
  ASSERT_THAT(groups, SizeIs(1));
  ASSERT_THAT(groups[0], SizeIs(2));
  EXPECT_EQ(groups[0][0].photo, whole);
  EXPECT_EQ(groups[0][0].reason, "the other is a part of it");
  EXPECT_EQ(groups[0][1].photo, crop);
  EXPECT_EQ(CopyKindName(groups[0][1]), "crop of");
  EXPECT_NEAR(groups[0][1].part.x, 0.125, 0.002);
  EXPECT_NEAR(groups[0][1].part.y, 0.15, 0.002);
  EXPECT_NEAR(groups[0][1].part.width, 0.5, 0.002);
  EXPECT_FALSE(CopiesIn(groups).Contains(crop));
  EXPECT_THAT(Value(FindDuplicates(catalog(), files_, {})).groups, IsEmpty()) << "only when asked for";
}

TEST_F(CropsTest, APhotoThatLooksDifferentIsNotCompared) {
  Add("/whole", Spots(800, 600, 1), 1);
  Add("/crop", Crop(Spots(800, 600, 1), 100, 90, 400, 300), 0.6F);
  EXPECT_THAT(Groups(), IsEmpty());
}

TEST_F(CropsTest, TwoShotsOfOneCameraAreNoCropAndItsPhoto) {
  Add("/whole", Spots(800, 600, 1), 1, {.taken_at = "2024-05-01T12:00:00", .camera = "Box"});
  Add("/later", Crop(Spots(800, 600, 1), 100, 90, 400, 300), 0.9F,
      {.taken_at = "2024-05-01T12:00:05", .camera = "Box"});
  EXPECT_THAT(Groups(), IsEmpty());
  Add("/same shot", Crop(Spots(800, 600, 1), 90, 80, 400, 320), 0.9F,
      {.taken_at = "2024-05-01T12:00:00", .camera = "Box"});
  EXPECT_THAT(Groups(), ElementsAre(SizeIs(2)));
}

TEST_F(CropsTest, ACropOfACropBelongsToTheWholePhoto) {
  const PhotoId whole = Add("/whole", Spots(800, 600, 1), 1);
  const PhotoId crop = Add("/crop", Crop(Spots(800, 600, 1), 80, 60, 640, 480), 0.8F);
  const PhotoId small = Add("/small", Crop(Spots(800, 600, 1), 200, 150, 400, 300), 0.25F);  // not near /whole
  const auto groups = Groups();
  ASSERT_THAT(groups, SizeIs(1));
  ASSERT_THAT(groups[0], SizeIs(3));
  EXPECT_EQ(groups[0][0].photo, whole);
  EXPECT_EQ(groups[0][1].photo, crop);
  EXPECT_EQ(groups[0][2].photo, small);
  EXPECT_NEAR(groups[0][2].part.x, 0.25, 0.002) << "of the whole photo";
}

TEST_F(CropsTest, ACropWithCopiesKeepsItsGroup) {
  const PhotoId whole = Add("/whole", Spots(800, 600, 1), 1);
  const PhotoId crop = Add("/crop", Crop(Spots(800, 600, 1), 80, 60, 640, 480), 0.9F);
  CALOTYPE_ASSERT_OK(catalog().AddFile("/same bytes", StampOf(2), DigestOf("/crop")).status());
  const auto groups = Groups();
  ASSERT_THAT(groups, SizeIs(2));
  EXPECT_EQ(groups[0][0].photo, whole);
  EXPECT_EQ(groups[0][1].photo, crop);
  EXPECT_EQ(groups[1][0].photo, crop);
  EXPECT_EQ(groups[1][0].kind, CopyKind::kKeeper);
}

TEST_F(CropsTest, TextThatDiffersWithinThePartSeparates) {
  const auto line = [](const char* text, float x, float y) {
    return TextFinding{.text = text, .score = 0.95F, .quad = {{{x, y}, {x + 90, y}, {x + 90, y + 20}, {x, y + 20}}}};
  };
  Add("/whole", Spots(800, 600, 1), 1, {}, {line("Invoice 2024-0017", 200, 200), line("elsewhere 1234", 20, 20)});
  Add("/crop", Crop(Spots(800, 600, 1), 100, 90, 400, 300), 0.9F, {}, {line("Invoice 2024-0018", 100, 110)});
  EXPECT_THAT(Groups(), IsEmpty());
  Add("/right", Crop(Spots(800, 600, 1), 100, 90, 410, 300), 0.9F, {}, {line("Invoice 2024-0017", 100, 110)});
  EXPECT_THAT(Groups(), ElementsAre(SizeIs(2)));
}

TEST_F(CropsTest, ADamagedPhotoIsNeitherKeeperNorCrop) {
  Add("/whole", Spots(800, 600, 1), 1);
  Add("/crop", Crop(Spots(800, 600, 1), 100, 90, 400, 300), 0.9F);
  files_.pictures["/whole"] = absl::InvalidArgumentError("damaged");
  EXPECT_THAT(Groups(), IsEmpty());
}

}  // namespace
}  // namespace calotype
