// What a disk can do to the catalogue: fill up at any write, cut a file short, empty a file.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>

#include "catalog/conformance/catalog_test.h"
#include "catalog/full_disk.h"
#include "catalog/sqlite_catalog.h"

namespace calotype {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::array kAnalyses = {"objects", "embedding", "text", "faces.detect", "faces.recognise", "pdq"};

std::vector<AnalysisVersion> VersionsOf(const std::string& version) {
  std::vector<AnalysisVersion> versions = {{.analysis = std::string(kDecodeAnalysis), .version = version}};
  for (const char* analysis : kAnalyses) {
    versions.push_back({.analysis = analysis, .version = version});
  }
  return versions;
}

PhotoResult ResultOf(PhotoId photo, const std::string& version) {
  PhotoResult result = FullResult(photo);
  result.findings.embedding->space = version;
  for (AnalysisOutcome& outcome : result.outcomes) {
    outcome.version = version;
  }
  return result;
}

Status Analyse(Catalog& catalog, const std::string& version) {
  CALOTYPE_RETURN_IF_ERROR(catalog.WantModels({.pack = version, .choices = "", .text_encoder = ""}));
  CALOTYPE_RETURN_IF_ERROR(catalog.RequireAnalyses(VersionsOf(version)));
  std::vector<std::string> names = {std::string(kDecodeAnalysis)};
  names.insert(names.end(), kAnalyses.begin(), kAnalyses.end());
  CALOTYPE_ASSIGN_OR_RETURN(const auto source, catalog.OpenWork(NewWorkOwner(), nullptr));
  while (true) {
    CALOTYPE_ASSIGN_OR_RETURN(const std::vector<WorkItem> claimed, source->Next(names, 2));
    if (claimed.empty()) {
      CALOTYPE_RETURN_IF_ERROR(source->Close());
      return catalog.CompleteSwitch().status();
    }
    std::vector<PhotoResult> results;
    for (const WorkItem& item : claimed) {
      results.push_back(ResultOf(item.photo, version));
    }
    CALOTYPE_ASSIGN_OR_RETURN(const std::vector<PhotoId> lost, source->Ack(results));
    EXPECT_THAT(lost, IsEmpty());
  }
}

// A scan, a change of models, and a missing file. Can be repeated from wherever it ended.
Status Work(const fs::path& file) {
  CALOTYPE_ASSIGN_OR_RETURN(const std::unique_ptr<Catalog> catalog, Catalog::Open(file));
  CALOTYPE_ASSIGN_OR_RETURN(const auto transaction, catalog->BeginTransaction());
  for (const char* name : {"a", "b", "c", "d"}) {
    CALOTYPE_RETURN_IF_ERROR(
        catalog->AddFile(fmt::format("/photos/{}.jpg", name), StampOf(1), DigestOf(name)).status());
  }
  CALOTYPE_RETURN_IF_ERROR(catalog->AddProblem("/photos/bad.jpg", "the file is empty"));
  CALOTYPE_RETURN_IF_ERROR(transaction->Commit());
  CALOTYPE_RETURN_IF_ERROR(Analyse(*catalog, "v1"));
  CALOTYPE_RETURN_IF_ERROR(Analyse(*catalog, "v2"));
  CALOTYPE_RETURN_IF_ERROR(catalog->MarkMissing(std::vector<std::string>{"/photos/d.jpg"}));
  return catalog->FinishRoot("/photos", 3);
}

// The result of all that, as text.
std::string Books(const fs::path& file) {
  const std::unique_ptr<Catalog> catalog = Value(Catalog::Open(file));
  EXPECT_THAT(Value(catalog->Check()), IsEmpty());
  const CatalogStatus status = Value(catalog->GetStatus());
  std::string text =
      fmt::format("{} photos, {} missing, {} failures\n", status.photos, status.missing, status.failures.size());
  for (const auto& [name, counts] : status.analyses) {
    text += fmt::format("{} {} {} {}\n", name, counts.done, counts.pending + counts.running, counts.failed);
  }
  for (PhotoId photo = 1; photo <= 4; ++photo) {
    const PhotoRecord record = Value(catalog->GetPhoto(photo));
    text += fmt::format("{} {} objects, {} lines, {} faces, space {}\n", record.paths.front(),
                        record.findings.objects->size(), record.findings.text->size(), record.findings.faces->size(),
                        record.findings.embedding->space);
  }
  text += fmt::format("{} hits, {} faces", Value(catalog->SearchText("parking", false, 100)).size(),
                      Value(catalog->Faces()).size());
  return text;
}

class DiskTest : public testing::Test {
 protected:
  fs::path NewFile() { return folder_.path() / fmt::format("catalog-{}.db", ++files_); }

  TempFolder folder_;
  int files_ = 0;
};

TEST_F(DiskTest, FillsUpAtEachWrite) {
  const fs::path calm = NewFile();
  int64_t writes = 0;
  {
    const FullDisk none(1'000'000'000);
    CALOTYPE_ASSERT_OK(Work(calm));
    writes = FullDisk::writes();
  }
  const std::string wanted = Books(calm);
  ASSERT_GT(writes, 100);
  int64_t told = 0;
  for (int64_t first = 1; first <= writes; ++first) {
    const fs::path file = NewFile();
    {
      const FullDisk full(first);
      const Status status = Work(file);
      told += absl::IsResourceExhausted(status) ? 1 : 0;
      // Writes that fail while the file is closed lose nothing: the log has them.
      ASSERT_TRUE(status.ok() || absl::IsResourceExhausted(status)) << first << ": " << Message(status);
    }
    CALOTYPE_ASSERT_OK(Work(file));
    ASSERT_EQ(Books(file), wanted) << "the disk was full from write " << first << " on";
    fs::remove(file);
  }
  EXPECT_GT(told, writes / 2);
  RecordProperty("writes", std::to_string(writes));
}

// A backup that another program made while the catalogue was in use.
TEST_F(DiskTest, TheLogBesideABackupIsRestoredToo) {
  const fs::path file = NewFile();
  const std::unique_ptr<Catalog> catalog = Value(Catalog::Open(file));
  CALOTYPE_ASSERT_OK(catalog->AddFile("/photos/a.jpg", StampOf(1), DigestOf("a")).status());
  const fs::path backup = NewFile();
  fs::copy_file(file, backup);
  fs::copy_file(file.string() + "-wal", backup.string() + "-wal");
  ASSERT_GT(fs::file_size(backup.string() + "-wal"), 0) << "the photo is in the log alone";
  const fs::path restored = NewFile();
  EXPECT_EQ(Value(Catalog::Restore(backup, restored)), std::nullopt);
  EXPECT_EQ(Value(Value(Catalog::Open(restored))->GetStatus()).photos, 1);
}

TEST_F(DiskTest, AFileThatWasCutShortIsToldWhereverItWasCut) {
  const fs::path whole = NewFile();
  CALOTYPE_ASSERT_OK(Work(whole));
  const auto size = fs::file_size(whole);
  ASSERT_GT(size, 100'000);
  for (std::uintmax_t length = size - 1; length > 0; length -= std::min<std::uintmax_t>(length, 7321)) {
    const fs::path cut = NewFile();
    fs::copy_file(whole, cut);
    fs::resize_file(cut, length);
    const StatusOr<std::unique_ptr<Catalog>> catalog = Catalog::Open(cut);
    if (!catalog.ok()) {
      EXPECT_TRUE(absl::IsDataLoss(catalog.status())) << length << Message(catalog.status());
      continue;
    }
    const StatusOr<std::vector<std::string>> problems = (*catalog)->Check();
    EXPECT_TRUE(!problems.ok() || !problems->empty()) << "cut to " << length << " of " << size;
    fs::remove(cut);
  }
}

// SQLite takes a file of 0 bytes for a new database: a whole library would be lost silently.
TEST_F(DiskTest, AFileThatLostAllIsNotTakenForANewOne) {
  const fs::path file = NewFile();
  CALOTYPE_ASSERT_OK(Work(file));
  const fs::path lock = Value(CatalogFiles::Of(file)).scan_lock();
  std::ofstream(lock) << "123";
  fs::resize_file(file, 0);
  const Status status = Catalog::Open(file).status();
  EXPECT_TRUE(absl::IsDataLoss(status)) << Message(status);
  EXPECT_THAT(Message(status), AllOf(HasSubstr("is empty"), HasSubstr(file.string()), HasSubstr("backup")));
  EXPECT_EQ(fs::file_size(file), 0) << "left alone";
  fs::remove(lock);
  EXPECT_TRUE(Catalog::Open(file).ok()) << "nothing speaks for an earlier one";
}

}  // namespace
}  // namespace calotype
