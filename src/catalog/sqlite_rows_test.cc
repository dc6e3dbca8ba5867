// Tests that change rows of the catalogue directly.
#include <cmath>
#include <ctime>

#include "catalog/conformance/catalog_test.h"
#include "catalog/lease.h"
#include "catalog/sqlite.h"

namespace calotype {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

const std::vector<AnalysisVersion> kRequired = {{"decode", "d1"}, {"objects", "v1"}};

class SqliteRowsTest : public CatalogTest {
 protected:
  std::unique_ptr<SqliteDatabase> OpenDatabase() const {
    return Value(SqliteDatabase::Open(Value(CatalogFiles::Of(url())).database()));
  }
};
INSTANTIATE_TEST_SUITE_P(Backends, SqliteRowsTest, testing::ValuesIn(FileBackends()), BackendName);

TEST_P(SqliteRowsTest, ARetryableFailureIsPutOffLongerEachTime) {
  CALOTYPE_ASSERT_OK(catalog().RequireAnalyses(kRequired));
  const PhotoId photo = Add("/a", "a");
  PhotoResult result;
  result.id = photo;
  result.outcomes = {Failed("objects", "the device is busy")};
  result.outcomes[0].retryable = true;
  std::vector<int64_t> waits;
  for (int attempt = 1; attempt <= 6; ++attempt) {
    ASSERT_THAT(Claim({"objects"}, 1), SizeIs(1));
    EXPECT_THAT(Ack(std::vector{result}), IsEmpty());
    const int64_t next = Value(catalog().GetStatus()).failures[0].next_try;
    waits.push_back(next == 0 ? 0 : next - time(nullptr));
    EXPECT_EQ(Value(catalog().RetryFailed({.due = true})), 0) << "too early";
    Reopen();
    const auto database = OpenDatabase();
    CALOTYPE_ASSERT_OK(database->Execute(next == 0 ? "UPDATE analysis SET state = 3 WHERE analysis = 'objects'"
                                                   : "UPDATE analysis SET retry_at = 1 WHERE state = 3"));
    EXPECT_EQ(Value(catalog().RetryFailed({.due = true})), next == 0 ? 0 : 1);
  }
  for (int i = 1; i < 5; ++i) {
    EXPECT_NEAR(static_cast<double>(waits[i]), 60 * std::pow(4, i), 2);
  }
  EXPECT_EQ(waits[5], 0) << "after five tries it is the user's turn";
  EXPECT_EQ(Value(catalog().RetryFailed({})), 1);
}

TEST_P(SqliteRowsTest, AClockThatWasSetBackDelaysNoRetry) {
  CALOTYPE_ASSERT_OK(catalog().RequireAnalyses(kRequired));
  PhotoResult result;
  result.id = Add("/a", "a");
  result.outcomes = {Failed("objects", "the device is busy")};
  result.outcomes[0].retryable = true;
  CALOTYPE_ASSERT_OK(StoreOne(result));
  Reopen();
  const auto database = OpenDatabase();
  constexpr int kTenYears = 315'360'000;
  CALOTYPE_ASSERT_OK(
      database->Execute("UPDATE analysis SET updated_at = updated_at + ?1, retry_at = retry_at + ?1", kTenYears));
  EXPECT_EQ(Value(catalog().RetryFailed({.due = true})), 1);
}

// The owner of the claim lives in another container on this machine.
class LeaseRowsTest : public SqliteRowsTest {
 protected:
  LeaseRowsTest() {
    EXPECT_EQ(Message(catalog().RequireAnalyses(kRequired)), "");
    Add("/a", "a");
    WorkOwner owner = NewWorkOwner();
    ++owner.pid_namespace;
    EXPECT_THAT(Value(NewSource(owner).Next(names_, 1)), SizeIs(1));
  }
  bool CanBeTaken() { return !Value(NewSource().Next(names_, 1)).empty(); }

  const std::vector<std::string> names_ = {"objects"};
};
INSTANTIATE_TEST_SUITE_P(Backends, LeaseRowsTest, testing::ValuesIn(FileBackends()), BackendName);

TEST_P(LeaseRowsTest, AnExpiredClaimIsTaken) {
  EXPECT_FALSE(CanBeTaken());
  CALOTYPE_ASSERT_OK(OpenDatabase()->Execute("UPDATE work_owner SET expires_boot_ms = ?1", LeaseNow().boot_ms - 1));
  EXPECT_TRUE(CanBeTaken());
}

TEST_P(LeaseRowsTest, TheClockOnTheWallDoesNotMatterOnThisMachine) {
  for (const int64_t offset : {-315'360'000, 315'360'000}) {
    CALOTYPE_ASSERT_OK(OpenDatabase()->Execute("UPDATE work_owner SET expires_at = expires_at + ?1", offset));
    EXPECT_FALSE(CanBeTaken()) << offset;
  }
}

TEST_P(LeaseRowsTest, AClockThatWasSetBackFreezesNoLeaseOfAnotherMachine) {
  CALOTYPE_ASSERT_OK(OpenDatabase()->Execute("UPDATE work_owner SET boot = 'other', host = 'other'"));
  EXPECT_FALSE(CanBeTaken());
  CALOTYPE_ASSERT_OK(OpenDatabase()->Execute("UPDATE work_owner SET expires_at = expires_at + 315360000"));
  EXPECT_TRUE(CanBeTaken());
}

TEST_P(LeaseRowsTest, ExtendingMovesTheEnd) {
  WorkSource& source = NewSource();
  CALOTYPE_ASSERT_OK(OpenDatabase()->Execute("UPDATE work_owner SET expires_at = 0, expires_boot_ms = 0"));
  CALOTYPE_ASSERT_OK(source.Extend());
  EXPECT_EQ(Value(OpenDatabase()->QueryInt("SELECT count(*) FROM work_owner WHERE expires_at > unixepoch() + 50"
                                           " AND expires_boot_ms > ?1",
                                           LeaseNow().boot_ms + 50'000)),
            1);
}

TEST_P(SqliteRowsTest, CheckSaysWhatIsWrong) {
  CALOTYPE_ASSERT_OK(StoreOne(FullResult(Add("/a.jpg", "a"))));
  EXPECT_THAT(Value(catalog().Check()), IsEmpty());
  CALOTYPE_ASSERT_OK(
      OpenDatabase()->Script("PRAGMA foreign_keys = OFF; INSERT INTO tag VALUES (77, 1, 0.5);"
                             "UPDATE pdq SET hash = x'00'; UPDATE analysis SET state = 9 WHERE analysis = 'pdq';"
                             "UPDATE analysis SET state = 1 WHERE analysis = 'text';"
                             "INSERT INTO chunk(priority, owner_id) VALUES (1, 99);"
                             "INSERT INTO claim(photo_id, chunk_id) VALUES (1, 99);"));
  const auto problems = Value(catalog().Check());
  EXPECT_THAT(problems, Contains(HasSubstr("of tag refers to a row of photo that does not exist")));
  EXPECT_THAT(problems, Contains("1 perceptual hashes that are not 32 bytes long"));
  EXPECT_THAT(problems, Contains("2 analyses in an unknown state"));
  EXPECT_THAT(problems, Contains("1 claims of photos or in chunks that do not exist"));
  EXPECT_THAT(problems, Contains("1 chunks of owners that do not exist"));
}

TEST_P(SqliteRowsTest, DeletionLeavesNoText) {
  const PhotoId gone = Add("/gone.jpg", "gone");
  const PhotoId kept = Add("/kept.jpg", "kept");
  for (const PhotoId photo : {gone, kept}) {
    CALOTYPE_ASSERT_OK(StoreOne(FullResult(photo)));
  }
  CALOTYPE_ASSERT_OK(catalog().MarkMissing(std::vector<std::string>{"/gone.jpg"}));
  EXPECT_EQ(Value(catalog().DeleteMissing(time(nullptr) + 100)), 1);
  const auto database = OpenDatabase();
  EXPECT_EQ(Value(database->QueryInt("SELECT count(*) FROM text_line WHERE photo_id NOT IN (SELECT id FROM photo)")),
            0);
  EXPECT_EQ(Value(database->QueryInt("SELECT count(*) FROM text_fts")), 1);
}

TEST_P(SqliteRowsTest, AVeryCommonWordIsFoundWithoutARank) {
  const PhotoId first = Add("/a", "a");
  Reopen();
  const auto database = OpenDatabase();
  const std::string rows = "WITH RECURSIVE n(n) AS (SELECT ?1 UNION ALL SELECT n + 1 FROM n WHERE n < ?2)";
  const int64_t begin = first + 1;
  const int64_t end = first + kMostRankedTexts;
  for (const std::string_view insert :
       {" INSERT INTO photo(id, sha256, bytes, added_at) SELECT n, randomblob(32), 1, 1 FROM n",
        " INSERT INTO file(path, photo_id, size, mtime_ns) SELECT '/' || n, n, 1, 1 FROM n",
        " INSERT INTO text_fts(rowid, body) SELECT n, iif(n % 2 = 0, 'the the end', 'the beginning') FROM n"}) {
    CALOTYPE_ASSERT_OK(database->Execute(rows + std::string(insert), begin, end));
  }
  const std::vector<TextMatch> ranked = Value(catalog().SearchText("the", false, 3));
  ASSERT_THAT(ranked, SizeIs(3));
  EXPECT_EQ(ranked[0].photo % 2, 0) << "twice is better than once";
  EXPECT_GT(ranked[0].rank, 0);
  CALOTYPE_ASSERT_OK(database->Execute("INSERT INTO text_fts(rowid, body) VALUES (?1, 'the beginning')", first));
  const std::vector<TextMatch> last = Value(catalog().SearchText("the", false, 3));
  ASSERT_THAT(last, SizeIs(3));
  EXPECT_EQ(last[0].photo, end);
  EXPECT_EQ(last[2].photo, end - 2);
  EXPECT_EQ(last[0].rank, 0);
  EXPECT_THAT(Value(catalog().SearchText("the", false, 2 * kMostRankedTexts)), SizeIs(kMostRankedTexts + 1));
}

}  // namespace
}  // namespace calotype
