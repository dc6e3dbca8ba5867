#include "photo/other_place_names.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

namespace calotype {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class OtherPlaceNamesTest : public ::testing::Test {
 protected:
  OtherPlaceNamesTest() {
    std::string pattern = (std::filesystem::temp_directory_path() / "calotype-names-XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
  }
  ~OtherPlaceNamesTest() override { std::filesystem::remove_all(folder_); }

  StatusOr<OtherPlaceNames> Load(const std::string& text) const {
    std::ofstream(folder_ / "other_names.tsv") << text;
    return OtherPlaceNames::Load(folder_ / "other_names.tsv");
  }

  std::filesystem::path folder_;
};

TEST_F(OtherPlaceNamesTest, FindsTheNamesThatANameStandsFor) {
  const auto names = Load(
      "# calotype other place names test-1\n"
      "Grisons\tgraubunden\tgrigioni\n"
      "New York\tnueva york\n"
      "New York City\tbig apple\tnueva york\n"
      "Vienna\twien\twiener neustadt\tвена\n");
  ASSERT_TRUE(names.ok()) << Message(names.status());
  for (const char* wien : {"Wien", "WIEN", "wïen", " Wien "}) {
    EXPECT_THAT(names->Find(wien), ElementsAre("Vienna")) << wien;
  }
  EXPECT_THAT(names->Find("Вена"), ElementsAre("Vienna"));
  EXPECT_THAT(names->Find("Graubünden"), ElementsAre("Grisons"));
  EXPECT_THAT(names->Find("Graubu\u0308nden"), ElementsAre("Grisons")) << "the accent as a character of its own";
  EXPECT_THAT(names->Find("Nueva York"), ElementsAre("New York", "New York City"));
  for (const char* unknown : {"", " ", "Vienna", "Wie", "wien\twiener neustadt", "neustadt", "test-1", "# calotype"}) {
    EXPECT_THAT(names->Find(unknown), IsEmpty()) << unknown;
  }
}

TEST_F(OtherPlaceNamesTest, AnotherFileIsRefused) {
  EXPECT_TRUE(absl::IsNotFound(OtherPlaceNames::Load(folder_ / "none.tsv").status()));
  EXPECT_TRUE(absl::IsDataLoss(Load("Vienna\twien\n").status()));
  EXPECT_TRUE(absl::IsDataLoss(Load("# calotype other place names test-1\nVienna\twi").status())) << "cut short";
  EXPECT_THAT(OtherPlaceNames().Find("Wien"), IsEmpty());
}

}  // namespace
}  // namespace calotype
