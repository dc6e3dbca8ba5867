#include "catalog/conformance/catalog_test.h"

namespace calotype {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class CatalogBrowseTest : public CatalogTest {
 protected:
  PhotoId AddTaken(std::string_view path, std::string_view taken_at) {
    PhotoResult result;
    result.id = Add(path, path);
    result.properties.emplace();
    result.properties->format = PhotoFormat::kJpeg;
    result.properties->width = 40;
    result.properties->height = 30;
    result.properties->facts.taken_at = taken_at;
    result.outcomes = {Done("facts"), Done("decode")};
    EXPECT_EQ(Message(StoreOne(result)), "");
    return result.id;
  }

  // The ids of all photos, read in pages of `limit`.
  std::vector<PhotoId> InPages(bool oldest_first, int limit) {
    std::vector<PhotoId> ids;
    PhotoPage page{.oldest_first = oldest_first, .after = std::nullopt, .limit = limit};
    while (true) {
      const std::vector<PhotoRow> rows = Value(catalog().ListPhotos(page));
      if (rows.empty()) {
        return ids;
      }
      EXPECT_LE(rows.size(), static_cast<std::size_t>(limit));
      for (const PhotoRow& row : rows) {
        ids.push_back(row.id);
      }
      page.after = PhotoMark{.taken_at = rows.back().taken_at, .id = rows.back().id};
    }
  }

  // For each date its photos, which are read in pages of one.
  std::vector<std::string> InBuckets(DatePart part) {
    std::vector<std::string> buckets;
    for (const DateCount& date : Value(catalog().CountByDate(part))) {
      std::string& bucket = buckets.emplace_back(date.date + ":");
      PhotoPage page{.date = PhotoDate{.part = part, .text = date.date}, .limit = 1};
      for (int64_t i = 0; i < date.photos; ++i) {
        const std::vector<PhotoRow> rows = Value(catalog().ListPhotos(page));
        if (rows.size() != 1) {
          ADD_FAILURE() << bucket;
          break;
        }
        bucket += " " + rows[0].path;
        page.after = PhotoMark{.taken_at = rows[0].taken_at, .id = rows[0].id};
      }
      EXPECT_THAT(Value(catalog().ListPhotos(page)), IsEmpty()) << bucket;
    }
    return buckets;
  }
};
INSTANTIATE_TEST_SUITE_P(Backends, CatalogBrowseTest, testing::ValuesIn(Backends()), BackendName);

TEST_P(CatalogBrowseTest, PagesOfAnySizeHaveEveryPhotoOnceInOrder) {
  const PhotoId may = AddTaken("/may", "2024-05-01T10:00:00");
  const PhotoId undated = AddTaken("/undated", "");
  const PhotoId old = AddTaken("/old", "1999");
  const PhotoId same_a = AddTaken("/a", "2024-05-02T10:00:00");
  const PhotoId same_b = AddTaken("/b", "2024-05-02T10:00:00");
  const PhotoId unread = Add("/unread", "not analysed yet");
  for (const int limit : {1, 2, 3, 100}) {
    EXPECT_THAT(InPages(false, limit), ElementsAre(same_b, same_a, may, old, undated, unread)) << limit;
    EXPECT_THAT(InPages(true, limit), ElementsAre(old, may, same_a, same_b, undated, unread)) << limit;
  }
}

TEST_P(CatalogBrowseTest, RowsSayWhatAGridNeeds) {
  AddTaken("/photo", "2024-05-01T10:00:00");
  const std::vector<PhotoRow> rows = Value(catalog().ListPhotos({}));
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0].path, "/photo");
  EXPECT_EQ(rows[0].taken_at, "2024-05-01T10:00:00");
  EXPECT_EQ(rows[0].sha256, DigestOf("/photo"));
  EXPECT_EQ(rows[0].width, 40);
  EXPECT_EQ(rows[0].height, 30);
  EXPECT_THAT(rows[0].thumb_hash, IsEmpty());
}

TEST_P(CatalogBrowseTest, AThumbHashStaysUntilThereIsAnother) {
  const PhotoId photo = AddTaken("/photo", "2024-05-01T10:00:00");
  const std::vector<uint8_t> first = {1, 2, 0, 4};
  CALOTYPE_ASSERT_OK(catalog().SetThumbHash(photo, first));
  EXPECT_EQ(Value(catalog().ListPhotos({})).at(0).thumb_hash, first);
  AddTaken("/photo", "2024-05-01T10:00:00");  // read again, without one
  EXPECT_EQ(Value(catalog().GetPhoto(photo)).properties->thumb_hash, first);
  PhotoResult result;
  result.id = photo;
  result.properties = PhotoProperties{.format = PhotoFormat::kJpeg, .width = 40, .height = 30, .thumb_hash = {5}};
  result.outcomes = {Done("decode")};
  CALOTYPE_ASSERT_OK(StoreOne(result));
  EXPECT_THAT(Value(catalog().ListPhotos({})).at(0).thumb_hash, ElementsAre(5));
}

TEST_P(CatalogBrowseTest, MissingPhotosAreLeftOut) {
  AddTaken("/gone", "2024-05-01T10:00:00");
  CALOTYPE_ASSERT_OK(catalog().MarkMissing(std::vector<std::string>{"/gone"}));
  EXPECT_THAT(Value(catalog().ListPhotos({})), IsEmpty());
  EXPECT_THAT(Value(catalog().CountByDate(DatePart::kMonth)), IsEmpty());
  EXPECT_EQ(Value(catalog().PhotoRows(std::vector<PhotoId>{1})).at(0).id, 0);
}

TEST_P(CatalogBrowseTest, ThePictureRepresentsTheRawOfAPair) {
  const PhotoId shown = AddTaken("/p.jpg", "2024-05-01T10:00:00");
  AddTaken("/p.dng", "2024-05-01T10:00:00");
  CALOTYPE_ASSERT_OK(catalog().PutCompanion(
      {.photo_path = "/p.jpg", .path = "/p.dng", .kind = CompanionKind::kRaw, .stamp = StampOf(1)}));
  EXPECT_THAT(InPages(false, 10), ElementsAre(shown));
  EXPECT_EQ(Value(catalog().CountByDate(DatePart::kMonth)).at(0).photos, 1);
}

TEST_P(CatalogBrowseTest, DatesAreCountedAndListedAsFarAsTheyAreKnown) {
  AddTaken("/1", "2024-05-01T10:00:00");
  AddTaken("/2", "2024-05-31");
  AddTaken("/3", "2023-12");
  AddTaken("/4", "1999");
  AddTaken("/5", "");
  AddTaken("/6", "2024-05-01T09:00:00");
  AddTaken("/7", "2024-05");
  EXPECT_THAT(InBuckets(DatePart::kMonth), ElementsAre("2024-05: /2 /1 /6 /7", "2023-12: /3", "1999: /4", ": /5"));
  EXPECT_THAT(InBuckets(DatePart::kDay),
              ElementsAre("2024-05-31: /2", "2024-05-01: /1 /6", "2024-05: /7", "2023-12: /3", "1999: /4", ": /5"));
}

// Whatever changes which photos are shown, the counts are those of the list.
TEST_P(CatalogBrowseTest, CountsFollowEveryChange) {
  const auto expect_buckets = [&](const char* after, const testing::Matcher<std::vector<std::string>>& buckets) {
    EXPECT_THAT(InBuckets(DatePart::kDay), buckets) << after;
  };
  AddTaken("/a.jpg", "2024-05-01T10:00:00");
  AddTaken("/a.dng", "2024-05-01T10:00:01");
  AddTaken("/b", "");
  expect_buckets("adding", ElementsAre("2024-05-01: /a.dng /a.jpg", ": /b"));
  const Companion raw{.photo_path = "/a.jpg", .path = "/a.dng", .kind = CompanionKind::kRaw, .stamp = StampOf(1)};
  CALOTYPE_ASSERT_OK(catalog().PutCompanion(raw));
  expect_buckets("pairing", ElementsAre("2024-05-01: /a.jpg", ": /b"));
  CALOTYPE_ASSERT_OK(catalog().MarkMissing(std::vector<std::string>{"/a.jpg", "/b"}));
  expect_buckets("losing files", ElementsAre("2024-05-01: /a.dng"));
  AddTaken("/a.jpg", "2023-01-02T10:00:00");
  AddTaken("/b", "2022");
  expect_buckets("their return with other dates", ElementsAre("2023-01-02: /a.jpg", "2022: /b"));
  CALOTYPE_ASSERT_OK(catalog().DropCompanion(raw));
  expect_buckets("parting", ElementsAre("2024-05-01: /a.dng", "2023-01-02: /a.jpg", "2022: /b"));
  Add("/b", "other bytes");
  expect_buckets("other content", ElementsAre("2024-05-01: /a.dng", "2023-01-02: /a.jpg", ": /b"));
  Add("/copy of a", "/a.jpg");
  CALOTYPE_ASSERT_OK(catalog().MarkMissing(std::vector<std::string>{"/a.jpg"}));
  expect_buckets("losing one of two files", ElementsAre("2024-05-01: /a.dng", "2023-01-02: /copy of a", ": /b"));
}

TEST_P(CatalogBrowseTest, RowsAreGivenForNumbers) {
  const PhotoId first = AddTaken("/1", "2024-05-01T10:00:00");
  const PhotoId second = AddTaken("/2", "");
  const std::vector<PhotoId> wanted = {second, 99, first};
  const std::vector<PhotoRow> rows = Value(catalog().PhotoRows(wanted));
  ASSERT_EQ(rows.size(), 3U);
  EXPECT_EQ(rows[0].path, "/2");
  EXPECT_EQ(rows[1].id, 0);
  EXPECT_EQ(rows[2].taken_at, "2024-05-01T10:00:00");
  EXPECT_EQ(rows[2].width, 40);
}

}  // namespace
}  // namespace calotype
