// What only the catalogue on PostgreSQL does; the rest is the conformance suite.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "catalog/catalog.h"
#include "catalog/postgres_address.h"
#include "catalog/postgres_catalog.h"
#include "catalog/postgres_schema.h"
#include "catalog/postgres_test_server.h"
#include "catalog/test_data.h"

namespace calotype {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

TEST(PostgresAddressTest, NamesTheServerWithoutItsPassword) {
  const auto address = PostgresAddress::Of("postgres://me:geheim@db.example:6432/photos?sslmode=require");
  ASSERT_TRUE(address.ok());
  EXPECT_EQ(address->name, "postgresql://db.example:6432/photos");
  EXPECT_EQ(address->password, "geheim");
  const auto name_of = [](const char* url) { return Value(PostgresAddress::Of(url)).name; };
  EXPECT_EQ(name_of("postgresql:photos"), "postgresql:///photos");
  EXPECT_EQ(name_of("postgresql://db1,db2/photos"), "postgresql://db1,db2/photos");
  EXPECT_EQ(name_of("postgresql://db1,db2:6432/photos"), "postgresql://db1,db2:6432/photos");
  EXPECT_EQ(name_of("postgresql:///photos?host=/a,/b&port=7"), "postgresql:///a:7,/b:7/photos");
}

TEST(PostgresAddressTest, TellsItsHostsApart) {
  const auto two = Value(PostgresAddress::Of("postgresql://db1,db2:6432/photos?target_session_attrs=read-write"));
  EXPECT_TRUE(two.wants_primary);
  ASSERT_THAT(two.hosts, SizeIs(2));
  EXPECT_EQ(two.hosts[0].name + " " + two.hosts[0].port, "db1 5432");
  EXPECT_EQ(two.hosts[1].name + " " + two.hosts[1].port, "db2 6432");
  const auto one_port = Value(PostgresAddress::Of("postgresql:///photos?host=/a,/b&port=7"));
  EXPECT_FALSE(one_port.wants_primary);
  ASSERT_THAT(one_port.hosts, SizeIs(2));
  EXPECT_EQ(one_port.hosts[1].name + " " + one_port.hosts[1].port, "/b 7");
  EXPECT_THAT(Value(PostgresAddress::Of("postgresql:photos")).hosts, SizeIs(1));
}

TEST(PostgresAddressTest, AnInvalidAddressIsNotRepeated) {
  const auto address = PostgresAddress::Of("postgresql://me:geheim@host:port:more/x?y");
  EXPECT_TRUE(absl::IsInvalidArgument(address.status()));
  EXPECT_THAT(Message(address), Not(HasSubstr("geheim")));
}

class PostgresTest : public testing::Test {
 protected:
  void SetUp() override {
    if (TestServer::Programs().empty()) {
      GTEST_SKIP() << "no PostgreSQL server is installed (tools/setup/install_packages cluster), so the catalogue on a "
                      "server is not tested";
    }
    url_ = TestServer::Get().NewDatabase();
  }
  std::unique_ptr<Catalog> Open() const { return Value(Catalog::Open(url_)); }
  std::unique_ptr<PostgresDatabase> OpenDatabase() const {
    return Value(PostgresDatabase::Open(Value(PostgresAddress::Of(url_))));
  }

  std::string url_;
};

TEST_F(PostgresTest, IsInstalled) { EXPECT_EQ(Value(Open()->GetStatus()).photos, 0); }

TEST_F(PostgresTest, ErrorsNameTheServerAndTheRemedyButNoPassword) {
  std::string nowhere = url_;
  nowhere.replace(nowhere.find("calotype@"), 9, "calotype:geheim@").append("_nowhere");
  const Status absent = Catalog::Open(nowhere).status();
  EXPECT_TRUE(absl::IsNotFound(absent)) << absent;
  EXPECT_THAT(Message(absent), HasSubstr("createdb"));
  EXPECT_THAT(Message(absent), Not(HasSubstr("geheim")));
  const Status unreachable = Catalog::Open("postgresql://me:geheim@127.0.0.1:1/x").status();
  EXPECT_TRUE(absl::IsUnavailable(unreachable)) << unreachable;
  EXPECT_THAT(Message(unreachable), HasSubstr("postgresql://127.0.0.1:1/x cannot be reached"));
  EXPECT_THAT(Message(unreachable), Not(HasSubstr("geheim")));
  std::string stranger = url_;
  stranger.replace(stranger.find("calotype@"), 9, "stranger:geheim@");
  const Status refused = Catalog::Open(stranger).status();
  EXPECT_TRUE(absl::IsPermissionDenied(refused)) << refused;
  EXPECT_THAT(Message(refused), Not(HasSubstr("geheim")));
}

TEST_F(PostgresTest, ANewerCatalogueAndTablesOfOthersAreRefused) {
  {
    Open();
    const auto database = OpenDatabase();
    CALOTYPE_ASSERT_OK(database->Execute("UPDATE calotype_schema SET version = ?1", PostgresSchemaVersion() + 1));
  }
  const Status newer = Catalog::Open(url_).status();
  EXPECT_TRUE(absl::IsFailedPrecondition(newer)) << newer;
  EXPECT_THAT(Message(newer), HasSubstr("a newer Calotype wrote it"));
  url_ = TestServer::Get().NewDatabase();
  CALOTYPE_ASSERT_OK(OpenDatabase()->Script("CREATE TABLE bread (slices int)"));
  const Status other = Catalog::Open(url_).status();
  EXPECT_TRUE(absl::IsFailedPrecondition(other)) << other;
  EXPECT_THAT(Message(other), HasSubstr("tables of another program"));
}

// Version 2 added "process"; version 3 claims photos by the chunk.
TEST_F(PostgresTest, PhotosThatWereRunningInVersion1AreTaken) {
  PhotoId running = 0;
  {
    const auto catalog = Open();
    CALOTYPE_ASSERT_OK(catalog->RequireAnalyses(std::vector<AnalysisVersion>{{"objects", "v1"}, {"text", "v1"}}));
    running = Value(catalog->AddFile("/a.jpg", StampOf(1), DigestOf("a")));
    CALOTYPE_ASSERT_OK(OpenDatabase()->Script(
        "DROP TABLE process; DROP TABLE chunk; DROP TABLE claim;"
        "CREATE TABLE claim (photo_id bigint PRIMARY KEY REFERENCES photo(id),"
        " owner_id bigint NOT NULL REFERENCES work_owner(id)); CREATE INDEX claim_by_owner ON claim(owner_id);"
        "INSERT INTO work_owner VALUES (7, 'another machine', '', 0, 0, 0, 'x', 0, 0);"
        "INSERT INTO claim SELECT id, 7 FROM photo; UPDATE analysis SET state = 1 WHERE analysis = 'objects';"
        "UPDATE calotype_schema SET version = 1;"));
  }
  const auto catalog = Open();
  EXPECT_EQ(Value(catalog->GetStatus()).analyses.at("objects").running, 1);
  EXPECT_EQ(Value(catalog->GetStatus()).analyses.at("text").running, 0);
  const auto source = Value(catalog->OpenWork(NewWorkOwner(), nullptr));
  EXPECT_EQ(Value(catalog->GetStatus()).analyses.at("objects").running, 0);
  const auto items = Value(source->Next(std::vector<std::string>{"objects"}, 9));
  ASSERT_THAT(items, SizeIs(1));
  EXPECT_EQ(items[0].photo, running);
  EXPECT_THAT(Value(catalog->Check()), IsEmpty());
}

TEST_F(PostgresTest, FindingsOfAPhotoThatDoesNotExistAreFound) {
  const auto catalog = Open();
  CALOTYPE_ASSERT_OK(OpenDatabase()->Script(
      "INSERT INTO pdq(photo_id, hash, quality) VALUES (77, decode(repeat('00', 32), 'hex'), 50);"
      "INSERT INTO tag(photo_id, label_id, score) VALUES (77, 5, 0.5);"));
  EXPECT_THAT(Value(catalog->Check()), testing::ElementsAre("2 findings of photos that do not exist",
                                                            "1 findings with labels that do not exist"));
}

TEST_F(PostgresTest, AnIndexOfVectorsHearsOfEachChange) {
  const auto catalog = Open();
  const auto database = OpenDatabase();
  CALOTYPE_ASSERT_OK(
      database->Script("INSERT INTO embedding(space, photo_id, version, vector) SELECT 'a', n, '1', '\\x0000' FROM "
                       "generate_series(1, 3) n;"));
  const int64_t added = Value(catalog->ChangesOfVectors("a", 1)).last;
  EXPECT_THAT(Value(catalog->VectorsChangedSince("a", 0)), testing::UnorderedElementsAre(1, 2, 3));
  CALOTYPE_ASSERT_OK(database->Script("UPDATE embedding SET space = 'b' WHERE photo_id = 2"));
  EXPECT_THAT(Value(catalog->VectorsChangedSince("a", added)), testing::ElementsAre(2));
  EXPECT_THAT(Value(catalog->VectorsChangedSince("b", added)), testing::ElementsAre(2));
  CALOTYPE_ASSERT_OK(database->Script("DELETE FROM embedding WHERE photo_id <> 2"));
  EXPECT_THAT(Value(catalog->VectorsChangedSince("a", added)), testing::UnorderedElementsAre(1, 2, 3));
}

TEST_F(PostgresTest, SeveralProcessesMayCreateItAtOnce) {
  std::vector<std::thread> threads;
  std::vector<std::string> messages(6);
  for (std::string& message : messages) {
    threads.emplace_back([this, &message] { message = Message(Catalog::Open(url_)); });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  EXPECT_THAT(messages, testing::Each(""));
}

TEST_F(PostgresTest, TheConnectionReturnsWithTheServer) {
  const auto catalog = Open();
  const PhotoId photo = Value(catalog->AddFile("/a.jpg", StampOf(1), DigestOf("a")));
  auto transaction = Value(catalog->BeginTransaction());
  CALOTYPE_ASSERT_OK(catalog->AddProblem("/b.jpg", "gone"));
  TestServer::Get().Crash();
  const Status lost = catalog->AddProblem("/c.jpg", "gone, too");
  EXPECT_TRUE(absl::IsUnavailable(lost)) << lost;
  EXPECT_FALSE(transaction->Commit().ok());
  transaction.reset();
  EXPECT_EQ(Value(catalog->FindByPath("/a.jpg")), photo);
  EXPECT_THAT(Value(catalog->GetStatus()).failures, IsEmpty()) << "the transaction was lost as a whole";
  TestServer::Get().Crash();
  EXPECT_EQ(Value(catalog->AddFile("/b.jpg", StampOf(1), DigestOf("a"))), photo) << "a change, too";
}

TEST_F(PostgresTest, WhoSleepsInATransactionLosesItsLocks) {
  Open();
  const auto sleeper = OpenDatabase();
  const auto limit_of = [&](const char* begin) {
    EXPECT_TRUE(sleeper->Execute(begin).ok());
    const int64_t seconds = Value(sleeper->QueryInt("SELECT CAST(extract(epoch FROM CAST(current_setting("
                                                    "'idle_in_transaction_session_timeout') AS interval)) AS bigint)"))
                                .value_or(0);
    EXPECT_TRUE(sleeper->Execute("ROLLBACK").ok());
    return seconds;
  };
  EXPECT_EQ(limit_of(sleeper->dialect().begin), 30);
  EXPECT_EQ(limit_of(sleeper->dialect().begin_claim), 30);
  EXPECT_EQ(limit_of(sleeper->dialect().begin_long), 600);
  {
    auto transaction = Value(DatabaseTransaction::Begin(*sleeper));
    CALOTYPE_ASSERT_OK(sleeper->Script("SET LOCAL idle_in_transaction_session_timeout = '50ms'"));
    CALOTYPE_ASSERT_OK(Open()->AddProblem("/a.jpg", "written while the other sleeps"));
    const Status late = sleeper->Execute("DELETE FROM problem");
    EXPECT_TRUE(absl::IsUnavailable(late)) << late;
    EXPECT_FALSE(transaction.Commit().ok());
  }
  EXPECT_EQ(Value(sleeper->QueryInt("SELECT count(*) FROM problem")), 1) << "connected again";
}

TEST_F(PostgresTest, SourcesThatFindNothingDoNotWaitForEachOther) {
  const auto catalog = Open();
  const std::vector<std::string> analyses = {"objects"};
  CALOTYPE_ASSERT_OK(catalog->RequireAnalyses(std::vector<AnalysisVersion>{{.analysis = "objects", .version = "1"}}));
  CALOTYPE_ASSERT_OK(catalog->AddFile("/a.jpg", StampOf(1), DigestOf("a")).status());
  const auto busy = Value(catalog->OpenWork(NewWorkOwner(), nullptr));
  ASSERT_THAT(Value(busy->Next(analyses, 1)), SizeIs(1));
  const auto other = Open();
  const auto idle = Value(other->OpenWork(NewWorkOwner(), nullptr));
  EXPECT_THAT(Value(idle->Next(analyses, 1)), IsEmpty());
  const auto booking = OpenDatabase();
  {
    const auto transaction = Value(DatabaseTransaction::Begin(*booking, booking->dialect().begin_claim));
    CALOTYPE_ASSERT_OK(booking->Execute(booking->dialect().lock_booking));
    EXPECT_THAT(Value(idle->Next(analyses, 1)), IsEmpty()) << "the lock of others was waited for";
    EXPECT_EQ(Value(idle->HeldByOthers()), 1);
  }
  CALOTYPE_ASSERT_OK(catalog->AddFile("/b.jpg", StampOf(1), DigestOf("b")).status());
  EXPECT_THAT(Value(idle->Next(analyses, 1)), SizeIs(1)) << "it books again when there is something";
}

TEST_F(PostgresTest, PathsAreBytesAndTextsAreText) {
  const auto catalog = Open();
  const std::string path = "/photos/\xff\xfe.jpg";
  const PhotoId photo = Value(catalog->AddFile(path, StampOf(1), DigestOf("a")));
  EXPECT_EQ(Value(catalog->FindByPath(path)), photo);
  EXPECT_THAT(Value(catalog->GetPhoto(photo)).paths, ElementsAre(path));
  PhotoResult result;
  result.id = photo;
  result.findings.text = {LineOf(std::string("with\0 NUL and \xff", 15))};
  result.outcomes = {Done("text")};
  CALOTYPE_ASSERT_OK(catalog->Store(std::vector{result}));
  EXPECT_EQ(Value(catalog->GetPhoto(photo)).findings.text->at(0).text, "with NUL and ");
  EXPECT_THAT(Value(catalog->Words(Vocabulary::kFolder)), SizeIs(1));
}

TEST_F(PostgresTest, SearchesFindAndRankAsSqliteDoes) {
  const TempFolder folder;
  const auto file = Value(Catalog::Open((folder.path() / "catalog.db").string()));
  const auto server = Open();
  const std::vector<std::vector<std::string_view>> texts = {
      {"NO PARKING", "at any time"},
      {"Parking parking PARKING", "Stra\xc3\x9f\x65 5, 1010 Wien"},
      {"car-park / e-mail: me@example.org", "3.14 and 1,000"},
      {"\xe6\x9d\xb1\xe4\xba\xac\xe9\xa7\x85\xe5\x87\xba\xe5\x8f\xa3", "Tokyo Station (exit)"},
      {"Zo\xc3\xab's caf\xc3\xa9", "CAFE\xcc\x81 O'Neill's \\ \"quoted\""},
      {"no no no", "now and then, time and time again, no time to park"},
      {"nothing"},
  };
  for (const auto& catalog : {file.get(), server.get()}) {
    for (std::size_t i = 0; i < texts.size(); ++i) {
      const std::string path = "/photos/Summer 2024/caf\xc3\xa9_" + std::to_string(i) + ".jpg";
      PhotoResult result;
      result.id = Value(catalog->AddFile(path, StampOf(1), DigestOf(path)));
      result.outcomes = {Done("text")};
      result.findings.text.emplace();
      for (const std::string_view line : texts[i]) {
        result.findings.text->push_back(LineOf(line));
      }
      CALOTYPE_ASSERT_OK(catalog->Store(std::vector{result}));
    }
  }
  const auto same = [](const std::vector<TextMatch>& one, const std::vector<TextMatch>& other) {
    ASSERT_EQ(one.size(), other.size());
    for (std::size_t i = 0; i < one.size(); ++i) {
      EXPECT_EQ(one[i].photo, other[i].photo);
      EXPECT_NEAR(one[i].rank, other[i].rank, 1e-9);
    }
  };
  for (const std::string_view words : {"parking",
                                       "PARK*",
                                       "no time",
                                       "time no",
                                       "no",
                                       "strasse",
                                       "stra\xc3\x9f\x65 1010",
                                       "e-mail",
                                       "mail e",
                                       "me@example.org",
                                       "3.14",
                                       "1 000",
                                       "\xe6\x9d\xb1\xe4\xba\xac",
                                       "\xe4\xba\xac\xe6\x9d\xb1",
                                       "zoe",
                                       "cafe",
                                       "o'neill's",
                                       "\\",
                                       "\"",
                                       "\"quoted",
                                       "...",
                                       "",
                                       "nowhere",
                                       "tim* *",
                                       "again,"}) {
    for (const bool phrase : {false, true}) {
      SCOPED_TRACE(std::string(words) + (phrase ? " (phrase)" : ""));
      const auto found = Value(file->SearchText(words, phrase, 5));
      same(found, Value(server->SearchText(words, phrase, 5)));
      for (const TextMatch& match : found) {
        EXPECT_EQ(Value(file->MatchingLine(match.photo, words, phrase)),
                  Value(server->MatchingLine(match.photo, words, phrase)));
      }
    }
  }
  for (const std::string_view words : {"summer", "cafe 3", "2024 jpg", "photos", "cafe_3.jpg", "caf*"}) {
    SCOPED_TRACE(words);
    same(Value(file->SearchNames(words, 5)), Value(server->SearchNames(words, 5)));
  }
}

TEST_F(PostgresTest, AVeryCommonWordIsFoundWithoutARank) {
  const auto catalog = Open();
  const auto database = OpenDatabase();
  const auto add = [&](int64_t begin, int64_t end) {
    for (const std::string_view insert :
         {"INSERT INTO photo(id, sha256, bytes, added_at) SELECT n, sha256(CAST(CAST(n AS text) AS bytea)), 1, 1",
          "INSERT INTO file(path, photo_id, size, mtime_ns) SELECT CAST('/' || n AS bytea), n, 1, 1",
          "INSERT INTO text_fts(rowid, body) SELECT n, CASE WHEN n % 2 = 0 THEN ' the  the ' ELSE ' the  end ' END"}) {
      CALOTYPE_ASSERT_OK(database->Execute(
          std::string(insert) + " FROM generate_series(CAST(?1 AS bigint), CAST(?2 AS bigint)) AS n", begin, end));
    }
  };
  add(1, kMostRankedTexts);
  const std::vector<TextMatch> ranked = Value(catalog->SearchText("the", false, 3));
  ASSERT_THAT(ranked, SizeIs(3));
  EXPECT_EQ(ranked[0].photo % 2, 0) << "twice is better than once";
  EXPECT_GT(ranked[0].rank, 0);
  add(kMostRankedTexts + 1, kMostRankedTexts + 1);
  const std::vector<TextMatch> last = Value(catalog->SearchText("the", false, 3));
  ASSERT_THAT(last, SizeIs(3));
  EXPECT_EQ(last[0].photo, kMostRankedTexts + 1);
  EXPECT_EQ(last[2].photo, kMostRankedTexts - 1);
  EXPECT_EQ(last[0].rank, 0);
  EXPECT_THAT(Value(catalog->SearchText("the", false, 2 * kMostRankedTexts)), SizeIs(kMostRankedTexts + 1));
}

TEST_F(PostgresTest, BackupsAreTheServersBusiness) {
  const auto catalog = Open();
  const Status backup = catalog->BackUp("/tmp/copy");
  EXPECT_TRUE(absl::IsUnimplemented(backup));
  EXPECT_THAT(Message(backup), HasSubstr("pg_dump"));
  EXPECT_THAT(Message(Catalog::Restore("/tmp/copy", url_).status()), HasSubstr("pg_restore"));
}

TEST_F(PostgresTest, DeletedBytesAreErased) {
  const auto catalog = Open();
  const PhotoId photo = Value(catalog->AddFile("/a.jpg", StampOf(1), DigestOf("a")));
  CALOTYPE_ASSERT_OK(catalog->Store(std::vector{FullResult(photo)}));
  const PersonId person = Value(catalog->CreatePerson());
  const std::vector<FaceId> faces = Value(catalog->GetPhoto(photo)).face_ids;
  CALOTYPE_ASSERT_OK(catalog->AssignFaces(person, faces));
  CALOTYPE_ASSERT_OK(catalog->ChangePerson(person, {.name = "Ada Lovelace", .hidden = {}, .cover = {}}));
  ASSERT_TRUE(TestServer::Get().FilesHave("Ada Lovelace"));
  CALOTYPE_ASSERT_OK(catalog->ForgetPerson(person));
  EXPECT_TRUE(Value(catalog->MustErase()));
  CALOTYPE_ASSERT_OK(catalog->EraseDeleted());
  EXPECT_FALSE(Value(catalog->MustErase()));
  EXPECT_FALSE(TestServer::Get().FilesHave("Ada Lovelace"));
}

// A transaction that was begun first may not commit a lower number later.
TEST_F(PostgresTest, ChangesAppearInTheOrderOfTheirNumbers) {
  constexpr int kWriters = 4;
  constexpr int kPhotos = 40;
  std::vector<std::thread> writers;
  for (int writer = 0; writer < kWriters; ++writer) {
    writers.emplace_back([this, writer] {
      const auto catalog = Open();
      for (int i = 0; i < kPhotos; ++i) {
        const std::string path = "/" + std::to_string(writer) + "/" + std::to_string(i);
        Value(catalog->AddFile(path, StampOf(1), DigestOf(path)));
      }
    });
  }
  const auto reader = Open();
  int64_t seen = 0;
  int count = 0;
  while (count < kWriters * kPhotos) {
    for (const PhotoChange& change : Value(reader->ChangesSince(seen, 10)).changes) {
      seen = change.number;
      ++count;
    }
  }
  for (std::thread& writer : writers) {
    writer.join();
  }
  EXPECT_THAT(Value(reader->ChangesSince(0, 1000)).changes, SizeIs(kWriters * kPhotos));
}

}  // namespace
}  // namespace calotype
