#include "app/thumbnails.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

#include "app/browse.h"
#include "app/fake_library.h"
#include "app/scan.h"
#include "catalog/test_data.h"

namespace calotype {
namespace {

class ThumbnailsTest : public testing::Test {
 protected:
  // A scanned photo of 1000 x 500.
  ThumbnailsTest() {
    Image image(1000, 500);
    std::ranges::fill(image.pixels(), uint8_t{90});
    Write("wide.jpg", image);
    library_.AddPhotos(5);
    Value(
        RunScanRequest(*library_, {.folders = {library_.photos().string()}, .only = {"pdq"}}, [](const Event&) {}, {}));
  }
  void Write(const std::string& name, const Image& image) const {
    CALOTYPE_ASSERT_OK(WriteFileAtomically(library_.photos() / name, Value(EncodeJpeg(image, 90))));
  }
  PhotoRecord PhotoAt(const std::string& name) {
    for (const PhotoRow& row : Value(ListPhotos(*library_, {}))) {
      if (row.path.ends_with("/" + name)) {
        return Value(FindPhoto(*library_, row.id));
      }
    }
    ADD_FAILURE() << name;
    return {};
  }
  std::filesystem::path cache() const { return library_.photos().parent_path() / "thumbnails"; }
  int64_t CachedBytes() const {
    int64_t bytes = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(cache())) {
      bytes += entry.is_regular_file() ? static_cast<int64_t>(entry.file_size()) : 0;
    }
    return bytes;
  }

  FakeLibrary library_;
};

std::string StartOf(const ThumbnailFile& thumbnail) {
  std::array<char, 12> head{};
  EXPECT_EQ(pread(thumbnail.file.get(), head.data(), head.size(), 0), ssize_t(head.size()));
  return {head.begin(), head.end()};
}

TEST_F(ThumbnailsTest, AThumbnailHasItsSizeAndFormat) {
  Thumbnails thumbnails(*library_, cache(), 1'000'000);
  const PhotoRecord photo = PhotoAt("wide.jpg");
  const ThumbnailFile small = Value(thumbnails.Get(photo, ThumbnailSize::kSmall, PhotoFormat::kWebp));
  EXPECT_EQ(StartOf(small).substr(0, 4) + StartOf(small).substr(8), "RIFFWEBP");
  const DecodedPhoto decoded = Value(DecodePhoto(small.file.get(), {}));
  EXPECT_EQ(decoded.full_width, 256);
  EXPECT_EQ(decoded.full_height, 128);
  const ThumbnailFile large = Value(thumbnails.Get(photo, ThumbnailSize::kLarge, PhotoFormat::kJpeg));
  EXPECT_EQ(Value(DecodePhoto(large.file.get(), {})).full_width, 1000) << "never enlarged";
}

TEST_F(ThumbnailsTest, AThumbnailThatCannotBeKeptIsShown) {
  std::ofstream(cache()) << "a file where the folder should be";
  Thumbnails thumbnails(*library_, cache(), 1'000'000);
  const ThumbnailFile shown = Value(thumbnails.Get(PhotoAt("wide.jpg"), ThumbnailSize::kSmall, PhotoFormat::kJpeg));
  const DecodedPhoto decoded = Value(DecodePhoto(shown.file.get(), {}));
  EXPECT_EQ(decoded.full_width, 256);
  EXPECT_EQ(decoded.damage, "");
  EXPECT_EQ(lseek(shown.file.get(), 0, SEEK_END), static_cast<off_t>(shown.bytes));
}

TEST_F(ThumbnailsTest, AThumbnailIsMadeOnceAndOutlivesItsPhoto) {
  Thumbnails thumbnails(*library_, cache(), 1'000'000);
  const PhotoRecord photo = PhotoAt("wide.jpg");
  Value(thumbnails.Get(photo, ThumbnailSize::kSmall, PhotoFormat::kWebp));
  std::filesystem::remove(library_.photos() / "wide.jpg");
  EXPECT_TRUE(thumbnails.Get(photo, ThumbnailSize::kSmall, PhotoFormat::kWebp).ok());
  EXPECT_TRUE(absl::IsNotFound(thumbnails.Get(photo, ThumbnailSize::kMedium, PhotoFormat::kWebp).status()));
}

TEST_F(ThumbnailsTest, WhatAPathPointsToNowIsNotGivenAway) {
  Thumbnails thumbnails(*library_, cache(), 1'000'000);
  const PhotoRecord photo = PhotoAt("wide.jpg");
  const std::filesystem::path secret = library_.photos().parent_path() / "secret.jpg";
  Write("../secret.jpg", Image(8, 8));
  std::filesystem::remove(library_.photos() / "wide.jpg");
  std::filesystem::create_symlink(secret, library_.photos() / "wide.jpg");
  EXPECT_TRUE(absl::IsNotFound(thumbnails.Get(photo, ThumbnailSize::kSmall, PhotoFormat::kWebp).status()));
  EXPECT_TRUE(absl::IsNotFound(OpenOriginal(*library_, photo).status()));
  std::filesystem::remove(library_.photos() / "wide.jpg");
  std::ofstream(library_.photos() / "wide.jpg") << "password: 1234";
  EXPECT_TRUE(absl::IsNotFound(OpenOriginal(*library_, photo).status()));
}

TEST_F(ThumbnailsTest, TheFolderStaysWithinItsBudget) {
  constexpr int64_t kBudget = 6000;
  Thumbnails thumbnails(*library_, cache(), kBudget);
  int64_t most = 0;
  for (const PhotoRow& row : Value(ListPhotos(*library_, {}))) {
    for (const ThumbnailSize size : {ThumbnailSize::kSmall, ThumbnailSize::kMedium}) {
      EXPECT_TRUE(thumbnails.Get(Value(FindPhoto(*library_, row.id)), size, PhotoFormat::kJpeg).ok());
      EXPECT_LE(CachedBytes(), kBudget);
      most = std::max(most, CachedBytes());
    }
  }
  EXPECT_GT(most, kBudget / 2) << "it is used";
}

TEST_F(ThumbnailsTest, APhotoWithoutAThumbHashGetsItWithItsThumbnail) {
  const PhotoRecord photo = PhotoAt("wide.jpg");
  const std::vector<uint8_t> scanned = photo.properties->thumb_hash;
  EXPECT_GT(scanned.size(), 12U);
  CALOTYPE_ASSERT_OK(Value(library_->Catalogue())->SetThumbHash(photo.id, {}));
  Thumbnails thumbnails(*library_, cache(), 1'000'000);
  Value(thumbnails.Get(PhotoAt("wide.jpg"), ThumbnailSize::kSmall, PhotoFormat::kJpeg));
  EXPECT_EQ(PhotoAt("wide.jpg").properties->thumb_hash, scanned) << "grey has no rounding to differ in";
}

}  // namespace
}  // namespace calotype
