#include "cli/progress_bar.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace calotype {
namespace {

TEST(FormatProgressTest, TellsWhatWasFetched) {
  RateMeter rate;
  rate.Add({}, 0);
  rate.Add(RateMeter::Clock::time_point{} + std::chrono::seconds(10), 120'000'000);
  EXPECT_EQ(FormatProgress(PullProgress{.files = 9, .files_done = 2, .bytes = 120'000'000, .total = 960'000'000}, rate),
            "[###---------------------] 120.0/960.0 MB  2/9 files  12.0 MB/s  70 s left");
  EXPECT_EQ(FormatProgress(PullProgress{.files = 1}, RateMeter()), "[------------------------] 0.0/0.0 MB  0/1 file");
}

struct ProgressCase {
  ScanProgress progress;
  const char* line;
};

TEST(FormatProgressTest, TellsHowFarAndHowLong) {
  const ProgressCase cases[] = {
      {{.walking = true, .photos = 5, .unchanged = 5}, "looking for photos: 5 seen, 5 unchanged"},
      {{.walking = true, .photos = 40, .to_do = 40, .analysed = 10},
       "[######------------------] 10/40+ photos  30 photos/min  60 s left"},
      {{.walking = false, .photos = 40, .to_do = 40, .analysed = 38, .failed = 2},
       "[########################] 40/40 photos  30 photos/min  2 failed"},
      // Photos left over from an earlier scan: more done than the folders held.
      {{.walking = false, .photos = 0, .to_do = 0, .analysed = 3},
       "[########################] 3/3 photos  30 photos/min"},
  };
  for (const ProgressCase& progress_case : cases) {
    EXPECT_EQ(FormatProgress(progress_case.progress, 30), progress_case.line);
  }
}

TEST(FormatProgressTest, FitsIntoNarrowTerminals) {
  const ScanProgress progress{.walking = true, .photos = 40, .to_do = 40, .analysed = 8, .failed = 2};
  EXPECT_EQ(FormatProgress(progress, 30, 80), FormatProgress(progress, 30));
  EXPECT_EQ(FormatProgress(progress, 30, 60), "10/40+ photos  30 photos/min  60 s left  2 failed");
  EXPECT_EQ(FormatProgress(progress, 30, 40), "10/40+ photos  60 s left  2 failed");
  EXPECT_EQ(FormatProgress(progress, 30, 30), "10/40+ photos  2 failed");
  EXPECT_EQ(FormatProgress(progress, 30, 10), "10/40+ ...");
  for (const ScanProgress& one :
       {ScanProgress{.photos = 100'000, .unchanged = 99'000}, ScanProgress{.to_do = 9, .resting = std::string(50, 'x')},
        ScanProgress{.walking = true, .to_do = 1'000'000, .analysed = 123'456, .failed = 1000}}) {
    EXPECT_LE(FormatProgress(one, 30, 40).size(), 40U) << FormatProgress(one, 30, 40);
  }
  EXPECT_LE(FormatProgress(PullProgress{.files = 9, .bytes = 1, .total = 960'000'000}, RateMeter(), 40).size(), 40U);
}

TEST(FormatProgressTest, NoRateBeforeThereIsOne) {
  EXPECT_EQ(FormatProgress({.walking = false, .to_do = 2}, std::nullopt), "[------------------------] 0/2 photos");
}

}  // namespace
}  // namespace calotype
