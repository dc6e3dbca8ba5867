#include <fmt/format.h>

#include "catalog/conformance/catalog_test.h"

namespace calotype {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;
using testing::UnorderedElementsAre;

class CatalogScanTest : public CatalogTest {};
INSTANTIATE_TEST_SUITE_P(Backends, CatalogScanTest, testing::ValuesIn(Backends()), BackendName);

TEST_P(CatalogScanTest, SamePhotoAtTwoPathsIsOne) {
  const PhotoId first = Add("/photos/a.jpg", "bytes");
  EXPECT_EQ(Add("/photos/copy/a.jpg", "bytes"), first);
  EXPECT_NE(Add("/photos/b.jpg", "other"), first);
  const PhotoRecord photo = Value(catalog().GetPhoto(first));
  EXPECT_THAT(photo.paths, ElementsAre("/photos/a.jpg", "/photos/copy/a.jpg"));
  EXPECT_EQ(photo.present_paths, 2U);
  EXPECT_EQ(photo.bytes, 100);
  EXPECT_EQ(photo.sha256, DigestOf("bytes"));
  EXPECT_FALSE(photo.properties.has_value());
  EXPECT_EQ(Value(catalog().GetStatus()).photos, 2);
  EXPECT_THAT(Value(catalog().PhotosWithCopies()), ElementsAre(first));
}

TEST_P(CatalogScanTest, MovedFileKeepsItsPhoto) {
  const PhotoId photo = Add("/photos/old.jpg", "bytes");
  CALOTYPE_ASSERT_OK(catalog().MarkMissing(std::vector<std::string>{"/photos/old.jpg"}));
  EXPECT_EQ(Value(catalog().GetStatus()).missing, 1);
  EXPECT_EQ(Add("/photos/new.jpg", "bytes"), photo);
  const CatalogStatus status = Value(catalog().GetStatus());
  EXPECT_EQ(status.photos, 1);
  EXPECT_EQ(status.missing, 0);
  EXPECT_THAT(Value(catalog().GetPhoto(photo)).paths, ElementsAre("/photos/new.jpg", "/photos/old.jpg"));
}

TEST_P(CatalogScanTest, ChangedFileLeavesItsFormerPhotoMissing) {
  const PhotoId before = Add("/photos/a.jpg", "before");
  const PhotoId after = Add("/photos/a.jpg", "after");
  EXPECT_NE(before, after);
  EXPECT_EQ(Value(catalog().FindByPath("/photos/a.jpg")), after);
  EXPECT_EQ(Value(catalog().GetStatus()).missing, 1);
  EXPECT_THAT(Value(catalog().PathsOf(std::vector{after, before, PhotoId{99}})), ElementsAre("/photos/a.jpg", "", ""));
}

TEST_P(CatalogScanTest, FilesUnderTakesTheFolderAndNothingElse) {
  for (const char* path : {"/p/a", "/p/a/1", "/p/a/b/2", "/p/a!", "/p/a.jpg", "/p/a0", "/p/b/3", "/p/%", "/p/_"}) {
    Add(path, path);
  }
  CALOTYPE_ASSERT_OK(catalog().MarkMissing(std::vector<std::string>{"/p/a/1"}));
  const auto files = Value(catalog().FilesUnder("/p/a"));
  EXPECT_THAT(files, UnorderedElementsAre(Pair("/p/a", StampOf(100)), Pair("/p/a/b/2", StampOf(100))));
  EXPECT_EQ(Value(catalog().FilesUnder("/p/a/")).size(), 2U);
  EXPECT_EQ(Value(catalog().FilesUnder("/p/%")).size(), 1U);
  EXPECT_EQ(Value(catalog().FilesUnder("/")).size(), 8U);
  EXPECT_THAT(Value(catalog().FilesUnder("/nowhere")), IsEmpty());
}

TEST_P(CatalogScanTest, FilesLikeAreTheOthersWithTheSameContent) {
  const auto paths = [this](std::string_view path) {
    std::vector<std::string> found;
    for (const PhotoFile& file : Value(catalog().FilesLike(path)).files) {
      found.push_back(file.path);
    }
    return found;
  };
  const FileStamp stamp{.size = 100, .mtime_ns = 1, .ctime_ns = 2, .inode = 3};
  const PhotoId photo = Value(catalog().AddFile("/p/b.jpg", stamp, DigestOf("same")));
  EXPECT_THAT(paths("/p/b.jpg"), IsEmpty());
  Add("/q/c.jpg", "same");
  Add("/p/a.jpg", "same");
  Add("/p/other.jpg", "other");
  EXPECT_THAT(paths("/p/b.jpg"), ElementsAre("/p/a.jpg", "/q/c.jpg"));
  EXPECT_EQ(Value(catalog().FilesLike("/p/b.jpg")).photo, photo);
  EXPECT_EQ(Value(catalog().FilesLike("/p/b.jpg")).stamp, stamp);
  EXPECT_EQ(Value(catalog().FilesLike("/p/b.jpg")).files[0].stamp, StampOf(100));
  CALOTYPE_ASSERT_OK(catalog().MarkMissing(std::vector<std::string>{"/p/b.jpg"}));
  EXPECT_THAT(paths("/p/a.jpg"), ElementsAre("/q/c.jpg"));
  EXPECT_TRUE(absl::IsNotFound(catalog().FilesLike("/p/b.jpg").status()));
  EXPECT_TRUE(absl::IsNotFound(catalog().FilesLike("/nowhere.jpg").status()));
}

TEST_P(CatalogScanTest, PathsAreBytesNotText) {
  const std::string path = "/p/\xff\xfe 'quoted\" \xe2\x82\xac.jpg";
  const PhotoId photo = Add(path, "bytes");
  EXPECT_EQ(Value(catalog().FindByPath(path)), photo);
  EXPECT_EQ(Value(catalog().FilesUnder("/p")).count(path), 1U);
}

TEST_P(CatalogScanTest, ProblemsLastUntilClearedOrRead) {
  CALOTYPE_ASSERT_OK(catalog().AddProblem("/p/closed", "permission denied"));
  CALOTYPE_ASSERT_OK(catalog().AddProblem("/p/closed", "Permission denied"));
  CALOTYPE_ASSERT_OK(catalog().AddProblem("/p/a.jpg", "Permission denied"));
  CALOTYPE_ASSERT_OK(catalog().AddProblem("/q/b.jpg", "Input/output error"));
  CatalogStatus status = Value(catalog().GetStatus());
  ASSERT_EQ(status.failures.size(), 2U);
  EXPECT_EQ(status.failures[0].analysis, "read");
  EXPECT_EQ(status.failures[0].reason, "Permission denied");
  EXPECT_EQ(status.failures[0].count, 2);
  EXPECT_THAT(status.failures[0].examples, ElementsAre("/p/a.jpg", "/p/closed"));

  Add("/p/a.jpg", "readable now");
  CALOTYPE_ASSERT_OK(catalog().ClearProblems("/q"));
  status = Value(catalog().GetStatus());
  ASSERT_EQ(status.failures.size(), 1U);
  EXPECT_THAT(status.failures[0].examples, ElementsAre("/p/closed"));
}

TEST_P(CatalogScanTest, UnknownPathAndPhotoAreNotFound) {
  EXPECT_TRUE(absl::IsNotFound(catalog().FindByPath("/nowhere.jpg").status()));
  EXPECT_TRUE(absl::IsNotFound(catalog().GetPhoto(7).status()));
}

TEST_P(CatalogScanTest, RootsAreToldOnceEach) {
  for (const char* root : {"/a", "/a b", "/a/b", "/c/d", "/a"}) {
    CALOTYPE_ASSERT_OK(catalog().FinishRoot(root, 1));
  }
  EXPECT_THAT(Value(catalog().Roots()), ElementsAre("/a", "/a b", "/c/d"));
}

TEST_P(CatalogScanTest, ARemovedRootTakesItsFilesWithIt) {
  for (const char* root : {"/a", "/a/b", "/a b"}) {
    CALOTYPE_ASSERT_OK(catalog().FinishRoot(root, 1));
  }
  for (const char* path : {"/a/1.jpg", "/a/b/2.jpg", "/a b/3.jpg", "/a.jpg"}) {
    Add(path, path);
  }
  CALOTYPE_ASSERT_OK(catalog().AddProblem("/a/closed", "permission denied"));
  EXPECT_TRUE(absl::IsNotFound(catalog().RemoveRoot("/a/b"))) << "it is a part of another root";
  EXPECT_TRUE(absl::IsNotFound(catalog().RemoveRoot("/nowhere")));
  CALOTYPE_ASSERT_OK(catalog().RemoveRoot("/a"));
  EXPECT_THAT(Value(catalog().Roots()), ElementsAre("/a b"));
  EXPECT_THAT(Value(catalog().FilesUnder("/a")), IsEmpty());
  EXPECT_THAT(Value(catalog().FilesUnder("/")), testing::SizeIs(2));
  EXPECT_EQ(Value(catalog().GetStatus()).missing, 2);
  EXPECT_THAT(Value(catalog().GetStatus()).failures, IsEmpty());
}

TEST_P(CatalogScanTest, DeletionLeavesNothingOfAPhoto) {
  const PhotoId gone = Add("/gone.jpg", "gone");
  const PhotoId copied = Add("/a.jpg", "copied");
  Add("/b.jpg", "copied");
  const PhotoId edited = Add("/edited.jpg", "before");
  Add("/edited.jpg", "after");
  for (const PhotoId photo : {gone, copied, edited}) {
    CALOTYPE_ASSERT_OK(StoreOne(FullResult(photo)));
  }
  CALOTYPE_ASSERT_OK(catalog().MarkMissing(std::vector<std::string>{"/gone.jpg", "/a.jpg"}));
  EXPECT_EQ(Value(catalog().DeleteMissing(time(nullptr) - 100)), 0);
  EXPECT_EQ(Value(catalog().GetStatus()).missing, 2);
  EXPECT_EQ(Value(catalog().DeleteMissing(time(nullptr) + 100)), 2);
  EXPECT_EQ(Value(catalog().GetStatus()).missing, 0);
  EXPECT_TRUE(absl::IsNotFound(catalog().GetPhoto(gone).status()));
  EXPECT_THAT(Value(catalog().GetPhoto(copied)).paths, ElementsAre("/b.jpg"));
  EXPECT_THAT(Value(catalog().PdqHashes()), testing::SizeIs(1));
  EXPECT_THAT(Value(catalog().SearchText("parking", false, 9)), testing::SizeIs(1));
  EXPECT_THAT(Value(catalog().Check()), IsEmpty());
}

TEST_P(CatalogScanTest, StampsAreKeptWhole) {
  const FileStamp stamp{.size = 100, .mtime_ns = 1, .ctime_ns = 2, .inode = 0xffffffffffffff03U};
  const PhotoId photo = Value(catalog().AddFile("/p/a.jpg", stamp, DigestOf("a")));
  EXPECT_THAT(Value(catalog().FilesUnder("/p")), UnorderedElementsAre(Pair("/p/a.jpg", stamp)));
  FileStamp newer = stamp;
  newer.ctime_ns = 77;
  CALOTYPE_ASSERT_OK(catalog().UpdateFileStamp("/p/a.jpg", newer));
  EXPECT_THAT(Value(catalog().FilesUnder("/p")), UnorderedElementsAre(Pair("/p/a.jpg", newer)));
  newer.inode = 4;
  EXPECT_EQ(Value(catalog().AddFile("/p/a.jpg", newer, DigestOf("a"))), photo);
  EXPECT_THAT(Value(catalog().FilesUnder("/p")), UnorderedElementsAre(Pair("/p/a.jpg", newer)));
  const Companion video{.photo_path = "/p/a.jpg", .path = "/p/a.mov", .kind = CompanionKind::kVideo, .stamp = stamp};
  CALOTYPE_ASSERT_OK(catalog().PutCompanion(video));
  EXPECT_EQ(Value(catalog().CompanionsUnder("/p")).at(0).stamp, stamp);
  EXPECT_EQ(Value(catalog().GetPhoto(photo)).companions.at(0).stamp, stamp);
}

TEST_P(CatalogScanTest, ARehashWithEqualContentLeavesTheAnalysesAlone) {
  CALOTYPE_ASSERT_OK(catalog().RequireAnalyses(std::vector<AnalysisVersion>{{"pdq", "v1"}}));
  const PhotoId photo = Add("/a.jpg", "a");
  CALOTYPE_ASSERT_OK(StoreOne(FullResult(photo)));
  EXPECT_EQ(Value(catalog().AddFile("/a.jpg", StampOf(200), DigestOf("a"))), photo);
  EXPECT_EQ(CountsOf("pdq").done, 1);
  EXPECT_EQ(CountsOf("pdq").pending, 0);
}

class TransactionTest : public CatalogTest {};
INSTANTIATE_TEST_SUITE_P(Backends, TransactionTest, testing::ValuesIn(Backends()), BackendName);

TEST_P(TransactionTest, AddsThousandsOfFilesAtOnce) {
  // A server is asked a dozen times for each file.
  const int files = GetParam().on_server ? 5'000 : 100'000;
  Catalog& open = catalog();
  const auto transaction = Value(open.BeginTransaction());
  for (int i = 0; i < files; ++i) {
    Sha256Digest digest;
    std::memcpy(digest.bytes.data(), &i, sizeof(i));
    Value(open.AddFile(fmt::format("/photos/{:03}/{:06}.jpg", i / 1000, i), StampOf(i), digest));
  }
  CALOTYPE_ASSERT_OK(transaction->Commit());
  EXPECT_EQ(Value(open.FilesUnder("/photos")).size(), static_cast<std::size_t>(files));
  EXPECT_EQ(Value(open.FilesUnder(files > 42'000 ? "/photos/042" : "/photos/004")).size(), 1000U);
}

TEST_P(TransactionTest, DestructionWithoutCommitRollsBack) {
  Catalog& open = catalog();
  {
    const auto transaction = Value(open.BeginTransaction());
    Value(open.AddFile("/a.jpg", StampOf(1), DigestOf("a")));
    EXPECT_EQ(Value(open.GetStatus()).photos, 1);
  }
  EXPECT_EQ(Value(open.GetStatus()).photos, 0);
}

TEST_P(TransactionTest, OthersSeeItOnCommitOnly) {
  const auto reader = OpenAnother();
  Catalog& open = catalog();
  const auto transaction = Value(open.BeginTransaction());
  Value(open.AddFile("/a.jpg", StampOf(1), DigestOf("a")));
  EXPECT_EQ(Value(reader->GetStatus()).photos, 0);
  CALOTYPE_ASSERT_OK(transaction->Commit());
  EXPECT_EQ(Value(reader->GetStatus()).photos, 1);
}

TEST_P(TransactionTest, OneAtATimeAndEachIsCommittedOnce) {
  Catalog& open = catalog();
  {
    const auto transaction = Value(open.BeginTransaction());
    EXPECT_TRUE(absl::IsFailedPrecondition(open.BeginTransaction().status()));
    CALOTYPE_ASSERT_OK(transaction->Commit());
    EXPECT_TRUE(absl::IsFailedPrecondition(transaction->Commit()));
    Value(open.AddFile("/a.jpg", StampOf(1), DigestOf("a")));
  }
  EXPECT_EQ(Value(open.GetStatus()).photos, 1) << "the end of a committed transaction undoes nothing";
}

}  // namespace
}  // namespace calotype
