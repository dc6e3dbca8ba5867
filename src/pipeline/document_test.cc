#include "pipeline/document.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "photo/made_tiff.h"
#include "pipeline/process_photo.h"
#include "pipeline/scan_test_util.h"

namespace calotype {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

PhotoResult TextResult(std::vector<std::string> lines, double milliseconds = 1) {
  PhotoResult result;
  result.findings.text.emplace();
  for (std::string& line : lines) {
    result.findings.text->push_back({.text = std::move(line), .score = 0.9F, .quad = {}});
  }
  result.outcomes.push_back({.analysis = "text", .version = "1", .device = "fake", .milliseconds = milliseconds});
  return result;
}

PhotoResult FailedResult(const std::string& reason) {
  PhotoResult result;
  result.outcomes.push_back({.analysis = "text",
                             .version = "1",
                             .state = AnalysisState::kFailed,
                             .reason = reason,
                             .retryable = true,
                             .device = "fake"});
  return result;
}

std::vector<std::string> LinesOf(const PhotoResult& result) {
  std::vector<std::string> lines;
  for (const TextFinding& line : result.findings.text.value_or(std::vector<TextFinding>())) {
    lines.push_back(fmt::format("{} {}", line.page, line.text));
  }
  return lines;
}

TEST(Document, PagesComeInAnyOrderAndAreReadInTheirs) {
  Document document(3, 100, {"text"});
  EXPECT_EQ(document.last_page(), 3);
  EXPECT_FALSE(document.Add(3, TextResult({"e"}, 30)).has_value());
  PhotoResult first = TextResult({"a", "b"}, 10);
  first.id = 7;
  EXPECT_FALSE(document.Add(1, std::move(first)).has_value());
  const std::optional<PhotoResult> whole = document.Add(2, TextResult({"c", "d"}, 20));
  ASSERT_TRUE(whole.has_value());
  EXPECT_EQ(whole->id, 7);
  EXPECT_THAT(LinesOf(*whole), ElementsAre("1 a", "1 b", "2 c", "2 d", "3 e"));
  ASSERT_EQ(whole->outcomes.size(), 1U);
  EXPECT_EQ(whole->outcomes[0].state, AnalysisState::kDone);
  EXPECT_EQ(whole->outcomes[0].reason, "");
  EXPECT_EQ(whole->outcomes[0].milliseconds, 60);
}

TEST(Document, ABrokenPageIsADamage) {
  Document document(3, 100, {"text"});
  document.Add(1, TextResult({"a"}));
  document.AddUnreadable(2, absl::InvalidArgumentError("the TIFF is broken"));
  const std::optional<PhotoResult> whole = document.Add(3, TextResult({"c"}));
  EXPECT_THAT(LinesOf(*whole), ElementsAre("1 a", "3 c"));
  EXPECT_EQ(whole->outcomes[0].state, AnalysisState::kDone);
  EXPECT_EQ(whole->outcomes[0].reason, "damaged: page 2: the TIFF is broken");
}

TEST(Document, WhatALimitLeavesOutIsNamed) {
  Document document(200, 2, {"text"});
  EXPECT_EQ(document.last_page(), 2);
  document.Add(1, TextResult({"a"}));
  const std::optional<PhotoResult> whole =
      document.AddUnreadable(2, absl::ResourceExhaustedError("it is 9 pixels, the limit is 8 (limits.pixels)"));
  EXPECT_EQ(whole->outcomes[0].state, AnalysisState::kDone);
  EXPECT_EQ(
      whole->outcomes[0].reason,
      "page 2 is left out: it is 9 pixels, the limit is 8 (limits.pixels); pages 3 to 200 are left out, the limit is"
      " 2 (limits.pages); to read more, raise it, then calotype retry");
}

TEST(Document, AnErrorThatMayPassFailsTheAnalysis) {
  Document analysed(2, 100, {"text"});
  analysed.Add(1, TextResult({"a"}));
  const std::optional<PhotoResult> failed = analysed.Add(2, FailedResult("the device is busy"));
  EXPECT_EQ(failed->outcomes[0].state, AnalysisState::kFailed);
  EXPECT_EQ(failed->outcomes[0].reason, "page 2: the device is busy");
  EXPECT_TRUE(failed->outcomes[0].retryable);
  Document decoded(2, 100, {"text"});
  decoded.Add(1, TextResult({"a"}));
  const std::optional<PhotoResult> unread =
      decoded.AddUnreadable(2, absl::UnavailableError("the disk did not respond"));
  EXPECT_EQ(unread->outcomes[0].state, AnalysisState::kFailed);
  EXPECT_TRUE(unread->outcomes[0].retryable);
}

TEST(Document, WithoutAnAnalysisOfAllPagesTheFirstIsEnough) {
  Document document(3, 100, {});
  EXPECT_EQ(document.last_page(), 1);
  EXPECT_TRUE(document.Add(1, PhotoResult()).has_value());
}

// Whole scans of documents. The analyser "text" finds the grey level of each page.
class DocumentScanTest : public ScanJobTest {
 protected:
  fs::path AddDocument(const std::vector<MadePage>& pages) const {
    EXPECT_TRUE(WriteFileAtomically(photos_ / "scan.tif", MakeTiff(pages)).ok());
    return photos_ / "scan.tif";
  }

  std::unique_ptr<PhotoAnalysis> Analysis() {
    std::vector<std::unique_ptr<Analyser>> analysers;
    analysers.push_back(
        std::make_unique<FakeAnalyser>("objects", std::vector<std::string_view>{}, FindOneObject, &calls_));
    analysers.push_back(std::make_unique<FakeAnalyser>("text", std::vector<std::string_view>{}, ReadShade, &reads_));
    return std::make_unique<PhotoAnalysis>(std::move(analysers));
  }

  PhotoRecord Stored() const {
    const auto catalog = Catalog::Open(catalog_);
    return *(*catalog)->GetPhoto(*(*catalog)->FindByPath((photos_ / "scan.tif").string()));
  }

  std::vector<std::string> StoredLines() const {
    PhotoResult result;
    result.findings = Stored().findings;
    return LinesOf(result);
  }

  std::string ReasonOf(std::string_view analysis) const {
    const PhotoRecord photo = Stored();
    const auto outcome = std::ranges::find(photo.outcomes, analysis, &AnalysisOutcome::analysis);
    return outcome == photo.outcomes.end() ? "no outcome" : outcome->reason;
  }

  std::size_t Found(const std::string& text) const {
    return (*Catalog::Open(catalog_))->SearchText(text, false, 9)->size();
  }

  std::atomic<int> reads_{0};
};

TEST_F(DocumentScanTest, WordsOnEveryPageAreFound) {
  AddDocument({{.shade = 50}, {.width = 20, .height = 30, .shade = 150}, {.shade = 250}});
  const auto report = Scan(*Analysis());
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->analysed, 1);
  EXPECT_EQ(report->failed, 0);
  EXPECT_EQ(calls_, 1) << "objects are those of the first page";
  EXPECT_EQ(reads_, 3);
  EXPECT_THAT(StoredLines(), ElementsAre("1 50", "2 150", "3 250"));
  EXPECT_EQ(Found("250"), 1U);
  EXPECT_EQ(Stored().properties->pages, 3);
  EXPECT_EQ(Stored().properties->width, 48);
  EXPECT_EQ(ReasonOf("text"), "");
  EXPECT_EQ(Books().damaged, 0);
}

TEST_F(DocumentScanTest, ABrokenPageMakesADocumentDamaged) {
  AddDocument({{.shade = 50}, {.is_broken = true}, {.shade = 250}});
  const auto report = Scan(*Analysis());
  EXPECT_EQ(report->analysed, 1);
  EXPECT_EQ(report->failed, 0);
  EXPECT_THAT(StoredLines(), ElementsAre("1 50", "3 250"));
  EXPECT_THAT(ReasonOf("text"), StartsWith("damaged: page 2: the TIFF is broken or cut short"));
  EXPECT_EQ(Books().damaged, 1);
}

TEST_F(DocumentScanTest, PagesOverTheLimitAreLeftOutUntilItIsRaised) {
  std::vector<MadePage> pages(200);
  pages[199].shade = 200;
  AddDocument(pages);
  ASSERT_TRUE(Scan(*Analysis()).ok());
  EXPECT_EQ(reads_, 100);
  EXPECT_EQ(StoredLines().size(), 100U);
  EXPECT_THAT(ReasonOf("text"), HasSubstr("pages 101 to 200 are left out, the limit is 100 (limits.pages)"));
  EXPECT_EQ(Stored().properties->pages, 200);
  EXPECT_EQ(Found("200"), 0U);
  EXPECT_EQ(Books().damaged, 0);
  EXPECT_EQ((*Catalog::Open(catalog_))->RetryFailed({.due = true}).value_or(-1), 0) << "a scan does not try it again";
  EXPECT_EQ((*Catalog::Open(catalog_))->RetryFailed({.reason = "limits.memory"}).value_or(-1), 0);
  EXPECT_EQ((*Catalog::Open(catalog_))->RetryFailed({}).value_or(-1), 1);
  options_.limits.max_pages = 1000;
  ASSERT_TRUE(Scan(*Analysis()).ok());
  EXPECT_EQ(StoredLines().size(), 200U);
  EXPECT_EQ(Found("200"), 1U);
  EXPECT_EQ(ReasonOf("text"), "");
  EXPECT_EQ((*Catalog::Open(catalog_))->RetryFailed({}).value_or(-1), 0);
}

TEST_F(DocumentScanTest, AStoppedScanStoresNoPartOfADocument) {
  AddDocument(std::vector<MadePage>(300));
  options_.limits.max_pages = 300;
  std::stop_source stop;
  on_progress_ = [&](const ScanProgress&) {
    if (reads_ > 3) {
      stop.request_stop();
    }
  };
  std::vector<std::unique_ptr<Analyser>> analysers;
  analysers.push_back(std::make_unique<FakeAnalyser>(
      "text", std::vector<std::string_view>{},
      [&](const PhotoView& photo, Findings& findings) {
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
        return ReadShade(photo, findings);
      },
      &reads_));
  ASSERT_TRUE(Scan(PhotoAnalysis(std::move(analysers)), {}, stop.get_token()).ok());
  ASSERT_LT(reads_, 300) << "it was not stopped between the pages";
  EXPECT_EQ(Books().analyses.at("text").pending, 1);
  EXPECT_EQ(StoredLines().size(), 0U);
  on_progress_ = nullptr;
  ASSERT_TRUE(Scan(*Analysis()).ok());
  EXPECT_EQ(StoredLines().size(), 300U);
}

// The budget has room for one page, and threads that wait for it hold nothing.
TEST_F(DocumentScanTest, PagesTakeMemoryOneAfterAnother) {
  AddDocument(std::vector<MadePage>(20));
  AddPhotos(5);
  options_.memory.limit = kAnalysisBytes + 40'000'000;
  options_.memory.resident = [] { return int64_t{0}; };
  const auto report = Scan(*Analysis());
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->analysed, 6);
  EXPECT_EQ(StoredLines().size(), 20U);
}

}  // namespace
}  // namespace calotype
