// Faults: files of other programs, a full disk, crashes, many threads.
#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <fstream>
#include <thread>

#include "catalog/conformance/catalog_test.h"
#include "catalog/schema.h"
#include "catalog/sqlite_catalog.h"

namespace calotype {
namespace {

using testing::AllOf;
using testing::HasSubstr;

class SqliteFaultsTest : public testing::Test {
 protected:
  std::filesystem::path file() const { return folder_.path() / "catalog.db"; }
  std::unique_ptr<Catalog> Open() { return Value(Catalog::Open(file())); }
  static Database& DatabaseOf(Catalog& catalog) { return dynamic_cast<SqliteCatalog&>(catalog).unlocked_database(); }
  static std::string IntegrityOf(Catalog& catalog) {
    Statement row = Value(DatabaseOf(catalog).Query("PRAGMA integrity_check"));
    return Value(row.Step()) ? row.Text(0) : "no answer";
  }
  static std::string Fill(Catalog& catalog, int photos, Status& status) {
    for (int i = 0; i < photos && status.ok(); ++i) {
      const std::string path = "/photo-" + std::to_string(i);
      status = catalog.AddFile(path, StampOf(1), DigestOf(path)).status();
    }
    return Message(status);
  }

  TempFolder folder_;
};

TEST_F(SqliteFaultsTest, NewerSchemaIsRefusedAndLeftAlone) {
  const std::string pragma = "PRAGMA user_version = " + std::to_string(SchemaVersion() + 1);
  CALOTYPE_ASSERT_OK(DatabaseOf(*Open()).Script(pragma));
  const Status status = Catalog::Open(file()).status();
  EXPECT_TRUE(absl::IsFailedPrecondition(status));
  EXPECT_THAT(Message(status), AllOf(HasSubstr("newer Calotype"), HasSubstr(file().string())));
}

TEST_F(SqliteFaultsTest, AnotherProgramsDatabaseIsRefusedAndLeftAlone) {
  {
    const auto other = Value(SqliteDatabase::Open(file()));
    CALOTYPE_ASSERT_OK(other->Script("CREATE TABLE song(title TEXT)"));
  }
  const auto before = std::filesystem::file_size(file());
  const Status status = Catalog::Open(file()).status();
  EXPECT_TRUE(absl::IsFailedPrecondition(status));
  EXPECT_THAT(Message(status), HasSubstr("another program"));
  EXPECT_EQ(std::filesystem::file_size(file()), before);
  EXPECT_FALSE(std::filesystem::exists(file().string() + "-wal"));
}

TEST_F(SqliteFaultsTest, WhatIsNoDatabaseIsRefused) {
  std::ofstream(file()) << std::string(5000, 'x');
  const Status status = Catalog::Open(file()).status();
  EXPECT_TRUE(absl::IsDataLoss(status)) << Message(status);
  EXPECT_THAT(Message(status), HasSubstr("move it away"));
}

TEST_F(SqliteFaultsTest, DamagedPagesAreTold) {
  {
    const auto catalog = Open();
    Status status;
    ASSERT_EQ(Fill(*catalog, 300, status), "");
  }
  const auto size = std::filesystem::file_size(file());
  {
    std::fstream damage(file(), std::ios::in | std::ios::out | std::ios::binary);
    damage.seekp(4096);
    damage << std::string(size - 4096, '\xee');
  }
  const StatusOr<std::unique_ptr<Catalog>> catalog = Catalog::Open(file());
  const Status status = catalog.ok() ? (*catalog)->GetStatus().status() : catalog.status();
  EXPECT_TRUE(absl::IsDataLoss(status)) << Message(status);
}

TEST_F(SqliteFaultsTest, FolderThatIsNotThereIsNamed) {
  const Status status = Catalog::Open(folder_.path() / "no" / "catalog.db").status();
  EXPECT_TRUE(absl::IsPermissionDenied(status)) << Message(status);
  EXPECT_THAT(Message(status), AllOf(HasSubstr("/no/catalog.db"), HasSubstr("No such file")));
  EXPECT_TRUE(absl::IsPermissionDenied(Catalog::Open(folder_.path()).status()));
}

TEST_F(SqliteFaultsTest, FullDiskIsToldAndUndone) {
  const auto catalog = Open();
  const PhotoId photo = Value(catalog->AddFile("/a.jpg", StampOf(1), DigestOf("a")));
  Database& database = DatabaseOf(*catalog);
  const int64_t pages = Value(database.QueryInt("PRAGMA page_count")).value_or(0);
  CALOTYPE_ASSERT_OK(database.Script("PRAGMA max_page_count = " + std::to_string(pages + 1)));

  PhotoResult large = FullResult(photo);
  large.findings.embedding->vector.assign(100'000, 0.25F);
  const Status status = catalog->Store(std::vector{large});
  EXPECT_TRUE(absl::IsResourceExhausted(status)) << Message(status);
  EXPECT_THAT(Message(status), AllOf(HasSubstr("disk full"), HasSubstr(folder_.path().string())));
  EXPECT_TRUE(Value(catalog->GetPhoto(photo)).outcomes.empty());

  // Inside a scanner's transaction a full disk undoes all of it; Commit() says so instead of committing a part.
  {
    const auto transaction = Value(catalog->BeginTransaction());
    Status filled;
    EXPECT_THAT(Fill(*catalog, 10'000, filled), HasSubstr("disk full"));
    EXPECT_FALSE(transaction->Commit().ok());
  }

  CALOTYPE_ASSERT_OK(database.Script("PRAGMA max_page_count = 1000000"));
  EXPECT_EQ(IntegrityOf(*catalog), "ok");
  CALOTYPE_ASSERT_OK(catalog->Store(std::vector{large}));
  EXPECT_EQ(Value(catalog->GetStatus()).photos, 1);
}

// Writes until the file size limit, which the system enforces as it does a full disk. Returns an exit code.
int WriteUntilLimit(const std::filesystem::path& file) {
  signal(SIGXFSZ, SIG_IGN);
  const rlimit limit{.rlim_cur = 400'000, .rlim_max = 400'000};
  setrlimit(RLIMIT_FSIZE, &limit);
  StatusOr<std::unique_ptr<Catalog>> catalog = Catalog::Open(file);
  if (!catalog.ok()) {
    return 1;
  }
  for (int i = 0; i < 20'000; ++i) {
    const std::string path = "/photo-" + std::to_string(i);
    const Status status = (*catalog)->AddFile(path, StampOf(1), DigestOf(path)).status();
    if (!status.ok()) {
      return absl::IsResourceExhausted(status) && (*catalog)->GetStatus().ok() ? 0 : 2;
    }
  }
  return 3;
}

TEST_F(SqliteFaultsTest, SystemThatRefusesToGrowTheFileIsLikeAFullDisk) {
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    _exit(WriteUntilLimit(file()));
  }
  int result = 0;
  ASSERT_EQ(waitpid(child, &result, 0), child);
  ASSERT_TRUE(WIFEXITED(result));
  EXPECT_EQ(WEXITSTATUS(result), 0);
  const auto catalog = Open();
  EXPECT_EQ(IntegrityOf(*catalog), "ok");
  EXPECT_GT(Value(catalog->GetStatus()).photos, 0);
}

TEST_F(SqliteFaultsTest, KilledInTheMiddleLosesOnlyWhatWasOpen) {
  Open().reset();
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    auto catalog = Open();
    catalog->AddFile("/kept.jpg", StampOf(1), DigestOf("kept")).IgnoreError();
    const auto transaction = catalog->BeginTransaction();
    catalog->AddFile("/lost.jpg", StampOf(1), DigestOf("lost")).IgnoreError();
    raise(SIGKILL);
  }
  int result = 0;
  ASSERT_EQ(waitpid(child, &result, 0), child);
  ASSERT_TRUE(WIFSIGNALED(result));
  const auto catalog = Open();
  EXPECT_TRUE(catalog->FindByPath("/kept.jpg").ok());
  EXPECT_FALSE(catalog->FindByPath("/lost.jpg").ok());
  EXPECT_EQ(IntegrityOf(*catalog), "ok");
}

TEST_F(SqliteFaultsTest, ManyOpenANewFileAtOnce) {
  constexpr int kThreads = 8;
  // One attempt hits the gaps between two statements only in one run of five.
  for (int attempt = 0; attempt < 20; ++attempt) {
    const std::filesystem::path fresh = fmt::format("{}.{}", file().string(), attempt);
    std::vector<Status> statuses(kThreads);
    {
      std::vector<std::jthread> threads;
      for (Status& status : statuses) {
        threads.emplace_back([&] { status = Catalog::Open(fresh).status(); });
      }
    }
    for (const Status& status : statuses) {
      ASSERT_EQ(Message(status), "");
    }
  }
}

TEST_F(SqliteFaultsTest, WriterAndReadersAtTheSameTime) {
  constexpr int kPhotos = 200;
  const auto scanner = Open();
  const auto writer = Open();
  const auto reader = Open();
  const std::vector<std::string> names = {"objects", "embedding"};
  CALOTYPE_ASSERT_OK(scanner->RequireAnalyses(std::vector<AnalysisVersion>{{"objects", "v1"}, {"embedding", "v1"}}));
  const auto source = Value(writer->OpenWork(NewWorkOwner(), nullptr));
  std::atomic<bool> scanned = false;
  std::atomic<bool> written = false;
  std::atomic<int> stored = 0;
  {
    std::jthread scan([&] {
      for (int i = 0; i < kPhotos; ++i) {
        const std::string path = "/" + std::to_string(i);
        Value(scanner->AddFile(path, StampOf(1), DigestOf(path)));
      }
      scanned = true;
    });
    const auto work = [&] {
      while (true) {
        const bool last = scanned;
        const auto claimed = Value(source->Next(names, 7));
        for (const WorkItem& item : claimed) {
          EXPECT_TRUE(Value(source->Ack(std::vector{FullResult(item.photo)})).empty());
          ++stored;
        }
        if (claimed.empty() && last) {
          break;
        }
      }
      written = true;
    };
    std::jthread first_worker(work);
    std::jthread second_worker(work);  // on the same connection: they take turns
    std::jthread read([&] {
      while (!written) {
        Value(reader->GetStatus());
        Value(reader->SearchText("parking", false, 5));
        EXPECT_TRUE(reader->ForEachEmbedding("space", false, [](PhotoId, std::span<const uint16_t>) {}).ok());
      }
    });
  }
  EXPECT_EQ(stored, kPhotos) << "each photo was claimed exactly once";
  EXPECT_EQ(Value(reader->GetStatus()).analyses["objects"].done, kPhotos);
}

TEST_F(SqliteFaultsTest, LockHeldTooLongIsUnavailable) {
  const auto holder = Open();
  const auto waiter = Open();
  CALOTYPE_ASSERT_OK(DatabaseOf(*waiter).Script("PRAGMA busy_timeout = 10"));
  const auto transaction = Value(holder->BeginTransaction());
  const Status status = waiter->SetPaused(true);
  EXPECT_TRUE(absl::IsUnavailable(status)) << Message(status);
  EXPECT_TRUE(waiter->GetStatus().ok()) << "readers do not wait";
}

TEST_F(SqliteFaultsTest, FileIsMarkedAsOurs) {
  const auto catalog = Open();
  Database& database = DatabaseOf(*catalog);
  EXPECT_EQ(Value(database.QueryInt("PRAGMA application_id")), kApplicationId);
  EXPECT_EQ(Value(database.QueryInt("PRAGMA user_version")), SchemaVersion());
  EXPECT_EQ(Value(database.QueryInt("PRAGMA foreign_keys")), 1);
  EXPECT_EQ(Value(database.QueryInt("PRAGMA synchronous")), 1);
  Statement mode = Value(database.Query("PRAGMA journal_mode"));
  ASSERT_TRUE(Value(mode.Step()));
  EXPECT_EQ(mode.Text(0), "wal");
}

}  // namespace
}  // namespace calotype
