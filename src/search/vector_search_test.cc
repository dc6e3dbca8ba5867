#include "search/vector_search.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <future>
#include <stop_token>
#include <thread>

#include "base/log.h"
#include "search/search_test_util.h"
#include "search/vector_index/vector_test_util.h"

namespace calotype {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kDimension = 64;

class VectorSearchTest : public SearchTest {
 protected:
  PhotoId AddVector(int number) { return AddPhoto("/photos/" + std::to_string(number), WithMeaning(source_.Next())); }
  void AddVectors(int count) {
    for (int i = 0; i < count; ++i) {
      AddVector(next_++);
    }
  }

  // Expects the same results with an index as without.
  void ExpectTheSame(VectorSearch& search, const PhotoChoice& choice = {}) {
    VectorSearch plain({});
    for (int i = 0; i < 10; ++i) {
      const std::vector<float> query = source_.Next();
      const auto expected = Value(plain.Nearest(catalog(), "space", query, 5, 0, choice));
      const auto found = Value(search.Nearest(catalog(), "space", query, 5, 0, choice));
      ASSERT_EQ(found.size(), expected.size());
      for (std::size_t hit = 0; hit < found.size(); ++hit) {
        EXPECT_EQ(found[hit].photo, expected[hit].photo);
        EXPECT_EQ(found[hit].score, expected[hit].score);
      }
    }
  }

  const TempFolder home_;
  const fs::path folder_ = home_.path() / "vectors";
  ClusteredVectors source_{kDimension, 6, 5};
  int next_ = 0;
};

TEST_F(VectorSearchTest, SmallLibrariesHaveNoIndex) {
  AddVectors(20);
  VectorSearch search(folder_, 21);
  ExpectTheSame(search);
  EXPECT_FALSE(fs::exists(folder_));
}

TEST_F(VectorSearchTest, FollowsAddedAndReplacedVectors) {
  AddVectors(200);
  VectorSearch search(folder_, 1);
  ExpectTheSame(search);
  EXPECT_TRUE(fs::exists(folder_ / "space/codes"));
  AddVectors(50);
  ExpectTheSame(search);
  // Analysed again: the same photos with new vectors.
  for (int i = 0; i < 250; i += 25) {
    AddVector(i);
  }
  ExpectTheSame(search);
  VectorSearch later(folder_, 1);
  ExpectTheSame(later);
}

TEST_F(VectorSearchTest, AbsentPhotosAreNotFoundAndComeBack) {
  AddVectors(100);
  VectorSearch search(folder_, 1);
  std::vector<std::string> gone;
  for (int i = 0; i < 100; i += 3) {
    gone.push_back("/photos/" + std::to_string(i));
  }
  CALOTYPE_ASSERT_OK(catalog().MarkMissing(gone));
  ExpectTheSame(search);
  PhotoSet other;
  other.Add(1);
  ExpectTheSame(search, {.except = &other});
  for (const std::string& path : gone) {
    Value(catalog().AddFile(path, StampOf(1), DigestOf(path)));
  }
  ExpectTheSame(search);
  CALOTYPE_ASSERT_OK(catalog().MarkMissing(gone));
  EXPECT_GT(Value(catalog().DeleteMissing(time(nullptr) + 10)), 0);
  ExpectTheSame(search);
}

TEST_F(VectorSearchTest, ADamagedIndexIsRebuilt) {
  AddVectors(100);
  for (const char* name : {"codes", "vectors"}) {
    {
      VectorSearch search(folder_, 1);
      ExpectTheSame(search);
    }
    std::fstream file(folder_ / "space" / name, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(name == std::string("codes") ? 4100 : 100).write("damage", 6);
    file.close();
    VectorSearch search(folder_, 1);
    ExpectTheSame(search);
  }
  fs::resize_file(folder_ / "space/codes", 5000);
  VectorSearch search(folder_, 1);
  ExpectTheSame(search);
  fs::remove_all(folder_);
  VectorSearch anew(folder_, 1);
  ExpectTheSame(anew);
}

TEST_F(VectorSearchTest, AnIndexOfAnotherVersionIsRebuiltWithoutAWarning) {
  AddVectors(100);
  for (const uint32_t version : {2, 4}) {
    {
      VectorSearch search(folder_, 1);
      ExpectTheSame(search);
    }
    SetVersionOfIndex(folder_ / "space/codes", version);
    std::vector<std::string> informed;
    std::vector<std::string> warned;
    SetLogLevel(LogLevel::kInfo);
    SetLogSink([&](LogLevel level, std::string_view message) {
      (level == LogLevel::kInfo ? informed : warned).emplace_back(message);
    });
    VectorSearch search(folder_, 1);
    ExpectTheSame(search);
    VectorSearch later(folder_, 1);
    ExpectTheSame(later);
    SetLogSink({});
    SetLogLevel(LogLevel::kNotice);
    EXPECT_THAT(informed, testing::ElementsAre(testing::HasSubstr(fmt::format("its format has version {}", version))));
    EXPECT_THAT(warned, testing::IsEmpty());
  }
}

TEST_F(VectorSearchTest, WorksWithoutAWritableFolder) {
  AddVectors(10);
  VectorSearch search("/proc/nowhere", 1);
  ExpectTheSame(search);
}

TEST_F(VectorSearchTest, UsesTheFormerIndexWhileAnotherThreadRebuildsIt) {
  AddVectors(100);
  VectorSearch search(folder_, 1);
  const std::vector<float> query = source_.Next();
  const PhotoId former = Value(search.Nearest(catalog(), "space", query, 1, -1, {})).at(0).photo;
  SetVersionOfIndex(folder_ / "space/codes", 2);  // must be rebuilt, which is logged
  const PhotoId added = AddPhoto("/photos/added", WithMeaning(query));

  // The log holds the rebuilding thread until this one has searched.
  std::promise<void> rebuilding;
  std::promise<void> searched;
  SetLogLevel(LogLevel::kInfo);
  SetLogSink([&](LogLevel, std::string_view) {
    rebuilding.set_value();
    EXPECT_EQ(searched.get_future().wait_for(std::chrono::seconds(20)), std::future_status::ready);
  });
  std::jthread rebuilder([&] {
    const auto connection = Connect();
    EXPECT_EQ(Value(search.Nearest(*connection, "space", query, 1, -1, {})).at(0).photo, added);
  });
  ASSERT_EQ(rebuilding.get_future().wait_for(std::chrono::seconds(20)), std::future_status::ready);
  EXPECT_EQ(Value(search.Nearest(catalog(), "space", query, 1, -1, {})).at(0).photo, former);
  searched.set_value();
  rebuilder.join();
  SetLogSink({});
  SetLogLevel(LogLevel::kNotice);
  EXPECT_EQ(Value(search.Nearest(catalog(), "space", query, 1, -1, {})).at(0).photo, added);
}

TEST_F(VectorSearchTest, ThreadsSearchWhileTheIndexIsUpdatedAndRebuilt) {
  constexpr int kKept = 60;
  constexpr int kReplaced = 40;  // more than a quarter: every second update rebuilds the index
  std::vector<std::pair<PhotoId, std::vector<float>>> kept;
  for (int i = 0; i < kKept; ++i) {
    const std::vector<float> vector = source_.Next();
    kept.emplace_back(AddPhoto("/photos/kept" + std::to_string(i), WithMeaning(vector)), vector);
  }
  AddVectors(kReplaced);
  VectorSearch search(folder_, 1);
  std::atomic<int> searches = 0;
  std::vector<std::jthread> threads;
  for (std::size_t thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&, thread](const std::stop_token& stop) {
      const auto connection = Connect();
      for (std::size_t i = thread; !stop.stop_requested(); ++i) {
        const auto& [photo, vector] = kept[i % kept.size()];
        const auto found = Value(search.Nearest(*connection, "space", vector, 3, -1, {}));
        ASSERT_EQ(found.size(), 3);
        EXPECT_EQ(found[0].photo, photo);
        EXPECT_NEAR(found[0].score, 1, 0.01);
        ++searches;
      }
    });
  }
  for (int round = 0; round < 6; ++round) {
    for (int i = 0; i < kReplaced; ++i) {
      AddVector(i);
    }
    const int before = searches;
    while (searches < before + 8) {
      std::this_thread::yield();
    }
  }
  threads.clear();
  ExpectTheSame(search);
}

}  // namespace
}  // namespace calotype
