#include "app/library.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <thread>
#include <variant>
#include <vector>

#include "app/backup.h"
#include "app/browse.h"
#include "app/fake_library.h"
#include "app/folders.h"
#include "app/library_status.h"
#include "app/pending_work.h"
#include "app/scan.h"
#include "app/search.h"
#include "catalog/test_data.h"

namespace calotype {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

ScanRequest ScanOf(FakeLibrary& library) { return {.folders = {library.photos().string()}}; }

StatusOr<std::size_t> CountHits(Library& library, const std::string& text) {
  CALOTYPE_ASSIGN_OR_RETURN(const Query query, ReadQuery(text));
  CALOTYPE_ASSIGN_OR_RETURN(const SearchAnswer answer, SearchPhotos(library, query, {}));
  return answer.result.hits.size();
}

// What a server does: several requests at the same time on one library, some of them during a scan.
TEST(LibraryTest, SearchesRunDuringAScan) {
  constexpr int kSearches = 10;
  FakeLibrary library;
  ScanService scans(*library);
  const std::shared_ptr<EventQueue> events = scans.Subscribe();
  library.AddPhotos(2);
  ASSERT_TRUE(scans.Start(ScanOf(library)).ok());
  ASSERT_TRUE(scans.Wait().ok());

  // A paused scan runs until it is resumed, so the searches are sure to be in its time.
  ASSERT_TRUE(PauseScans(*library).ok());
  library.AddPhotos(20);
  ASSERT_TRUE(scans.Start(ScanOf(library)).ok());
  EXPECT_THAT(Message(scans.Start(ScanOf(library))), HasSubstr("a scan of this library is running"));
  {
    std::vector<std::jthread> searches;
    for (int i = 0; i < kSearches; ++i) {
      searches.emplace_back([&library, i] {
        EXPECT_EQ(CountHits(*library, "name:p" + std::to_string(i % 2) + ".jpg").value_or(0), 1U);
        EXPECT_TRUE(CountHits(*library, "cat").ok());
      });
    }
  }
  EXPECT_TRUE(scans.running());
  ASSERT_TRUE(ResumeScans(*library).ok());
  const StatusOr<ScanReport> report = scans.Wait();
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->analysed, 20);
  EXPECT_FALSE(report->stopped);
  EXPECT_EQ(library.loads(), 1) << "of the text encoder";
  EXPECT_EQ(library->encoders_opened(), 1);
  EXPECT_LE(library->catalogs().opened(), kSearches + 1);

  std::vector<int64_t> analysed;
  int ended = 0;
  while (ended < 2) {
    const std::optional<Event> event = events->Next(std::chrono::seconds(10));
    ASSERT_TRUE(event.has_value());
    if (const auto* const one = std::get_if<ScanReport>(&*event); one != nullptr) {
      analysed.push_back(one->analysed);
    }
    ended += std::holds_alternative<ScanEnded>(*event) ? 1 : 0;
  }
  EXPECT_THAT(analysed, ElementsAre(2, 20));
}

TEST(LibraryTest, SearchesOneAfterTheOtherUseOneConnection) {
  FakeLibrary library;
  library.AddPhotos(1);
  ASSERT_TRUE(RunScanRequest(*library, ScanOf(library), [](const Event&) {}, {}).ok());
  const int64_t before = library->catalogs().opened();
  for (int i = 0; i < 10; ++i) {
    EXPECT_TRUE(CountHits(*library, "cat").ok());
  }
  EXPECT_LE(library->catalogs().opened(), before + 1);
  EXPECT_EQ(library.loads(), 1);
}

TEST(LibraryTest, AStoppedScanLeavesTheRestPending) {
  FakeLibrary library;
  library.AddPhotos(1);
  ScanService scans(*library);
  EXPECT_THAT(Message(scans.Wait().status()), HasSubstr("no scan was started"));
  ASSERT_TRUE(scans.Start(ScanOf(library)).ok());
  ASSERT_TRUE(scans.Wait().ok());
  ASSERT_TRUE(PauseScans(*library).ok());
  library.AddPhotos(3);
  ASSERT_TRUE(scans.Start(ScanOf(library)).ok());
  scans.Stop();
  const StatusOr<ScanReport> report = scans.Wait();
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_TRUE(report->stopped);
  ASSERT_TRUE(ResumeScans(*library).ok());
  ASSERT_TRUE(scans.Start(ScanOf(library)).ok());
  ASSERT_TRUE(scans.Wait().ok());
  EXPECT_EQ(ReadStatus(*library)->catalog.analyses.at("pdq").done, 4);
}

TEST(LibraryTest, TheServiceStopsItsScanWhenItIsDestroyed) {
  FakeLibrary library;
  library.AddPhotos(1);
  ASSERT_TRUE(RunScanRequest(*library, ScanOf(library), [](const Event&) {}, {}).ok());
  ASSERT_TRUE(PauseScans(*library).ok());
  library.AddPhotos(1);
  std::shared_ptr<EventQueue> events;
  {
    ScanService scans(*library);
    events = scans.Subscribe();
    ASSERT_TRUE(scans.Start(ScanOf(library)).ok());
  }
  while (events->Next(std::chrono::seconds(10)).has_value()) {
  }
  EXPECT_TRUE(events->finished());
}

TEST(LibraryTest, AFailedOpeningOfTheEncoderIsTriedAgain) {
  FakeLibrary library;
  library.AddPhotos(1);
  ASSERT_TRUE(RunScanRequest(*library, ScanOf(library), [](const Event&) {}, {}).ok());
  library.FailNextOpening();
  EXPECT_EQ(Message(CountHits(*library, "cat").status()), "no models today");
  EXPECT_TRUE(CountHits(*library, "cat").ok());
}

TEST(LibraryTest, OtherModelsHaveAnotherEncoder) {
  FakeLibrary library;
  const auto first = library->Encoder({.pack = "one", .choices = "", .text_encoder = "words"});
  const auto again = library->Encoder({.pack = "one", .choices = "", .text_encoder = "words"});
  const auto other = library->Encoder({.pack = "two", .choices = "", .text_encoder = "words"});
  const auto none = library->Encoder({.pack = "two", .choices = "", .text_encoder = "gone"});
  ASSERT_TRUE(first.ok() && again.ok() && other.ok() && none.ok());
  EXPECT_EQ(*first, *again);
  EXPECT_NE(*first, *other);
  EXPECT_EQ((*other)->models.pack, "two");
  EXPECT_EQ((*none)->encoder, nullptr);
  EXPECT_THAT((*none)->why_none, HasSubstr("the text encoder 'gone'"));
}

TEST(LibraryTest, WithoutAScanThereIsNothingToSearch) {
  FakeLibrary library;
  EXPECT_TRUE(absl::IsFailedPrecondition(CountHits(*library, "cat").status()));
  EXPECT_TRUE(absl::IsFailedPrecondition(ScannedFolders(*library).status()));
  EXPECT_TRUE(absl::IsFailedPrecondition(ReadScanNews(*library).status()));
  EXPECT_FALSE(std::filesystem::exists(library->app().settings().catalog_file));
}

TEST(LibraryTest, PhotosAreCountedAgainOnlyAfterAChange) {
  FakeLibrary library;
  library.AddPhotos(2);
  ASSERT_TRUE(RunScanRequest(*library, ScanOf(library), [](const Event&) {}, {}).ok());
  const auto photos = [&library](DatePart part) {
    int64_t sum = 0;
    const DateCounts::Counts counts = Value(CountByDate(*library, part));
    for (const DateCount& date : *counts) {
      sum += date.photos;
    }
    return sum;
  };
  {
    std::vector<std::jthread> callers;
    for (int i = 0; i < 8; ++i) {
      callers.emplace_back([&photos] { EXPECT_EQ(photos(DatePart::kDay), 2); });
    }
  }
  EXPECT_EQ(library->date_counts().counted(), 1);
  EXPECT_EQ(photos(DatePart::kMonth), 2);
  EXPECT_EQ(library->date_counts().counted(), 2) << "another part";

  const Backup backup = Value(BackUpCatalogue(*library, library.photos().parent_path() / "backup.db"));
  library.AddPhotos(1);
  ASSERT_TRUE(RunScanRequest(*library, ScanOf(library), [](const Event&) {}, {}).ok());
  EXPECT_EQ(photos(DatePart::kDay), 3);
  EXPECT_EQ(photos(DatePart::kDay), 3);
  EXPECT_EQ(library->date_counts().counted(), 3);
  ASSERT_TRUE(RestoreCatalogue(*library, backup.file).ok());
  EXPECT_EQ(photos(DatePart::kDay), 2) << "of the restored catalogue";
}

TEST(LibraryTest, ARestoredCatalogueIsOpenedAnew) {
  FakeLibrary library;
  library.AddPhotos(1);
  ASSERT_TRUE(RunScanRequest(*library, ScanOf(library), [](const Event&) {}, {}).ok());
  const StatusOr<Backup> backup = BackUpCatalogue(*library, library.photos().parent_path() / "backup.db");
  ASSERT_TRUE(backup.ok()) << backup.status();
  EXPECT_GT(backup->bytes, 0);
  library.AddPhotos(1);
  ASSERT_TRUE(RunScanRequest(*library, ScanOf(library), [](const Event&) {}, {}).ok());
  EXPECT_EQ(*CountHits(*library, "name:p1"), 1U);
  {
    const StatusOr<CatalogLease> in_use = library->Catalogue();
    ASSERT_TRUE(in_use.ok());
    EXPECT_TRUE(absl::IsFailedPrecondition(RestoreCatalogue(*library, backup->file).status()));
  }
  const StatusOr<RestoredCatalogue> restored = RestoreCatalogue(*library, backup->file);
  ASSERT_TRUE(restored.ok()) << restored.status();
  EXPECT_TRUE(restored->replaced.has_value());
  EXPECT_EQ(*CountHits(*library, "name:p1"), 0U);
  EXPECT_THAT(*FindCatalogueFaults(*library), ElementsAre());
}

}  // namespace
}  // namespace calotype
