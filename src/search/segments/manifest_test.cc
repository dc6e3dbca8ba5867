#include "search/segments/manifest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_replace.h"

namespace calotype {
namespace {

SegmentFile FileWith(char digit, int64_t bytes) { return {.sha256 = std::string(64, digit), .bytes = bytes}; }

IndexManifest Example() {
  const IndexSegment segment{.photos = 3,
                             .first = 5,
                             .last = 9,
                             .codes = FileWith('a', 10),
                             .vectors = FileWith('b', 20),
                             .mean = FileWith('c', 3),
                             .replaced = FileWith('d', 8)};
  return {.library = "library",
          .dimension = 512,
          .last_change = 77,
          .segments = {segment,
                       {.photos = 0,
                        .codes = FileWith('e', 0),
                        .vectors = FileWith('e', 0),
                        .mean = FileWith('e', 0),
                        .replaced = FileWith('f', 8)}},
          .retired = {{.file = FileWith('1', 4), .since = 1'700'000'000}}};
}

TEST(ManifestTest, ItsTextHasAllOfIt) {
  const StatusOr<IndexManifest> read = ParseIndexManifest(ToText(Example()));
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(*read, Example());
  EXPECT_EQ(read->photos(), 3);
  EXPECT_EQ(read->segments[0].bytes(), 41);
  EXPECT_NE(read->segments[0].Name(), read->segments[1].Name());
  EXPECT_TRUE(read->segments[0].MayHave(5));
  EXPECT_FALSE(read->segments[0].MayHave(10));
  EXPECT_FALSE(read->segments[1].MayHave(0)) << "it has no photos";
}

TEST(ManifestTest, WhatIsNoManifestIsRefused) {
  const std::string text = ToText(Example());
  for (const std::string& broken :
       {std::string(), std::string("[]"), std::string("{}"), text.substr(0, text.size() / 2),
        absl::StrReplaceAll(text, {{"\"photos\":3", "\"photos\":\"3\""}}),
        // The hash is used as a file name.
        absl::StrReplaceAll(text, {{std::string(64, 'a'), "../../etc/passwd"}}),
        absl::StrReplaceAll(text, {{"\"bytes\":10", "\"bytes\":-10"}})}) {
    EXPECT_TRUE(absl::IsDataLoss(ParseIndexManifest(broken).status())) << broken;
  }
  EXPECT_TRUE(absl::IsFailedPrecondition(
      ParseIndexManifest(absl::StrReplaceAll(text, {{"\"version\":1", "\"version\":2"}})).status()));
}

}  // namespace
}  // namespace calotype
