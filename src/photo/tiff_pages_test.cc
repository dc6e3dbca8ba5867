#include "photo/tiff_pages.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "base/file.h"
#include "base/temporary_folder.h"
#include "photo/made_tiff.h"
#include "photo/photo_reader.h"
#include "photo/test_data.h"

namespace calotype {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr MadePage kThumbnail = {.width = 8, .height = 6, .shade = 1, .subfile = 1};

class TiffPagesTest : public testing::Test {
 protected:
  StatusOr<DecodeAnswer> Decode(const std::vector<uint8_t>& file, int page, const DecodeLimits& limits = {},
                                int64_t max_memory = 0) const {
    const std::filesystem::path path = folder_->path() / "pages.tif";
    EXPECT_TRUE(WriteFileAtomically(path, file).ok());
    const StatusOr<UniqueFd> open = OpenForReading(path);
    return reader_->Decode({.photo = open->get(), .limits = limits, .page = page, .max_memory = max_memory});
  }

  // The grey level of the page; -1 if it cannot be decoded.
  int ShadeOf(const std::vector<uint8_t>& file, int page, const DecodeLimits& limits = {}) const {
    const StatusOr<DecodeAnswer> answer = Decode(file, page, limits);
    return answer.ok() ? answer->photo->image.pixels()[0] : -1;
  }

  const StatusOr<TemporaryFolder> folder_ = TemporaryFolder::Create();
  const std::unique_ptr<PhotoReader> reader_ = CreateInProcessReader();
};

TEST_F(TiffPagesTest, EachPageIsReadInItsOwnSize) {
  for (const TiffKind kind : {TiffKind::kLittleEndian, TiffKind::kBigEndian, TiffKind::kBigTiff}) {
    const std::vector<uint8_t> file =
        MakeTiff({{.shade = 50}, {.width = 20, .height = 90, .shade = 150}, {.shade = 250}}, kind);
    EXPECT_THAT(FindTiffPages(file), SizeIs(3));
    for (int page = 1; page <= 3; ++page) {
      const StatusOr<DecodeAnswer> answer = Decode(file, page);
      ASSERT_TRUE(answer.ok()) << Message(answer.status());
      EXPECT_EQ(answer->photo->image.pixels()[0], 50 + 100 * (page - 1));
      EXPECT_EQ(answer->photo->full_width, page == 2 ? 20 : 48);
      EXPECT_EQ(answer->photo->full_height, page == 2 ? 90 : 32);
      EXPECT_EQ(answer->photo->pages, 3);
    }
  }
}

TEST_F(TiffPagesTest, APageThatDoesNotExistIsNamed) {
  for (const int page : {0, 3}) {
    const Status status = Decode(MakeTiff({{}, {}}), page).status();
    EXPECT_TRUE(absl::IsInvalidArgument(status));
    EXPECT_THAT(Message(status), HasSubstr("was asked for, the last page is 2"));
  }
  EXPECT_TRUE(absl::IsInvalidArgument(Decode(TestData("animated.gif"), 2).status())) << "frames are no pages";
  EXPECT_EQ(Decode(TestData("animated.gif"), 1)->photo->pages, 3);
}

TEST_F(TiffPagesTest, SmallerVersionsAreNoPages) {
  const std::vector<uint8_t> behind = MakeTiff({{.shade = 50}, kThumbnail, {.shade = 150}, kThumbnail});
  EXPECT_EQ(ShadeOf(behind, 1), 50);
  EXPECT_EQ(ShadeOf(behind, 2), 150);
  EXPECT_EQ(ShadeOf(behind, 3), -1);
  const std::vector<uint8_t> in_front = MakeTiff({kThumbnail, {.shade = 50}});
  EXPECT_EQ(ShadeOf(in_front, 1), 50);
  EXPECT_EQ(Decode(in_front, 1)->photo->pages, 1);
  EXPECT_EQ(Decode(MakeTiff({{.shade = 50}, kThumbnail}), 1)->photo->pages, 1);
  EXPECT_EQ(ShadeOf(MakeTiff({kThumbnail, kThumbnail}), 1), kThumbnail.shade) << "there is nothing else";
}

// libvips takes pages that are half as large for levels of a pyramid, and reads one of them instead.
TEST_F(TiffPagesTest, APageOfHalfTheSizeIsNotTakenForASmallerVersion) {
  const std::vector<uint8_t> file =
      MakeTiff({{.width = 96, .height = 64, .shade = 50}, {.width = 48, .height = 32, .shade = 150}});
  EXPECT_EQ(ShadeOf(file, 1, {.target_long_side = 24}), 50);
  EXPECT_EQ(ShadeOf(file, 2, {.target_long_side = 24}), 150);
}

TEST_F(TiffPagesTest, ABrokenPageDoesNotCostTheOthers) {
  const std::vector<uint8_t> file = MakeTiff({{.shade = 50}, {.is_broken = true}, {.shade = 250}});
  EXPECT_EQ(ShadeOf(file, 1), 50);
  EXPECT_TRUE(absl::IsInvalidArgument(Decode(file, 2).status()));
  EXPECT_EQ(ShadeOf(file, 3), 250);
}

TEST_F(TiffPagesTest, AFileThatIsCutShortHasAPageThatCannotBeRead) {
  std::vector<uint8_t> file = MakeTiff({{.shade = 50}, {.shade = 150}});
  file.resize(file.size() - 1600);  // in the directory of the second page
  EXPECT_EQ(ShadeOf(file, 1), 50);
  EXPECT_EQ(Decode(file, 1)->photo->pages, 2);
  EXPECT_TRUE(absl::IsInvalidArgument(Decode(file, 2).status()));
}

TEST_F(TiffPagesTest, MemoryAndLimitsAreThoseOfThePage) {
  const std::vector<uint8_t> file = MakeTiff({{}, {.width = 3000, .height = 2000}});
  constexpr int64_t kSmall = 18'000'000;
  EXPECT_TRUE(Decode(file, 1, {}, kSmall + std::ssize(file))->photo.has_value());
  const StatusOr<DecodeAnswer> large = Decode(file, 2, {}, kSmall + std::ssize(file));
  ASSERT_TRUE(large.ok()) << Message(large.status());
  EXPECT_FALSE(large->photo.has_value());
  EXPECT_GT(large->needed_memory, kSmall + std::ssize(file));
  EXPECT_TRUE(Decode(file, 1, {.max_pixels = 10'000}).ok());
  EXPECT_TRUE(absl::IsResourceExhausted(Decode(file, 2, {.max_pixels = 10'000}).status()));
}

TEST_F(TiffPagesTest, ManyPages) {
  std::vector<MadePage> pages(200);
  pages[149].shade = 200;
  const std::vector<uint8_t> file = MakeTiff(pages);
  EXPECT_THAT(FindTiffPages(file), SizeIs(200));
  EXPECT_EQ(ShadeOf(file, 150), 200);
}

TEST_F(TiffPagesTest, AnyBytesAreSafe) {
  EXPECT_THAT(FindTiffPages(TestData("photo.jpg")), IsEmpty());
  EXPECT_THAT(FindTiffPages({}), IsEmpty());
  const std::vector<uint8_t> whole = MakeTiff({{.width = 4, .height = 2}, {.width = 4, .height = 2}});
  // A directory that names itself as the next one.
  std::vector<uint8_t> circle = whole;
  KeepTiffPage(circle, FirstTiffDirectory(circle));
  EXPECT_THAT(FindTiffPages(circle), SizeIs(1));
  const std::size_t next_at = 8 + 2 + 10 * 12;
  circle[next_at] = 8;
  EXPECT_THAT(FindTiffPages(circle), SizeIs(1));
  std::minstd_rand random(7);
  for (int i = 0; i < 2000; ++i) {
    std::vector<uint8_t> file = whole;
    for (int change = 0; change < 4; ++change) {
      file[4 + random() % (file.size() - 4)] = static_cast<uint8_t>(random());
    }
    file.resize(4 + random() % (file.size() - 4));
    for (const std::size_t page : FindTiffPages(file)) {
      KeepTiffPage(file, page);
      EXPECT_LE(FindTiffPages(file).size(), 1U);
    }
  }
}

}  // namespace
}  // namespace calotype
