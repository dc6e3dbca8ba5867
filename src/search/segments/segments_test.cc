// Segments from the builder to the search, on a real catalogue and a folder as the store. The search's answers are
// compared with those of one index in one process, and with a scan of all vectors.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "search/search_test_util.h"
#include "search/segments/segment_builder.h"
#include "search/segments/segment_follower.h"
#include "search/vector_index/vector_test_util.h"

namespace calotype {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kSegmentDimension = 64;

class SegmentsTest : public SearchTest {
 protected:
  PhotoId AddVector(int number) { return AddPhoto("/photos/" + std::to_string(number), WithMeaning(source_.Next())); }
  void AddVectors(int count) {
    for (int i = 0; i < count; ++i) {
      AddVector(next_++);
    }
  }
  void Forget(int from, int to) {
    std::vector<std::string> gone;
    for (int i = from; i < to; ++i) {
      gone.push_back("/photos/" + std::to_string(i));
    }
    CALOTYPE_ASSERT_OK(catalog().MarkMissing(gone));
    EXPECT_EQ(Value(catalog().DeleteMissing(time(nullptr) + 10)), to - from);
  }

  SegmentBuild Build(SegmentBuildOptions options = {.most_photos = 1000, .least_changes = 1}) {
    return Value(BuildSegments(catalog(), "space", store_, home_.path() / "work", options, {}));
  }
  IndexManifest Manifest() { return Value(ParseIndexManifest(*Value(catalog().SegmentManifest("space")))); }

  // Expects what one index finds, and a scan.
  void ExpectTheSame(const PhotoChoice& choice = {}, SegmentFollower* follower = nullptr) {
    follower = follower == nullptr ? &follower_ : follower;
    VectorSearch with_segments(home_.path() / "none", 1, follower);
    VectorSearch single(home_.path() / "single", 1);
    VectorSearch plain({});
    for (int i = 0; i < 10; ++i) {
      const std::vector<float> query = source_.Next();
      const auto expected = Value(plain.Nearest(catalog(), "space", query, 7, 0.1F, choice));
      const auto of_single = Value(single.Nearest(catalog(), "space", query, 7, 0.1F, choice));
      const auto found = Value(with_segments.Nearest(catalog(), "space", query, 7, 0.1F, choice));
      EXPECT_EQ(Value(follower->Nearest(catalog(), "space", query, 7, 0.1F, choice)).state,
                SegmentFollower::State::kReady);
      ASSERT_EQ(found.size(), expected.size());
      ASSERT_EQ(of_single.size(), expected.size());
      for (std::size_t hit = 0; hit < found.size(); ++hit) {
        EXPECT_EQ(found[hit].photo, expected[hit].photo);
        EXPECT_EQ(found[hit].score, expected[hit].score);
        EXPECT_EQ(of_single[hit].photo, expected[hit].photo);
      }
    }
    EXPECT_FALSE(fs::exists(home_.path() / "none")) << "no index beside the segments";
  }

  const TempFolder home_;
  const fs::path stored_ = home_.path() / "store";
  const fs::path local_ = home_.path() / "local";
  SegmentStore store_{stored_.string()};
  SegmentFollower follower_{store_, local_};
  ClusteredVectors source_{kSegmentDimension, 6, 5};
  int next_ = 0;
};

TEST_F(SegmentsTest, AnswersAreThoseOfOneIndex) {
  AddVectors(5000);
  const SegmentBuild build = Build({.most_photos = 2000, .least_changes = 1});
  EXPECT_EQ(build.segments, 3);
  EXPECT_EQ(build.photos, 5000);
  CALOTYPE_ASSERT_OK(follower_.Follow(catalog(), {}));
  const SegmentProgress progress = follower_.Progress();
  EXPECT_EQ(progress.segments, 3);
  EXPECT_EQ(progress.all_segments, 3);
  EXPECT_EQ(progress.photos, 5000);
  EXPECT_EQ(progress.all_photos, 5000);
  ExpectTheSame();
  PhotoSet some;
  for (PhotoId photo = 1; photo <= 5000; photo += 7) {
    some.Add(photo);
  }
  ExpectTheSame({.only = &some});
  ExpectTheSame({.except = &some});
  PhotoSet few;
  few.Add(4999);
  few.Add(3);
  ExpectTheSame({.only = &few});
}

TEST_F(SegmentsTest, WhatChangedSinceComesFromTheCatalogueUntilItIsInASegment) {
  AddVectors(600);
  Build();
  CALOTYPE_ASSERT_OK(follower_.Follow(catalog(), {}));
  for (int round = 0; round < 4; ++round) {
    AddVectors(30);
    for (int i = round; i < 600; i += 37) {
      AddVector(i);  // analysed again
    }
    Forget(100 + round * 10, 105 + round * 10);
    ExpectTheSame();
    EXPECT_TRUE(Build().changed);
    ExpectTheSame();  // with the former segments
    CALOTYPE_ASSERT_OK(follower_.Follow(catalog(), {}));
    ExpectTheSame();
  }
  CALOTYPE_ASSERT_OK(catalog().MarkMissing(std::vector<std::string>{"/photos/1", "/photos/2"}));
  ExpectTheSame();
}

TEST_F(SegmentsTest, SmallSegmentsAreMergedAndTheirFilesRemoved) {
  AddVectors(200);
  for (int round = 0; round < 40; ++round) {
    AddVectors(10);
    const SegmentBuild build =
        Build({.most_photos = 1000, .least_changes = 1, .kept_retired = std::chrono::seconds(0)});
    EXPECT_EQ(build.photos, next_);
    EXPECT_LE(build.segments, 5);
  }
  Build({.most_photos = 1000, .least_changes = 1, .kept_retired = std::chrono::seconds(0)});
  std::set<std::string> wanted;
  for (const IndexSegment& segment : Manifest().segments) {
    for (const SegmentFile& file : segment.files()) {
      wanted.insert(file.sha256);
    }
  }
  for (const fs::directory_entry& file : fs::directory_iterator(stored_ / "space")) {
    EXPECT_TRUE(wanted.contains(file.path().filename().string())) << file.path();
  }
  CALOTYPE_ASSERT_OK(follower_.Follow(catalog(), {}));
  ExpectTheSame();
}

TEST_F(SegmentsTest, RetiredFilesStayForAWhile) {
  AddVectors(100);
  Build();
  const IndexManifest before = Manifest();
  AddVectors(100);
  Build();
  EXPECT_NE(Manifest().segments, before.segments);
  EXPECT_EQ(Manifest().retired.size(), 3U);
  // A searcher that read the former list can still use it.
  const SegmentCache cache(store_, home_.path() / "late", "space");
  EXPECT_TRUE(cache.Get(before, [](const SegmentProgress&) {}, {}).ok());
}

TEST_F(SegmentsTest, FewChangesWait) {
  AddVectors(100);
  EXPECT_TRUE(Build().changed);
  EXPECT_FALSE(Build().changed) << "nothing is new";
  AddVectors(9);
  EXPECT_FALSE(Build({.most_photos = 1000, .least_changes = 10}).changed);
  AddVectors(1);
  EXPECT_TRUE(Build({.most_photos = 1000, .least_changes = 10}).changed);
}

TEST_F(SegmentsTest, DeletedPhotosLeaveOlderSegments) {
  AddVectors(900);
  Build();
  Forget(0, 50);
  const SegmentBuild build = Build();
  EXPECT_EQ(build.segments, 2) << "the second one has no photos, but says which do not count";
  EXPECT_EQ(Manifest().segments[1].photos, 0);
  CALOTYPE_ASSERT_OK(follower_.Follow(catalog(), {}));
  ExpectTheSame();
  AddVectors(300);
  Build();
  CALOTYPE_ASSERT_OK(follower_.Follow(catalog(), {}));
  ExpectTheSame();
}

TEST_F(SegmentsTest, OfTwoBuildersOneWins) {
  AddVectors(100);
  Build();
  AddVectors(100);
  const auto other = Connect();
  // The second one writes while the first is at work: it would overwrite what the first does not know.
  const std::optional<std::string> former = Value(catalog().SegmentManifest("space"));
  Build();
  const std::optional<std::string> winner = Value(catalog().SegmentManifest("space"));
  EXPECT_FALSE(Value(other->ReplaceSegmentManifest("space", former, "late")));
  EXPECT_EQ(Value(catalog().SegmentManifest("space")), winner);
  EXPECT_THAT(Value(other->SegmentSpaces()), testing::ElementsAre("space"));
}

TEST_F(SegmentsTest, WhatDoesNotFitTheCatalogueIsNotUsed) {
  AddVectors(100);
  Build();
  IndexManifest manifest = Manifest();
  const std::string text = *Value(catalog().SegmentManifest("space"));
  manifest.library = "another";
  EXPECT_TRUE(Value(catalog().ReplaceSegmentManifest("space", text, ToText(manifest))));
  EXPECT_FALSE(follower_.Follow(catalog(), {}).ok());
  // Searches read the catalogue, and the next build writes all anew.
  VectorSearch search(home_.path() / "none", 1, &follower_);
  EXPECT_EQ(Value(search.Nearest(catalog(), "space", source_.Next(), 7, -1, {})).size(), 7U);
  EXPECT_EQ(Build().written, 100);
  CALOTYPE_ASSERT_OK(follower_.Follow(catalog(), {}));
  ExpectTheSame();
}

TEST_F(SegmentsTest, DamagedCopiesAreFetchedAgain) {
  AddVectors(500);
  Build();
  CALOTYPE_ASSERT_OK(follower_.Follow(catalog(), {}));
  for (const char* const name : {"codes", "vectors"}) {
    for (const fs::directory_entry& segment : fs::directory_iterator(local_ / "space")) {
      std::fstream file(segment.path() / name, std::ios::in | std::ios::out | std::ios::binary);
      file.seekp(name == std::string("codes") ? 4200 : 100);
      for (int i = 0; i < 400; ++i) {
        file.write("damage", 6);
      }
    }
    SegmentFollower follower(store_, local_);
    CALOTYPE_ASSERT_OK(follower.Follow(catalog(), {}));
    VectorSearch search(home_.path() / "none", 1, &follower);
    for (int i = 0; i < 20; ++i) {
      EXPECT_EQ(Value(search.Nearest(catalog(), "space", source_.Next(), 7, -1, {})).size(), 7U);
    }
    EXPECT_EQ(follower.Progress().segments, 0) << "it was noticed";
    CALOTYPE_ASSERT_OK(follower.Follow(catalog(), {}));
    ExpectTheSame({}, &follower);
  }
}

TEST_F(SegmentsTest, AStoredFileThatIsAnotherOneIsRefused) {
  AddVectors(500);
  Build();
  const std::string codes = Manifest().segments[0].codes.sha256;
  {
    std::fstream file(stored_ / "space" / codes, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(5000).write("damage", 6);
  }
  const Status followed = follower_.Follow(catalog(), {});
  EXPECT_TRUE(absl::IsDataLoss(followed)) << followed;
  EXPECT_THAT(Message(followed), testing::HasSubstr("does not match its hash"));
  EXPECT_EQ(Value(follower_.Nearest(catalog(), "space", source_.Next(), 7, 0, {})).state,
            SegmentFollower::State::kFetching);
  EXPECT_FALSE(fs::exists(local_ / "space" / Manifest().segments[0].Name() / "codes"));
}

// Bytes that a killed process fetched are not fetched again.
TEST_F(SegmentsTest, AnInterruptedCopyIsContinued) {
  AddVectors(500);
  Build();
  const IndexSegment segment = Manifest().segments[0];
  const fs::path place = local_ / "space" / segment.Name();
  const fs::path stored = stored_ / "space" / segment.vectors.sha256;
  fs::create_directories(place);
  fs::copy_file(stored, place / "vectors.part");
  fs::resize_file(place / "vectors.part", static_cast<uintmax_t>(segment.vectors.bytes / 2));
  {
    // If the first half was asked for again, this would be noticed.
    std::fstream file(stored, std::ios::in | std::ios::out | std::ios::binary);
    file.write("damage", 6);
  }
  CALOTYPE_ASSERT_OK(follower_.Follow(catalog(), {}));
  ExpectTheSame();
  // A part that belongs to another content is noticed by the hash, and begun anew.
  fs::remove_all(local_);
  fs::create_directories(place);
  std::ofstream(place / "codes.part") << "another content";
  SegmentFollower follower(store_, local_);
  EXPECT_TRUE(absl::IsDataLoss(follower.Follow(catalog(), {})));
  EXPECT_FALSE(fs::exists(place / "codes.part"));
}

TEST_F(SegmentsTest, NothingIsListedBeforeAllOfItIsStored) {
  EXPECT_FALSE(Build().changed) << "nothing was scanned";
  CALOTYPE_ASSERT_OK(follower_.Follow(catalog(), {}));
  EXPECT_EQ(follower_.Progress().all_segments, 0);
  AddVectors(50);
  std::stop_source stop;
  stop.request_stop();
  EXPECT_TRUE(absl::IsCancelled(
      BuildSegments(catalog(), "space", store_, home_.path() / "work", {.least_changes = 1}, stop.get_token())
          .status()));
  EXPECT_EQ(Value(catalog().SegmentManifest("space")), std::nullopt);
  Build();
  EXPECT_TRUE(absl::IsCancelled(follower_.Follow(catalog(), stop.get_token())));
  CALOTYPE_ASSERT_OK(follower_.Follow(catalog(), {}));
  ExpectTheSame();
}

}  // namespace
}  // namespace calotype
