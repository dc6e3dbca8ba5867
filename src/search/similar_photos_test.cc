// Tests FindSimilar(), FindLookAlikes() and FindBursts() on small synthetic vectors.
#include <algorithm>
#include <cmath>
#include <iterator>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "base/half.h"
#include "search/bursts.h"
#include "search/look_alikes.h"
#include "search/search_test_util.h"
#include "search/similar.h"
#include "search/union_find.h"
#include "search/vector_index/dot.h"

namespace calotype {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

class SimilarTest : public SearchTest {};

TEST_F(SimilarTest, NearestFirstWithoutItself) {
  const PhotoId self = AddPhoto("/self", WithMeaning({1, 0}));
  const PhotoId far = AddPhoto("/far", WithMeaning(AtCosine(-0.5F)));
  const PhotoId near = AddPhoto("/near", WithMeaning(AtCosine(0.9F)));
  const auto similar = Value(FindSimilar(catalog(), vectors_, self, 10));
  ASSERT_THAT(similar, SizeIs(2));
  EXPECT_EQ(similar[0].photo, near);
  EXPECT_EQ(similar[0].path, "/near");
  EXPECT_NEAR(similar[0].cosine, 0.9, 1e-3);  // f16
  EXPECT_EQ(similar[1].photo, far);
  EXPECT_THAT(Value(FindSimilar(catalog(), vectors_, self, 1)), SizeIs(1));
}

TEST_F(SimilarTest, ErrorsSayWhatIsMissing) {
  EXPECT_TRUE(absl::IsNotFound(FindSimilar(catalog(), vectors_, 99, 10).status()));
  const PhotoId bare = AddPhoto("/bare", {});
  const Status status = FindSimilar(catalog(), vectors_, bare, 10).status();
  EXPECT_TRUE(absl::IsFailedPrecondition(status));
  EXPECT_THAT(Message(status), testing::HasSubstr("/bare"));
  EXPECT_TRUE(absl::IsInvalidArgument(FindSimilar(catalog(), vectors_, bare, 0).status()));
}

class LookAlikesTest : public SearchTest {
 protected:
  PhotoId Add(const std::string& path, float cosine, uint8_t hash, int side = 10) {
    PhotoResult result = WithMeaning(AtCosine(cosine));
    result.properties = PhotoProperties{.width = side, .height = side, .facts = {}};
    PdqFinding& pdq = result.findings.pdq.emplace();
    pdq.hash.fill(hash);
    pdq.quality = 100;
    return AddPhoto(path, result);
  }
};

TEST_F(LookAlikesTest, GroupsAreConnectedByCosinesAndSortedByTheFirst) {
  const PhotoId one = Add("/1", 1, 0);
  const PhotoId far = Add("/far", -0.5F, 0x0f);
  const PhotoId three = Add("/3", 0.94F, 0xff);  // similar to /4, which is similar to /1
  const PhotoId four = Add("/4", 0.98F, 0x55);
  const auto groups = Value(FindLookAlikes(catalog(), 0.96F, Copies(), /*threads=*/2));
  ASSERT_THAT(groups, SizeIs(1));
  ASSERT_THAT(groups[0], SizeIs(3));
  EXPECT_EQ(groups[0][0].photo, one);
  EXPECT_EQ(groups[0][1].photo, four);
  EXPECT_NEAR(groups[0][1].cosine, 0.98, 1e-3);
  EXPECT_EQ(groups[0][2].photo, three);
  EXPECT_EQ(groups[0][2].path, "/3");
  EXPECT_THAT(Value(FindLookAlikes(catalog(), -1, Copies(), /*threads=*/2)), ElementsAre(SizeIs(4)));
  EXPECT_NE(far, 0);
}

TEST_F(LookAlikesTest, CopiesAreNotLookAlikes) {
  Add("/1", 1, 0);
  Add("/copy", 1, 0, 5);
  EXPECT_THAT(Value(FindLookAlikes(catalog(), 0.9F, Copies(), /*threads=*/2)), IsEmpty());
  Add("/other", 0.99F, 0xff);
  EXPECT_THAT(Value(FindLookAlikes(catalog(), 0.9F, Copies(), /*threads=*/2)), ElementsAre(SizeIs(2)));
}

// The groups must equal those of a comparison of every pair.
TEST_F(LookAlikesTest, EqualAComparisonOfEveryPair) {
  constexpr std::size_t kPhotos = 400;
  constexpr std::size_t kDimension = 96;
  std::mt19937 random(5);
  std::normal_distribution<float> normal;
  std::vector<std::vector<float>> vectors;
  for (std::size_t i = 0; i < kPhotos; ++i) {
    // Chains of photos; each differs a little from the one thirty before it.
    std::vector<float> vector = i < 30 ? std::vector<float>(kDimension) : vectors[i - 30];
    for (float& x : vector) {
      x += (i < 30 ? 1.0F : 0.033F) * normal(random);
    }
    const float length = std::sqrt(Dot(vector, vector));
    std::ranges::transform(vector, vector.begin(), [length](float x) { return x / length; });
    AddPhoto(std::to_string(i), WithMeaning(vector));
    vectors.push_back(ToFloat(ToHalf(vector)));
  }
  for (const float cosine : {0.9F, 0.95F, 0.99F}) {
    UnionFind sets(kPhotos);
    for (uint32_t i = 0; i < kPhotos; ++i) {
      for (uint32_t j = 0; j < i; ++j) {
        if (Dot(vectors[i], vectors[j]) >= cosine) {
          sets.Join(i, j);
        }
      }
    }
    std::map<uint32_t, std::set<PhotoId>> wanted;
    for (uint32_t i = 0; i < kPhotos; ++i) {
      wanted[sets.Find(i)].insert(i + 1);
    }
    std::erase_if(wanted, [](const auto& group) { return group.second.size() < 2; });
    const auto groups = Value(FindLookAlikes(catalog(), cosine, Copies(), /*threads=*/2));
    ASSERT_EQ(groups.size(), wanted.size()) << cosine;
    for (const auto& group : groups) {
      std::set<PhotoId> photos;
      for (const SimilarPhoto& photo : group) {
        photos.insert(photo.photo);
      }
      EXPECT_EQ(photos, wanted.at(static_cast<uint32_t>(group[0].photo - 1))) << cosine;
    }
  }
}

class BurstsTest : public SearchTest {
 protected:
  void Add(const std::string& path, const std::string& taken_at, const std::string& camera = "Box") {
    PhotoResult result;
    result.properties = PhotoProperties{.facts = {.taken_at = taken_at, .camera = camera}};
    AddPhoto(path, result);
  }
  std::vector<std::vector<std::string>> Paths(const BurstOptions& options = {}) {
    std::vector<std::vector<std::string>> paths;
    for (const Burst& burst : Value(FindBursts(catalog(), options, Copies()))) {
      auto& group = paths.emplace_back();
      std::ranges::transform(burst.photos, std::back_inserter(group), &BurstPhoto::path);
    }
    return paths;
  }
};

TEST_F(BurstsTest, PhotosOfOneCameraInQuickSuccession) {
  Add("/b", "2023-12-31T23:59:59");
  Add("/a", "2024-01-01T00:00:01.5");
  Add("/c", "2023-12-31T23:59:58+01:00");
  Add("/alone", "2024-01-01T00:01:00");
  Add("/other camera", "2024-01-01T00:00:00", "Other");
  Add("/no camera", "2024-01-01T00:00:00", "");
  Add("/day alone", "2024-01-01");
  EXPECT_THAT(Paths(), IsEmpty()) << "two and a half seconds from /b to /a";
  EXPECT_THAT(Paths({.within_s = 3}), ElementsAre(ElementsAre("/c", "/b", "/a")));
  EXPECT_THAT(Paths({.within_s = 2, .at_least = 2}), ElementsAre(ElementsAre("/c", "/b")));
  Add("/d", "2024-01-01T00:00:00");
  EXPECT_THAT(Paths(), ElementsAre(ElementsAre("/c", "/b", "/d", "/a")));
}

TEST_F(BurstsTest, CopiesCountOnce) {
  for (const char* path : {"/1", "/2", "/2 smaller"}) {
    PhotoResult result;
    result.properties =
        PhotoProperties{.facts = {.taken_at = path == std::string("/1") ? "2024-01-01T00:00:00" : "2024-01-01T00:00:01",
                                  .camera = "Box"}};
    result.findings.pdq = PdqFinding{.hash = {}, .quality = 100};
    AddPhoto(path, result);
  }
  EXPECT_THAT(Paths(), IsEmpty());
  EXPECT_THAT(Paths({.at_least = 2}), ElementsAre(SizeIs(2)));
}

}  // namespace
}  // namespace calotype
