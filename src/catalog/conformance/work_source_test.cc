// WorkSource: claims, leases and owners.
#include <algorithm>
#include <atomic>
#include <thread>

#include "catalog/conformance/catalog_test.h"

namespace calotype {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

const std::vector<AnalysisVersion> kRequired = {{"decode", "v1"}, {"objects", "v1"}};
const std::vector<std::string> kNames = {"decode", "objects"};

class WorkSourceTest : public CatalogTest {
 protected:
  WorkSourceTest() { EXPECT_EQ(Message(catalog().RequireAnalyses(kRequired)), ""); }

  static PhotoResult ResultOf(PhotoId photo, const std::string& label) {
    PhotoResult result;
    result.id = photo;
    result.findings.objects = {{.label = label, .score = 0.5F, .box = {}}};
    result.outcomes = {Done("decode"), Done("objects")};
    return result;
  }
  std::string LabelOf(PhotoId photo) {
    const Findings findings = Value(catalog().GetPhoto(photo)).findings;
    return findings.objects.has_value() ? findings.objects->front().label : "";
  }
  // An owner in another container: only its lease tells whether it is alive.
  static WorkOwner OwnerElsewhere() {
    WorkOwner owner = NewWorkOwner();
    ++owner.pid_namespace;
    return owner;
  }
};
INSTANTIATE_TEST_SUITE_P(Backends, WorkSourceTest, testing::ValuesIn(Backends()), BackendName);

TEST_P(WorkSourceTest, NobodyTakesWhatALiveOwnerHolds) {
  const PhotoId photo = Add("/a", "a");
  WorkSource& owner = NewSource();
  ASSERT_THAT(Value(owner.Next(kNames, 10)), SizeIs(1));
  WorkSource& elsewhere = NewSource(OwnerElsewhere());
  EXPECT_THAT(Value(elsewhere.Next(kNames, 10)), IsEmpty());
  EXPECT_EQ(Value(elsewhere.HeldByOthers()), 1);
  EXPECT_EQ(Value(owner.HeldByOthers()), 0);
  EXPECT_THAT(Value(NewSource().Next(kNames, 10)), IsEmpty());
  EXPECT_THAT(Value(owner.Ack(std::vector{ResultOf(photo, "dog")})), IsEmpty());
  EXPECT_EQ(LabelOf(photo), "dog");
  EXPECT_EQ(Value(elsewhere.HeldByOthers()), 0);
}

TEST_P(WorkSourceTest, AnOwnerInAnotherContainerKeepsItsPhotosWhileItsLeaseHolds) {
  Add("/a", "a");
  WorkSource& elsewhere = NewSource(OwnerElsewhere());
  ASSERT_THAT(Value(elsewhere.Next(kNames, 10)), SizeIs(1));
  EXPECT_THAT(Claim(kNames, 10), IsEmpty());
  EXPECT_EQ(CountsOf("objects").running, 1);
}

TEST_P(WorkSourceTest, ResultsOfAnOwnerThatLostItsLeaseAreNotStored) {
  const PhotoId lost = Add("/a", "a");
  WorkSource& first = NewSource(DeadOwner());
  ASSERT_THAT(Value(first.Next(kNames, 10)), SizeIs(1));
  ASSERT_THAT(Claim(kNames, 10), SizeIs(1));  // takes it over
  EXPECT_THAT(Value(first.Ack(std::vector{ResultOf(lost, "late")})), ElementsAre(lost));
  EXPECT_EQ(LabelOf(lost), "");
  EXPECT_THAT(Ack(std::vector{ResultOf(lost, "dog")}), IsEmpty());
  EXPECT_EQ(LabelOf(lost), "dog");
  EXPECT_THAT(Value(first.Ack(std::vector{ResultOf(lost, "later")})), ElementsAre(lost)) << "nor afterwards";
  EXPECT_EQ(LabelOf(lost), "dog");
}

TEST_P(WorkSourceTest, TheOtherResultsOfABatchAreStored) {
  const PhotoId held = Add("/a", "a");
  const PhotoId never_claimed = Add("/b", "b");
  ASSERT_THAT(Claim(kNames, 1), SizeIs(1));
  EXPECT_THAT(Ack(std::vector{ResultOf(never_claimed, "cat"), ResultOf(held, "dog")}), ElementsAre(never_claimed));
  EXPECT_EQ(LabelOf(held), "dog");
  EXPECT_EQ(LabelOf(never_claimed), "");
}

TEST_P(WorkSourceTest, AnOwnerThatLostItsLeaseCanGoOn) {
  Add("/a", "a");
  WorkSource& first = NewSource(DeadOwner());
  ASSERT_THAT(Value(first.Next(kNames, 10)), SizeIs(1));
  NewSource();  // removes the owner of the first
  CALOTYPE_ASSERT_OK(first.Extend());
  EXPECT_THAT(Value(first.Next(kNames, 10)), SizeIs(1));
}

TEST_P(WorkSourceTest, PhotosThatAreGivenBackGoToOthers) {
  const PhotoId photo = Add("/a", "a");
  ASSERT_THAT(Claim(kNames, 10), SizeIs(1));
  WorkSource& other = NewSource();
  CALOTYPE_ASSERT_OK(other.Nack(std::vector{photo}, "not its own"));
  EXPECT_THAT(Value(other.Next(kNames, 10)), IsEmpty());

  WorkSource& giver = NewSource();
  const PhotoId changed = Add("/b", "b");
  ASSERT_THAT(Value(giver.Next(kNames, 10)), SizeIs(1));
  CALOTYPE_ASSERT_OK(giver.Nack(std::vector{changed}, "the file changed"));
  EXPECT_THAT(Value(giver.Next(kNames, 10)), IsEmpty()) << "else it would get it at once for ever";
  EXPECT_EQ(CountsOf("objects").pending, 1);
  const PhotoRecord record = Value(catalog().GetPhoto(changed));
  EXPECT_TRUE(std::ranges::all_of(record.outcomes, [](const auto& one) { return one.reason == "the file changed"; }));
  const auto again = Value(other.Next(kNames, 10));
  ASSERT_THAT(again, SizeIs(1));
  EXPECT_EQ(again[0].photo, changed);
}

TEST_P(WorkSourceTest, ReleasedPhotosAreClaimedAgainWithTheirNewFiles) {
  const PhotoId photo = Add("/b", "b");
  WorkSource& source = NewSource();
  ASSERT_THAT(Value(source.Next(kNames, 10)), SizeIs(1));
  CALOTYPE_ASSERT_OK(NewSource().Release(std::vector{photo}));
  EXPECT_THAT(Value(source.Next(kNames, 10)), IsEmpty()) << "another source cannot release it";
  Add("/a", "b");
  CALOTYPE_ASSERT_OK(source.Release(std::vector{photo}));
  const auto again = Value(source.Next(kNames, 10));
  ASSERT_THAT(again, SizeIs(1));
  ASSERT_THAT(again[0].files, SizeIs(2));
  EXPECT_EQ(again[0].files[0].path, "/a");
}

TEST_P(WorkSourceTest, GivingBackIsNoAttempt) {
  PhotoResult failed;
  failed.id = Add("/a", "a");
  failed.outcomes = {Done("decode"), Failed("objects", "busy")};
  failed.outcomes[1].retryable = true;
  for (int i = 0; i < 10; ++i) {
    WorkSource& source = NewSource();
    ASSERT_THAT(Value(source.Next(kNames, 1)), SizeIs(1));
    CALOTYPE_ASSERT_OK(i % 2 == 0 ? source.Nack(std::vector{failed.id}, "stop") : source.Close());
  }
  ASSERT_THAT(Claim(kNames, 1), SizeIs(1));
  EXPECT_THAT(Ack(std::vector{failed}), IsEmpty());
  EXPECT_GT(Value(catalog().GetStatus()).failures[0].next_try, 0) << "this was the first attempt";
}

TEST_P(WorkSourceTest, ClosingPutsEverythingBack) {
  Add("/a", "a");
  Add("/b", "b");
  WorkSource& source = NewSource();
  ASSERT_THAT(Value(source.Next(kNames, 10)), SizeIs(2));
  CALOTYPE_ASSERT_OK(source.Close());
  EXPECT_EQ(CountsOf("objects").running, 0);
  EXPECT_THAT(Claim(kNames, 10), SizeIs(2));
  CALOTYPE_ASSERT_OK(source.Close());
  EXPECT_EQ(CountsOf("objects").running, 2) << "closing twice releases nothing of others";
}

TEST_P(WorkSourceTest, WhatHasNoOutcomeIsPendingAgain) {
  const PhotoId photo = Add("/a", "a");
  ASSERT_THAT(Claim(kNames, 10), SizeIs(1));
  PhotoResult half = ResultOf(photo, "dog");
  half.outcomes.erase(half.outcomes.begin());
  EXPECT_THAT(Ack(std::vector{half}), IsEmpty());
  EXPECT_EQ(CountsOf("decode").pending, 1);
  EXPECT_THAT(Claim(kNames, 10), IsEmpty()) << "else it would come at once for ever";
  EXPECT_THAT(Value(NewSource().Next(kNames, 10)), SizeIs(1));
}

TEST_P(WorkSourceTest, ManyOwnersShareTheWorkWithoutOverlap) {
  constexpr int kPhotos = 60;
  for (int i = 0; i < kPhotos; ++i) {
    Add("/" + std::to_string(i), std::to_string(i));
  }
  std::vector<WorkSource*> sources;
  for (int i = 0; i < 3; ++i) {
    sources.push_back(&NewSource());
  }
  std::atomic<int> stored = 0;
  {
    std::vector<std::jthread> workers;
    for (WorkSource* const source : sources) {
      workers.emplace_back([&stored, source] {
        for (auto items = Value(source->Next(kNames, 4)); !items.empty(); items = Value(source->Next(kNames, 4))) {
          for (const WorkItem& item : items) {
            EXPECT_THAT(Value(source->Ack(std::vector{ResultOf(item.photo, "dog")})), IsEmpty());
            ++stored;
          }
        }
      });
    }
  }
  EXPECT_EQ(stored, kPhotos);
  EXPECT_EQ(CountsOf("objects").done, kPhotos);
}

TEST_P(WorkSourceTest, ADeletedPhotoIsNotStored) {
  const PhotoId photo = Add("/a", "a");
  ASSERT_THAT(Claim(kNames, 10), SizeIs(1));
  CALOTYPE_ASSERT_OK(catalog().MarkMissing(std::vector<std::string>{"/a"}));
  EXPECT_EQ(Value(catalog().DeleteMissing(time(nullptr) + 100)), 1);
  EXPECT_THAT(Ack(std::vector{ResultOf(photo, "dog")}), ElementsAre(photo));
}

}  // namespace
}  // namespace calotype
