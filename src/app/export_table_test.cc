#include "app/export_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace calotype {
namespace {

using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

PhotoRecord MadePhoto() {
  PhotoRecord photo;
  photo.paths = {"/photos/a, b.jpg"};
  photo.bytes = 12;
  photo.properties = PhotoProperties{.format = PhotoFormat::kJpeg, .width = 400, .height = 200, .facts = {}};
  photo.properties->facts.title = "say \"hi\"";
  photo.properties->facts.keywords = {"holiday", "cat"};
  photo.findings.objects = {{.label = "cat"}, {.label = "dog"}, {.label = "cat"}};
  photo.findings.embedding = EmbeddingFinding{};
  photo.findings.embedding->tags = {{.label = "indoor"}};
  photo.findings.text = {{.text = "one"}, {.text = "two"}};
  photo.findings.faces.emplace(2);
  photo.findings.faces->at(1).box = {.x = 100, .y = 50, .width = 40, .height = 20};
  photo.face_people = {std::nullopt, 7};
  photo.face_names = {"", "Ada"};
  return photo;
}

TEST(ExportTableTest, CsvQuotesCommasQuotesAndLineBreaks) {
  const std::string row = CsvRow(MadePhoto());
  EXPECT_THAT(row, StartsWith("\"/photos/a, b.jpg\","));
  EXPECT_THAT(row, HasSubstr(",12,JPEG,400,200,"));
  EXPECT_THAT(row, HasSubstr(",\"say \"\"hi\"\"\","));
  EXPECT_THAT(row, EndsWith(",holiday;cat,Ada,cat;dog,indoor,\"one\ntwo\"\r\n"));
}

TEST(ExportTableTest, EveryRowHasTheColumnsOfTheHead) {
  const std::string head = CsvHead();
  EXPECT_THAT(head, StartsWith("path,sha256,"));
  PhotoRecord undecoded;
  undecoded.paths = {"/photos/broken.jpg"};
  const std::string row = CsvRow(undecoded);
  EXPECT_EQ(std::ranges::count(row, ','), std::ranges::count(head, ','));
}

TEST(ExportTableTest, XmpHasKeywordsAndNamedFaces) {
  const XmpAdditions additions = XmpOf(MadePhoto(), /*labels=*/false, /*remove_old_labels=*/false);
  EXPECT_THAT(additions.keywords, ElementsAre("holiday", "cat"));
  EXPECT_FALSE(additions.labels.has_value());
  EXPECT_TRUE(additions.unwanted.empty());
  ASSERT_EQ(additions.faces.size(), 1U);
  EXPECT_EQ(additions.faces[0].name, "Ada");
  EXPECT_FLOAT_EQ(additions.faces[0].box.x, 0.25F);
  EXPECT_FLOAT_EQ(additions.faces[0].box.y, 0.25F);
  EXPECT_FLOAT_EQ(additions.faces[0].box.width, 0.1F);
  EXPECT_FLOAT_EQ(additions.faces[0].box.height, 0.1F);
}

TEST(ExportTableTest, XmpHasLabelsOnceIfAskedFor) {
  PhotoRecord photo = MadePhoto();
  photo.findings.objects->push_back({.label = "tv/monitor"});
  const XmpAdditions additions = XmpOf(photo, /*labels=*/true, /*remove_old_labels=*/true);
  ASSERT_TRUE(additions.labels.has_value());
  EXPECT_THAT(*additions.labels, ElementsAre("object|cat", "object|dog", "object|tv-monitor", "tag|indoor"));
  EXPECT_THAT(additions.unwanted, ElementsAre("cat", "dog", "tv/monitor", "indoor"));
}

TEST(ExportTableTest, CsvHasNoFormulas) {
  PhotoRecord photo = MadePhoto();
  photo.findings.objects->at(0).label = "=cmd|' /C calc'!A0";
  photo.properties->facts.title = "@SUM(1)";
  photo.properties->facts.gps = GpsPosition{.latitude = -48.5, .longitude = 11};
  const std::string row = CsvRow(photo);
  EXPECT_THAT(row, HasSubstr(",'=cmd|' /C calc'!A0;"));
  EXPECT_THAT(row, HasSubstr(",'@SUM(1),"));
  EXPECT_THAT(row, HasSubstr(",-48.5,11,")) << "a number stays one";
}

}  // namespace
}  // namespace calotype
