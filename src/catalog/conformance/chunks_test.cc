// WorkSource: chunks of photos, their leases and what happens when owners die.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <optional>
#include <set>

#include "catalog/conformance/catalog_test.h"
#include "catalog/sql_catalog.h"

namespace calotype {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing::UnorderedElementsAre;

const std::vector<AnalysisVersion> kRequired = {{"decode", "v1"}, {"objects", "v1"}};
const std::vector<std::string> kNames = {"decode", "objects"};
constexpr int kAll = 10'000;

class ChunksTest : public CatalogTest {
 protected:
  ChunksTest() { EXPECT_EQ(Message(catalog().RequireAnalyses(kRequired)), ""); }

  // In another container, where nobody can see what it was working on.
  WorkSource& NewSourceElsewhere() {
    WorkOwner owner = NewWorkOwner();
    ++owner.pid_namespace;
    return NewSource(owner, [](const WorkOwner&) { return std::nullopt; });
  }
  std::unique_ptr<Catalog> OpenRows() const { return OpenAnother(); }
  static Database& RowsOf(Catalog& catalog) { return dynamic_cast<SqlCatalog&>(catalog).unlocked_database(); }
  int64_t Number(std::string_view query) const {
    const auto rows = OpenRows();
    return Value(RowsOf(*rows).QueryInt(query)).value_or(-1);
  }
  void EndLease(const WorkSource& source) const {
    const auto rows = OpenRows();
    EXPECT_EQ(
        Message(RowsOf(*rows).Execute("UPDATE work_owner SET expires_at = 0, expires_boot_ms = 0 WHERE random = ?1",
                                      source.owner().random)),
        "");
  }
  // Everything that results and claims can change.
  std::string Dump() const {
    const auto rows = OpenRows();
    std::string text;
    for (const std::string_view query :
         {"SELECT photo_id, analysis, state, attempts, reason, version, priority, kills FROM analysis ORDER BY 1, 2",
          "SELECT photo_id, chunk_id, 0, 0, '', '', 0, 0 FROM claim ORDER BY 1",
          "SELECT id, coalesce(owner_id, 0), token, attempts, analyses, '', priority, 0 FROM chunk ORDER BY 1",
          "SELECT photo_id, label_id, 0, 0, '', '', 0, 0 FROM object ORDER BY 1, 2",
          "SELECT number, photo_id, 0, 0, '', '', 0, 0 FROM photo_change ORDER BY 1"}) {
      Statement statement = Value(RowsOf(*rows).Query(query));
      EXPECT_EQ(Message(statement.ForEach([&text](const Statement& row) {
                  for (int column = 0; column < 8; ++column) {
                    text += row.Text(column) + " ";
                  }
                  text += "\n";
                })),
                "");
    }
    return text;
  }

  std::vector<PhotoId> AddPhotos(int count) {
    const auto connection = OpenAnother();
    const auto transaction = Value(connection->BeginTransaction());
    std::vector<PhotoId> photos;
    for (int i = 0; i < count; ++i, ++added_) {
      photos.push_back(
          Value(connection->AddFile(fmt::format("/{:04}", added_), StampOf(100), DigestOf(fmt::format("{}", added_)))));
    }
    EXPECT_EQ(Message(transaction->Commit()), "");
    return photos;
  }
  static std::vector<PhotoId> IdsOf(const std::vector<WorkItem>& items) {
    std::vector<PhotoId> ids;
    for (const WorkItem& item : items) {
      ids.push_back(item.photo);
    }
    return ids;
  }
  static PhotoResult ResultOf(PhotoId photo, const std::string& label = "dog") {
    PhotoResult result;
    result.id = photo;
    result.findings.objects = {{.label = label, .score = 0.5F, .box = {}}};
    result.outcomes = {Done("decode"), Done("objects")};
    return result;
  }
  static std::vector<PhotoResult> ResultsOf(const std::vector<WorkItem>& items) {
    std::vector<PhotoResult> results;
    for (const WorkItem& item : items) {
      results.push_back(ResultOf(item.photo));
    }
    return results;
  }
  static void Finish(WorkSource& source, const std::vector<WorkItem>& items) {
    EXPECT_THAT(Value(source.Ack(ResultsOf(items))), IsEmpty());
  }

 private:
  int added_ = 0;
};
INSTANTIATE_TEST_SUITE_P(Backends, ChunksTest, testing::ValuesIn(Backends()), BackendName);

TEST_P(ChunksTest, WhoSleepsPastItsLeaseAndReturnsChangesNothing) {
  const std::vector<PhotoId> photos = AddPhotos(4);
  WorkSource& sleeper = NewSourceElsewhere();
  ASSERT_THAT(Value(sleeper.Next(kNames, 4)), SizeIs(4));
  EndLease(sleeper);
  WorkSource& next = NewSourceElsewhere();
  const auto taken = Value(next.Next(kNames, 1));
  ASSERT_THAT(taken, SizeIs(1));
  Finish(next, taken);
  ASSERT_THAT(Value(next.Next(kNames, 1)), SizeIs(1));

  const std::string before = Dump();
  std::vector<PhotoResult> late;
  for (const PhotoId photo : photos) {
    late.push_back(ResultOf(photo, "late"));
  }
  CALOTYPE_ASSERT_OK(sleeper.Nack(std::vector{photos[0]}, "late"));
  CALOTYPE_ASSERT_OK(sleeper.Release(std::vector{photos[1]}));
  EXPECT_EQ(Value(sleeper.Ack(late)), photos);
  EXPECT_EQ(Dump(), before);
  // Nor when it has a lease again.
  CALOTYPE_ASSERT_OK(sleeper.Extend());
  EXPECT_EQ(Value(sleeper.Ack(late)), photos);
  CALOTYPE_ASSERT_OK(sleeper.Nack(photos, "late"));
  CALOTYPE_ASSERT_OK(sleeper.Release(photos));
  EXPECT_EQ(Dump(), before);
  CALOTYPE_ASSERT_OK(sleeper.Close());
  EXPECT_EQ(Dump(), before);
}

TEST_P(ChunksTest, AResultOfAnEarlierLeaseOfTheChunkIsNotStored) {
  const std::vector<PhotoId> photos = AddPhotos(2);
  WorkSource& source = NewSourceElsewhere();
  const auto items = Value(source.Next(kNames, 2));
  ASSERT_THAT(items, SizeIs(2));
  {
    const auto rows = OpenRows();  // as if the chunk had been given to the same owner again
    CALOTYPE_ASSERT_OK(RowsOf(*rows).Execute("UPDATE chunk SET token = token + 1"));
  }
  const std::string before = Dump();
  EXPECT_EQ(Value(source.Ack(ResultsOf(items))), photos);
  EXPECT_EQ(Dump(), before);
}

TEST_P(ChunksTest, TheTokenGrowsWithEveryLease) {
  AddPhotos(1);
  int64_t last = 0;
  for (int lease = 0; lease < 3; ++lease) {
    WorkSource& source = NewSourceElsewhere();
    ASSERT_THAT(Value(source.Next(kNames, 1)), SizeIs(1));
    const int64_t token = Number("SELECT token FROM chunk");
    EXPECT_GT(token, last);
    last = token;
    EndLease(source);
  }
}

TEST_P(ChunksTest, PhotosAreClaimedInChunksAndReturnedInParts) {
  constexpr int kPhotos = 900;
  const std::vector<PhotoId> photos = AddPhotos(kPhotos);
  WorkSource& source = NewSource();
  const auto first = Value(source.Next(kNames, 10));
  EXPECT_EQ(IdsOf(first), std::vector(photos.begin(), photos.begin() + 10));
  EXPECT_EQ(CountsOf("objects").running, 256) << "the chunk";
  const auto second = Value(source.Next(kNames, 20));
  EXPECT_EQ(IdsOf(second), std::vector(photos.begin() + 10, photos.begin() + 30));
  EXPECT_EQ(CountsOf("objects").running, 256);
  EXPECT_EQ(CountsOf("objects").pending, kPhotos - 256);
  Finish(source, first);
  EXPECT_EQ(CountsOf("objects").running, 246);
  CALOTYPE_ASSERT_OK(source.Close());
  EXPECT_EQ(CountsOf("objects").running, 0);
  EXPECT_EQ(CountsOf("objects").pending, kPhotos - 10);
}

TEST_P(ChunksTest, AFinishedChunkLeavesNoRow) {
  AddPhotos(300);
  WorkSource& source = NewSource();
  for (auto items = Value(source.Next(kNames, 100)); !items.empty(); items = Value(source.Next(kNames, 100))) {
    Finish(source, items);
  }
  EXPECT_EQ(CountsOf("objects").done, 300);
  EXPECT_EQ(Number("SELECT count(*) FROM chunk"), 0);
  EXPECT_EQ(Number("SELECT count(*) FROM claim"), 0);
}

TEST_P(ChunksTest, NearTheEndChunksAreSmallSoThatOwnersFinishTogether) {
  constexpr int kPhotos = 600;
  constexpr int kOwners = 4;
  AddPhotos(kPhotos);
  std::vector<WorkSource*> sources;
  for (int i = 0; i < kOwners; ++i) {
    sources.push_back(&NewSource());
  }
  // Each takes as long for a photo as the others.
  std::map<WorkSource*, int> done;
  for (bool more = true; more;) {
    more = false;
    for (WorkSource* const source : sources) {
      const auto items = Value(source->Next(kNames, 8));
      Finish(*source, items);
      done[source] += static_cast<int>(items.size());
      more = more || !items.empty();
    }
  }
  for (const auto& [source, count] : done) {
    EXPECT_NEAR(count, kPhotos / kOwners, 40);
  }
  EXPECT_EQ(CountsOf("objects").done, kPhotos);
}

TEST_P(ChunksTest, WorkCanBeBookedInAdvance) {
  AddPhotos(900);
  WorkSource& coordinator = NewSource();
  EXPECT_EQ(Value(coordinator.Book(kNames, 600)), 600 / 256 * 256) << "whole chunks";
  EXPECT_EQ(CountsOf("objects").pending, 900) << "nobody works on them";
  EXPECT_THAT(Value(catalog().Check()), IsEmpty());
  WorkSource& first = NewSource();
  WorkSource& second = NewSource();
  std::vector<PhotoId> taken = IdsOf(Value(first.Next(kNames, 256)));
  const std::vector<PhotoId> others = IdsOf(Value(second.Next(kNames, 256)));
  EXPECT_THAT(taken, SizeIs(256));
  EXPECT_THAT(others, SizeIs(256));
  taken.insert(taken.end(), others.begin(), others.end());
  EXPECT_THAT(std::set(taken.begin(), taken.end()), SizeIs(512));
  EXPECT_EQ(Value(coordinator.Book(kNames, kAll)), 900 - 512);
  EXPECT_EQ(Value(coordinator.Book(kNames, kAll)), 0);
}

TEST_P(ChunksTest, BookedPhotosThatAreNoWorkAnyMoreAreNotReturned) {
  const std::vector<PhotoId> photos = AddPhotos(4);
  CALOTYPE_ASSERT_OK(NewSource().Book(kNames, kAll).status());
  CALOTYPE_ASSERT_OK(StoreOne(ResultOf(photos[0])));
  CALOTYPE_ASSERT_OK(catalog().MarkMissing(std::vector<std::string>{"/0001"}));
  Add("/0002", "another content");
  WorkSource& source = NewSource();
  std::vector<WorkItem> items = Value(source.Next(kNames, 10));
  EXPECT_THAT(items, SizeIs(2)) << "the one at /0002 has no file";
  Finish(source, items);
  EXPECT_THAT(Value(source.Next(kNames, 10)), IsEmpty());
  EXPECT_EQ(Value(source.HeldByOthers()), 0);
  EXPECT_EQ(Number("SELECT count(*) FROM chunk"), 0);
}

TEST_P(ChunksTest, WhatWasBookedForSomeAnalysesIsThereForOthers) {
  AddPhotos(3);
  CALOTYPE_ASSERT_OK(NewSource().Book(kNames, kAll).status());
  WorkSource& source = NewSource();
  auto items = Value(source.Next(std::vector<std::string>{"objects"}, 10));
  ASSERT_THAT(items, SizeIs(3));
  EXPECT_THAT(items[0].analyses, ElementsAre("objects"));
  EXPECT_EQ(CountsOf("objects").running, 3);
  EXPECT_EQ(CountsOf("decode").running, 0);
  EXPECT_THAT(Value(source.Next(std::vector<std::string>{"text"}, 10)), IsEmpty());
  for (const WorkItem& item : items) {
    PhotoResult result = ResultOf(item.photo);
    result.outcomes.erase(result.outcomes.begin());
    EXPECT_THAT(Value(source.Ack(std::vector{result})), IsEmpty());
  }
  EXPECT_THAT(Value(source.Next(std::vector<std::string>{"objects"}, 10)), IsEmpty());
  items = Value(source.Next(kNames, 10));
  ASSERT_THAT(items, SizeIs(3));
  EXPECT_THAT(items[0].analyses, ElementsAre("decode"));
}

TEST_P(ChunksTest, ARequestedPhotoComesNextWhereverItIs) {
  const std::vector<PhotoId> photos = AddPhotos(900);
  WorkSource& source = NewSource();
  ASSERT_THAT(Value(source.Next(kNames, 10)), SizeIs(10));
  CALOTYPE_ASSERT_OK(catalog().Prioritise(photos[200]));  // in the chunk of the source
  CALOTYPE_ASSERT_OK(catalog().Prioritise(photos[890]));  // in none
  EXPECT_THAT(IdsOf(Value(source.Next(kNames, 3))), UnorderedElementsAre(photos[890], photos[200], photos[10]));
  WorkSource& other = NewSource();
  CALOTYPE_ASSERT_OK(other.Book(kNames, 256).status());
  CALOTYPE_ASSERT_OK(catalog().Prioritise(photos[400]));  // in a free chunk
  CALOTYPE_ASSERT_OK(catalog().Prioritise(photos[11]));   // in that of the other source
  EXPECT_EQ(IdsOf(Value(other.Next(kNames, 2))).front(), photos[400]);
  EXPECT_THAT(Value(catalog().Check()), IsEmpty());
  // Each is there once.
  std::vector<PhotoId> all = {photos[400]};
  for (WorkSource* const one : {&source, &other}) {
    for (auto items = Value(one->Next(kNames, 100)); !items.empty(); items = Value(one->Next(kNames, 100))) {
      const std::vector<PhotoId> ids = IdsOf(items);
      all.insert(all.end(), ids.begin(), ids.end());
    }
  }
  EXPECT_THAT(std::set(all.begin(), all.end()), SizeIs(all.size()));
}

TEST_P(ChunksTest, ARetryOfAPhotoInWorkRuns) {
  const std::vector<PhotoId> photos = AddPhotos(1);
  PhotoResult failed;
  failed.id = photos[0];
  failed.outcomes = {Failed("objects", "no")};
  CALOTYPE_ASSERT_OK(StoreOne(failed));
  WorkSource& source = NewSource();
  const auto decoding = Value(source.Next(kNames, 1));
  ASSERT_THAT(decoding, SizeIs(1));
  EXPECT_THAT(decoding[0].analyses, ElementsAre("decode"));
  EXPECT_EQ(Value(catalog().RetryFailed({})), 1);
  EXPECT_THAT(Value(source.Next(kNames, 1)), IsEmpty()) << "the source works on it";
  EXPECT_THAT(Value(source.Ack(std::vector{ResultOf(photos[0], "before the retry")})), ElementsAre(photos[0]));
  const auto again = Value(source.Next(kNames, 1));
  ASSERT_THAT(again, SizeIs(1));
  EXPECT_THAT(again[0].analyses, ElementsAre("decode", "objects"));
  Finish(source, again);
}

TEST_P(ChunksTest, AnotherVersionThatIsWantedOfAPhotoInWorkRuns) {
  const std::vector<PhotoId> photos = AddPhotos(1);
  WorkSource& source = NewSource();
  ASSERT_THAT(Value(source.Next(kNames, 1)), SizeIs(1));
  const std::vector<AnalysisVersion> wanted = {{"decode", "v1"}, {"objects", "v2"}};
  CALOTYPE_ASSERT_OK(catalog().RequireAnalyses(wanted));
  EXPECT_THAT(Value(source.Ack(std::vector{ResultOf(photos[0])})), ElementsAre(photos[0]));
  EXPECT_EQ(CountsOf("objects").pending, 1);
  // A worker that has the models of before claims it, and must not end the wish.
  ASSERT_THAT(Value(source.Next(kNames, 1)), SizeIs(1));
  EXPECT_THAT(Value(source.Ack(std::vector{ResultOf(photos[0])})), IsEmpty());
  EXPECT_EQ(CountsOf("decode").done, 1);
  EXPECT_EQ(CountsOf("objects").pending, 1);
  EXPECT_THAT(Value(source.Next(kNames, 1)), IsEmpty()) << "else it would come at once for ever";
  const auto items = Value(NewSource().Next(kNames, 1));
  ASSERT_THAT(items, SizeIs(1));
  EXPECT_THAT(items[0].analyses, ElementsAre("objects"));
}

TEST_P(ChunksTest, APhotoThatKillsEachProcessElsewhereIsAloneThenFails) {
  constexpr int kPhotos = 500;
  const std::vector<PhotoId> photos = AddPhotos(kPhotos);
  const PhotoId poison = photos[300];
  int deaths = 0;
  for (int round = 0; round < 100; ++round) {
    WorkSource& worker = NewSourceElsewhere();
    bool died = false;
    for (auto items = Value(worker.Next(kNames, 64)); !items.empty() && !died; items = Value(worker.Next(kNames, 64))) {
      died = std::ranges::find(items, poison, &WorkItem::photo) != items.end();
      if (died) {
        break;
      }
      Finish(worker, items);
    }
    if (!died) {
      break;
    }
    ++deaths;
    EXPECT_EQ(CountsOf("objects").failed, 0);
    EndLease(worker);
  }
  EXPECT_EQ(deaths, 5);
  EXPECT_EQ(CountsOf("objects").done, kPhotos - 1);
  const CatalogStatus status = Value(catalog().GetStatus());
  ASSERT_FALSE(status.failures.empty());
  EXPECT_THAT(status.failures[0].reason, HasSubstr("killed 5 times in a row"));
  EXPECT_THAT(status.failures[0].examples, ElementsAre("/0300"));
  EXPECT_EQ(Number("SELECT count(*) FROM chunk WHERE owner_id IS NULL"), 0);
  EXPECT_THAT(Value(catalog().Check()), IsEmpty());

  EXPECT_EQ(Value(catalog().RetryFailed({})), 2) << "decode and objects";
  WorkSource& worker = NewSourceElsewhere();
  const auto again = Value(worker.Next(kNames, 64));
  EXPECT_THAT(IdsOf(again), ElementsAre(poison));
  EndLease(worker);
  NewSourceElsewhere();
  EXPECT_EQ(CountsOf("objects").failed, 0) << "the count starts anew";
}

TEST_P(ChunksTest, SuspectsComeLastAndAlone) {
  const std::vector<PhotoId> suspects = AddPhotos(8);
  WorkSource& dead = NewSourceElsewhere();
  ASSERT_THAT(Value(dead.Next(kNames, 8)), SizeIs(8));
  EndLease(dead);
  const std::vector<PhotoId> others = AddPhotos(2);
  WorkSource& source = NewSourceElsewhere();
  const auto first = Value(source.Next(kNames, 10));
  EXPECT_EQ(IdsOf(first), others);
  EXPECT_THAT(Value(source.Next(kNames, 10)), IsEmpty()) << "it has others in work";
  EXPECT_EQ(Value(source.HeldByOthers()), 8);
  Finish(source, first);
  std::set<PhotoId> seen;
  while (seen.size() < suspects.size()) {
    const auto part = Value(source.Next(kNames, 10));
    ASSERT_THAT(part, SizeIs(2));
    const std::vector<PhotoId> more = AddPhotos(1);
    EXPECT_THAT(Value(source.Next(kNames, 10)), IsEmpty()) << "nothing beside a suspect";
    EXPECT_GT(Value(source.HeldByOthers()), 0) << "so it is not the end";
    for (const WorkItem& item : part) {
      seen.insert(item.photo);
    }
    Finish(source, part);
    const auto fresh = Value(source.Next(kNames, 10));
    EXPECT_EQ(IdsOf(fresh), more);
    Finish(source, fresh);
  }
  EXPECT_THAT(Value(source.Next(kNames, 10)), IsEmpty());
  EXPECT_EQ(Value(source.HeldByOthers()), 0);
  EXPECT_EQ(CountsOf("objects").pending + CountsOf("objects").failed, 0);
}

TEST_P(ChunksTest, AnOwnerThatEndsOrderlyLeavesSuspectsAsTheyAre) {
  AddPhotos(8);
  WorkSource& dead = NewSourceElsewhere();
  ASSERT_THAT(Value(dead.Next(kNames, 8)), SizeIs(8));
  EndLease(dead);
  WorkSource& source = NewSourceElsewhere();
  ASSERT_THAT(Value(source.Next(kNames, 10)), SizeIs(2));
  CALOTYPE_ASSERT_OK(source.Close());
  EXPECT_EQ(Number("SELECT count(*) FROM chunk WHERE attempts = 1 AND owner_id IS NULL"), 4);
  EXPECT_EQ(Number("SELECT count(*) FROM claim"), 8);
}

TEST_P(ChunksTest, AProcessThatLeftItsFileSplitsNothing) {
  const std::vector<PhotoId> photos = AddPhotos(8);
  ASSERT_THAT(Value(NewSource(DeadOwner()).Next(kNames, 8)), SizeIs(8));
  const auto in_work = [&](const WorkOwner&) { return std::vector<Casualty>{{.photo = photos[3], .crashed = false}}; };
  WorkSource& source = NewSource(NewWorkOwner(), in_work);
  const std::vector<PhotoId> ids = IdsOf(Value(source.Next(kNames, 10)));
  ASSERT_THAT(ids, SizeIs(8));
  EXPECT_EQ(ids.back(), photos[3]);
  EXPECT_EQ(Number("SELECT count(*) FROM chunk WHERE attempts > 0"), 0);
}

}  // namespace
}  // namespace calotype
