#include "search/vector_index/vector_index.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <set>

#include "catalog/test_data.h"
#include "search/vector_index/dot.h"
#include "search/vector_index/vector_test_util.h"

namespace calotype {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kDimension = 192;
constexpr std::streamsize kHeaderBytes = 4096;

TEST(RotationTest, PreservesLengthsAndAngles) {
  for (const std::size_t dimension : {64, 100, 192, 384, 512, 768, 1152}) {
    const Rotation rotation(dimension);
    ClusteredVectors vectors(dimension, 3, 7);
    const std::vector<float> a = vectors.Next();
    const std::vector<float> b = vectors.Next();
    std::vector<float> turned_a(rotation.padded());
    std::vector<float> turned_b(rotation.padded());
    rotation.Apply(a, turned_a);
    rotation.Apply(b, turned_b);
    EXPECT_NEAR(Dot(turned_a, turned_a), 1, 1e-4) << dimension;
    EXPECT_NEAR(Dot(turned_a, turned_b), Dot(a, b), 1e-4) << dimension;
  }
}

class VectorIndexTest : public testing::Test {
 protected:
  fs::path folder() const { return home_.path() / "space"; }
  std::unique_ptr<VectorIndex> Open() const { return Value(VectorIndex::Open(folder(), kDimension, "library")); }

  // Appends `count` vectors for photos from `first` on.
  void Fill(VectorIndex& index, PhotoId first, int count) {
    for (int i = 0; i < count; ++i) {
      const std::vector<uint16_t> halves = source_.NextHalves();
      CALOTYPE_ASSERT_OK(index.Append(first + i, halves));
      stored_[first + i] = halves;
    }
  }

  std::vector<ScoredPhoto> Exact(std::span<const float> query, std::size_t count, const PhotoChoice& choice) const {
    TopHits top(count);
    for (const auto& [photo, halves] : stored_) {
      if (choice.Allows(photo)) {
        top.Add({.photo = photo, .score = DotHalves(query, halves)});
      }
    }
    return top.Take();
  }

  // The share of the ten nearest vectors that are found, over some queries.
  double Recall(const VectorIndex& index, const PhotoChoice& choice = {}) {
    int found = 0;
    int wanted = 0;
    for (int i = 0; i < 50; ++i) {
      const std::vector<float> query = source_.Next();
      std::set<PhotoId> truth;
      for (const ScoredPhoto& hit : Exact(query, 10, choice)) {
        truth.insert(hit.photo);
      }
      const auto hits = Value(index.Nearest(query, 10, -1, choice));
      EXPECT_TRUE(std::ranges::is_sorted(hits, IsBetter));
      wanted += static_cast<int>(truth.size());
      for (const ScoredPhoto& hit : hits) {
        found += static_cast<int>(truth.count(hit.photo));
        EXPECT_EQ(hit.score, DotHalves(query, stored_.at(hit.photo)));
        EXPECT_TRUE(choice.Allows(hit.photo));
      }
    }
    return static_cast<double>(found) / wanted;
  }

  // Starts a process that appends and commits, and kills it after a time.
  void KillWriterAfter(int microseconds) {
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      const auto index = VectorIndex::Open(folder(), kDimension, "library");
      ClusteredVectors own(kDimension, 5, 99);
      for (PhotoId photo = 1'000'000; index.ok(); ++photo) {
        if (!(*index)->Append(photo, own.NextHalves()).ok() || (photo % 50 == 0 && !(*index)->Commit(photo).ok())) {
          break;
        }
      }
      _exit(1);
    }
    usleep(static_cast<useconds_t>(microseconds));
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
  }

  std::string ReadHeaders() const {
    std::string headers(kHeaderBytes, 0);
    std::ifstream(folder() / "codes", std::ios::binary).read(headers.data(), kHeaderBytes);
    return headers;
  }
  void WriteHeaders(const std::string& headers) const {
    std::fstream(folder() / "codes", std::ios::in | std::ios::out | std::ios::binary)
        .write(headers.data(), kHeaderBytes);
  }

  // All photos and scores, the nearest first.
  static std::vector<std::pair<PhotoId, float>> Pairs(const VectorIndex& index, std::span<const float> query) {
    std::vector<std::pair<PhotoId, float>> pairs;
    for (const ScoredPhoto& hit : Value(index.Nearest(query, index.state().count, -1, {}))) {
      pairs.emplace_back(hit.photo, hit.score);
    }
    return pairs;
  }

  const TempFolder home_;
  ClusteredVectors source_{kDimension, 40, 1};
  std::map<PhotoId, std::vector<uint16_t>> stored_;
};

TEST_F(VectorIndexTest, FindsTheNeighboursThatAnExactScanFinds) {
  const auto index = Open();
  EXPECT_THAT(Value(index->Nearest(source_.Next(), 10, -1, {})), testing::IsEmpty());
  Fill(*index, 1, 10'000);
  CALOTYPE_ASSERT_OK(index->Commit(5));
  EXPECT_EQ(index->state().count, 10'000U);
  EXPECT_EQ(index->state().last_change, 5);
  EXPECT_GE(Recall(*index), 0.99);
}

TEST_F(VectorIndexTest, FiltersAreAppliedInTheScan) {
  const auto index = Open();
  Fill(*index, 1, 6000);
  CALOTYPE_ASSERT_OK(index->Commit(1));
  PhotoSet few;
  PhotoSet many;
  for (PhotoId photo = 1; photo <= 6000; ++photo) {
    if (photo % 500 == 3) {
      few.Add(photo);
    }
    if (photo % 3 != 0) {
      many.Add(photo);
    }
  }
  EXPECT_EQ(Recall(*index, {.only = &few}), 1);
  EXPECT_GE(Recall(*index, {.only = &many}), 0.99);
  EXPECT_GE(Recall(*index, {.except = &many}), 0.99);
  EXPECT_GE(Recall(*index, {.only = &many, .except = &few}), 0.99);
}

TEST_F(VectorIndexTest, VectorsBelowTheFloorAreLeftOut) {
  const auto index = Open();
  Fill(*index, 1, 500);
  CALOTYPE_ASSERT_OK(index->Commit(1));
  const std::vector<float> query = source_.Next();
  for (const ScoredPhoto& hit : Value(index->Nearest(query, 500, 0.5F, {}))) {
    EXPECT_GE(hit.score, 0.5F);
  }
  EXPECT_THAT(Value(index->Nearest(query, 500, 1.5F, {})), testing::IsEmpty());
}

TEST_F(VectorIndexTest, ReplacedAndRemovedVectorsStayDeletedAfterReopening) {
  auto index = Open();
  Fill(*index, 1, 5000);
  CALOTYPE_ASSERT_OK(index->Commit(1));
  std::unordered_set<PhotoId> changed;
  for (PhotoId photo = 1; photo <= 5000; photo += 7) {
    changed.insert(photo);
  }
  CALOTYPE_ASSERT_OK(index->RemovePhotos(changed));
  for (const PhotoId photo : changed) {
    stored_.erase(photo);
    if (photo % 2 == 0) {
      Fill(*index, photo, 1);
    }
  }
  CALOTYPE_ASSERT_OK(index->Commit(2));
  EXPECT_GE(Recall(*index), 0.99);
  index = Open();
  EXPECT_EQ(index->state().gone, changed.size());
  EXPECT_GE(Recall(*index), 0.99);
}

TEST_F(VectorIndexTest, UncommittedVectorsAreNotThereAfterReopening) {
  auto index = Open();
  Fill(*index, 1, 100);
  CALOTYPE_ASSERT_OK(index->Commit(1));
  for (int i = 0; i < 5000; ++i) {
    CALOTYPE_ASSERT_OK(index->Append(1000 + i, source_.NextHalves()));
  }
  index = Open();
  EXPECT_EQ(index->state().count, 100U);
  EXPECT_EQ(Recall(*index), 1);
}

TEST_F(VectorIndexTest, AReaderSeesTheStateInWhichItOpened) {
  const auto writer = Open();
  Fill(*writer, 1, 4000);
  CALOTYPE_ASSERT_OK(writer->Commit(1));
  const auto reader = Open();
  const auto before = stored_;
  Fill(*writer, 4001, 4000);
  CALOTYPE_ASSERT_OK(writer->RemovePhotos({5, 6}));
  CALOTYPE_ASSERT_OK(writer->Commit(2));
  stored_ = before;
  EXPECT_GE(Recall(*reader), 0.99);
}

TEST_F(VectorIndexTest, GroupsWrittenInPiecesEqualGroupsWrittenAtOnce) {
  const auto append = [](VectorIndex& index, PhotoId first, std::span<const std::vector<uint16_t>> vectors) {
    for (const std::vector<uint16_t>& halves : vectors) {
      CALOTYPE_ASSERT_OK(index.Append(first++, halves));
    }
    CALOTYPE_ASSERT_OK(index.Commit(1));
  };
  std::vector<std::vector<uint16_t>> vectors;
  // Sizes at the beginning, inside and at the end of groups and of a block.
  for (const int piece : {1, 62, 1, 1, 127, 3904, 3, 200, 56}) {
    const std::size_t first = vectors.size();
    for (int i = 0; i < piece; ++i) {
      vectors.push_back(source_.NextHalves());
    }
    if (first > 0) {
      // The state that a writer leaves if it dies just before it writes its header.
      const std::string headers = ReadHeaders();
      std::vector<std::vector<uint16_t>> lost(100, vectors[0]);
      append(*Open(), 10'000, lost);
      WriteHeaders(headers);
    }
    append(*Open(), static_cast<PhotoId>(first + 1), std::span(vectors).subspan(first));
  }
  const auto grown = Open();
  const auto at_once = Value(VectorIndex::Open(home_.path() / "other", kDimension, "library"));
  append(*at_once, 1, vectors);
  EXPECT_EQ(grown->state().count, at_once->state().count);
  for (int i = 0; i < 20; ++i) {
    const std::vector<float> query = source_.Next();
    EXPECT_EQ(Pairs(*grown, query), Pairs(*at_once, query));
  }
}

TEST_F(VectorIndexTest, AReaderSeesNoChangeWhileItsLastGroupGrows) {
  const auto writer = Open();
  Fill(*writer, 1, 70);
  CALOTYPE_ASSERT_OK(writer->Commit(1));
  const std::vector<float> query = source_.Next();
  const auto expected = Pairs(*writer, query);
  const auto looked_before = Open();
  EXPECT_EQ(Pairs(*looked_before, query), expected);
  const auto looks_later = Open();
  Fill(*writer, 71, 50);
  CALOTYPE_ASSERT_OK(writer->Commit(2));
  EXPECT_EQ(Pairs(*looked_before, query), expected);
  EXPECT_EQ(Pairs(*looks_later, query), expected);  // verifies every record now
  EXPECT_EQ(Pairs(*Open(), query).size(), 120U);
}

TEST_F(VectorIndexTest, AKilledWriterLeavesAnIntactIndex) {
  for (int kill = 0; kill < 25; ++kill) {
    KillWriterAfter(500 + kill * 700);
    const auto index = VectorIndex::Open(folder(), kDimension, "library");
    ASSERT_TRUE(index.ok() || absl::IsDataLoss(index.status())) << index.status();
    if (!index.ok()) {
      // Killed between creating the files and writing the first header: recognised and rebuilt.
      CALOTYPE_ASSERT_OK(VectorFile::Remove(folder()));
      continue;
    }
    EXPECT_EQ((*index)->Nearest(source_.Next(), 10, -1, {}).status(), absl::OkStatus()) << "after kill " << kill;
  }
}

TEST_F(VectorIndexTest, ATruncatedFileIsDamaged) {
  {
    const auto index = Open();
    Fill(*index, 1, 5000);
    CALOTYPE_ASSERT_OK(index->RemovePhotos({}));
    CALOTYPE_ASSERT_OK(index->Commit(1));
  }
  for (const char* name : {"codes", "vectors", "mean"}) {
    const fs::path file = folder() / name;
    const auto size = fs::file_size(file);
    const fs::path copy = home_.path() / "copy";
    fs::copy_file(file, copy, fs::copy_options::overwrite_existing);
    for (const double part : {0.0001, 0.3, 0.6, 0.99}) {
      fs::resize_file(file, static_cast<std::uintmax_t>(static_cast<double>(size) * part));
      EXPECT_TRUE(absl::IsDataLoss(VectorIndex::Open(folder(), kDimension, "library").status())) << name << part;
      fs::copy_file(copy, file, fs::copy_options::overwrite_existing);
    }
  }
  EXPECT_GE(Recall(*Open()), 0.99);
}

TEST_F(VectorIndexTest, AFlippedBitNeverReachesAResult) {
  {
    const auto index = Open();
    Fill(*index, 1, 300);
    CALOTYPE_ASSERT_OK(index->Commit(1));
    CALOTYPE_ASSERT_OK(index->RemovePhotos({3}));
    CALOTYPE_ASSERT_OK(index->Commit(2));
  }
  const std::vector<float> query = source_.Next();
  const auto whole = Value(Open()->Nearest(query, 300, -1, {}));
  int told = 0;
  int harmless = 0;
  std::mt19937 random(3);
  // Only bytes that were written: space is reserved for a whole block and a whole group.
  constexpr std::uintmax_t kWritten = 256 * kDimension / 8;
  struct Place {
    const char* file;
    std::uintmax_t first;
    std::uintmax_t count;
  };
  constexpr std::uintmax_t kSizes = kHeaderBytes + VectorFile::kBlock * kDimension / 8;
  for (const auto& [name, first, count] : std::vector<Place>{{"codes", 0, kHeaderBytes + kWritten},
                                                             {"codes", kSizes, kWritten},
                                                             {"vectors", 0, kHeaderBytes + kWritten},
                                                             {"gone", 0, kWritten},
                                                             {"mean", 0, kWritten}}) {
    for (int flip = 0; flip < 60; ++flip) {
      std::fstream file(folder() / name, std::ios::in | std::ios::out | std::ios::binary);
      const auto size = std::min(fs::file_size(folder() / name), first + count);
      const auto at = static_cast<std::streamoff>(first + random() % (size - first));
      const auto mask = static_cast<char>(1U << (random() % 8));
      const auto flip_bit = [&] {
        char byte = 0;
        file.seekg(at).read(&byte, 1);
        byte = static_cast<char>(byte ^ mask);
        file.seekp(at).write(&byte, 1);
        file.flush();
      };
      flip_bit();
      const auto index = VectorIndex::Open(folder(), kDimension, "library");
      const auto hits = index.ok() ? (*index)->Nearest(query, 300, -1, {}) : index.status();
      if (hits.ok()) {
        ++harmless;  // padding, or the older of the two headers
        ASSERT_EQ(hits->size(), (*index)->state().last_change == 2 ? whole.size() : 300U);
      } else {
        EXPECT_TRUE(absl::IsDataLoss(hits.status())) << hits.status();
        ++told;
      }
      flip_bit();
    }
  }
  EXPECT_GT(told, 180) << harmless;
}

TEST_F(VectorIndexTest, AnIndexOfAnotherLibraryOrDimensionIsRefused) {
  {
    const auto index = Open();
    Fill(*index, 1, 10);
    CALOTYPE_ASSERT_OK(index->Commit(1));
  }
  EXPECT_TRUE(absl::IsDataLoss(VectorIndex::Open(folder(), kDimension, "other").status()));
  EXPECT_TRUE(absl::IsDataLoss(VectorIndex::Open(folder(), kDimension + 64, "library").status()));
}

TEST_F(VectorIndexTest, AnotherVersionIsReported) {
  {
    const auto index = Open();
    Fill(*index, 1, 10);
    CALOTYPE_ASSERT_OK(index->Commit(1));
    CALOTYPE_ASSERT_OK(index->Commit(2));
  }
  SetVersionOfIndex(folder() / "codes", 3);  // the current version: shows that the checksums are right
  EXPECT_EQ(Open()->state().count, 10U);
  SetVersionOfIndex(folder() / "codes", 1);
  const Status status = VectorIndex::Open(folder(), kDimension, "library").status();
  EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
  EXPECT_THAT(status.message(), testing::HasSubstr("version 1"));
}

}  // namespace
}  // namespace calotype
