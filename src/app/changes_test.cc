#include "app/changes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/fake_library.h"
#include "app/scan.h"

namespace calotype {
namespace {

using ::testing::HasSubstr;

class ChangesTest : public ::testing::Test {
 protected:
  void Scan(int photos) {
    library_.AddPhotos(photos);
    ASSERT_TRUE(scans_.Start({.folders = {library_.photos().string()}}).ok());
    ASSERT_TRUE(scans_.Wait().ok());
  }
  ChangePage Read(std::string_view since, int limit = 100) {
    const StatusOr<ChangePage> page = ReadChanges(*library_, since, limit);
    EXPECT_TRUE(page.ok()) << page.status();
    return page.value_or(ChangePage());
  }

  FakeLibrary library_;
  ScanService scans_{*library_};
};

TEST_F(ChangesTest, AFollowerLearnsOfEveryPhotoOnce) {
  Scan(5);
  const ChangePage first = Read("", 2);
  EXPECT_EQ(first.changes.size(), 2U);
  EXPECT_TRUE(first.more);
  const ChangePage rest = Read(first.next, 3);
  EXPECT_EQ(rest.changes.size(), 3U);
  EXPECT_FALSE(rest.more);
  const ChangePage none = Read(rest.next);
  EXPECT_TRUE(none.changes.empty());
  EXPECT_EQ(none.next, rest.next);
  EXPECT_EQ(Read("now").next, rest.next);
  EXPECT_TRUE(Read("now").changes.empty());
  EXPECT_FALSE(Read("now").more);
  Scan(1);
  EXPECT_EQ(Read(rest.next).changes.size(), 1U);
}

TEST_F(ChangesTest, CursorsThatMeanNothingHereAreErrors) {
  EXPECT_TRUE(absl::IsFailedPrecondition(ReadChanges(*library_, "", 1).status())) << "nothing was scanned";
  Scan(1);
  for (const std::string_view wrong : {"x", "_", "abc_", "abc_-1", "abc_1x", "abc_99999999999999999999"}) {
    const Status status = ReadChanges(*library_, wrong, 1).status();
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << wrong;
    EXPECT_THAT(Message(status), HasSubstr("`next`"));
  }
  const std::string next = Read("").next;
  for (const std::string& foreign : {std::string("000000000000000000000000_1"), next + "0"}) {
    const Status status = ReadChanges(*library_, foreign, 1).status();
    EXPECT_TRUE(absl::IsFailedPrecondition(status)) << foreign;
    EXPECT_THAT(Message(status), HasSubstr("from the start"));
  }
}

}  // namespace
}  // namespace calotype
