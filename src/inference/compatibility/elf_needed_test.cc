#include "inference/compatibility/elf_needed.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/temporary_folder.h"
#include "inference/compatibility/cuda_code.h"
#include "inference/compatibility/testdata/elf_builder.h"

namespace calotype {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class ElfTest : public ::testing::Test {
 protected:
  fs::path Path(const std::string& name) const { return folder_->path() / name; }
  fs::path Write(const std::string& name, const ElfParts& parts) const { return WriteElf(Path(name), parts); }

  StatusOr<TemporaryFolder> folder_ = TemporaryFolder::Create();
};

TEST_F(ElfTest, ReadsWhatALibraryNeeds) {
  const fs::path file = Write(
      "liba.so", {.soname = "liba.so.1", .needed = {"libb.so.2", "libc.so.6"}, .rpath = "/x", .runpath = "$ORIGIN:/y"});
  const auto needs = ReadElfNeeds(file);
  ASSERT_TRUE(needs.ok()) << needs.status();
  EXPECT_EQ(needs->soname, "liba.so.1");
  EXPECT_THAT(needs->needed, ElementsAre("libb.so.2", "libc.so.6"));
  EXPECT_THAT(needs->rpath, ElementsAre("/x"));
  EXPECT_THAT(needs->runpath, ElementsAre("$ORIGIN", "/y"));
}

TEST_F(ElfTest, ReadsARealLibrary) {
  const auto needs = ReadElfNeeds("/proc/self/exe");
  ASSERT_TRUE(needs.ok()) << needs.status();
  EXPECT_THAT(needs->needed, ::testing::Contains("libc.so.6"));
}

TEST_F(ElfTest, TruncatedFilesAreReadSafely) {
  const std::string whole =
      BuildElf({.needed = {"libb.so.2"}, .fatbin = BuildFatbin({{.architecture = 75}, {.architecture = 80}})});
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const fs::path file = WriteBytes(Path("cut.so"), whole.substr(0, size));
    const auto needs = ReadElfNeeds(file);
    const auto code = ReadCudaCode(file);
    EXPECT_FALSE(needs.ok() && code.ok()) << size << " of " << whole.size() << " bytes";
  }
}

TEST_F(ElfTest, FilesWithAWrongByteAreReadSafely) {
  const std::string whole = BuildElf({.needed = {"libb.so.2"}, .fatbin = BuildFatbin({{.architecture = 75}})});
  for (std::size_t i = 0; i < whole.size(); ++i) {
    for (const char value : {'\xff', '\x7f', '\0'}) {
      std::string broken = whole;
      broken[i] = value;
      const fs::path file = WriteBytes(Path("broken.so"), broken);
      (void)ReadElfNeeds(file).ok();
      (void)ReadCudaCode(file).ok();
    }
  }
}

TEST_F(ElfTest, ErrorsNameWhatWasFound) {
  EXPECT_TRUE(absl::IsNotFound(ReadElfNeeds(Path("nothing.so")).status()));
  const auto text = ReadElfNeeds(WriteBytes(Path("text.so"), std::string(100, 'x')));
  EXPECT_THAT(Message(text.status()), HasSubstr("it is not an ELF file"));
  std::string small = BuildElf({});
  small[EI_CLASS] = ELFCLASS32;
  EXPECT_THAT(Message(ReadElfNeeds(WriteBytes(Path("small.so"), small)).status()), HasSubstr("not 64-bit"));
  EXPECT_THAT(Message(ReadElfNeeds(WriteBytes(Path("empty.so"), "")).status()), HasSubstr("it has 0 bytes"));
}

TEST_F(ElfTest, ResolvesInTheOrderOfTheLoader) {
  const fs::path library =
      Write("lib/liba.so",
            {.needed = {"libpre.so.1", "librun.so.1", "libenv.so.1", "libsys.so.1", "libno.so.1", "libstdc++.so.6"},
             .runpath = "$ORIGIN/run"});
  for (const char* const place : {"pre", "lib/run", "env", "sys"}) {
    Write(std::string(place) + "/libpre.so.1", {});
  }
  for (const char* const place : {"lib/run", "sys"}) {
    Write(std::string(place) + "/librun.so.1", {});
  }
  for (const char* const place : {"lib/run", "env"}) {
    Write(std::string(place) + "/libenv.so.1", {});
  }
  Write("sys/libsys.so.1", {.needed = {"libdeep.so.3"}});
  const auto found =
      ResolveNeeded(library, {.preloaded = {Path("pre")}, .environment = {Path("env")}, .system = {Path("sys")}});
  ASSERT_TRUE(found.ok()) << found.status();
  ASSERT_EQ(found->size(), 6U);
  EXPECT_EQ((*found)[0].path, Path("pre/libpre.so.1"));
  EXPECT_EQ((*found)[1].path, Path("lib/run/librun.so.1"));
  EXPECT_EQ((*found)[2].path, Path("env/libenv.so.1"));
  EXPECT_EQ((*found)[3].path, Path("sys/libsys.so.1"));
  EXPECT_EQ((*found)[4].soname, "libno.so.1");
  EXPECT_TRUE((*found)[4].missing());
  EXPECT_EQ((*found)[5].soname, "libdeep.so.3");
  EXPECT_EQ((*found)[5].needed_by, "libsys.so.1");
}

TEST_F(ElfTest, RpathCountsOnlyWithoutRunpath) {
  Write("old/libb.so.1", {});
  const auto with_rpath = ResolveNeeded(Write("a.so", {.needed = {"libb.so.1"}, .rpath = "${ORIGIN}/old"}), {});
  EXPECT_EQ(with_rpath->front().path, Path("old/libb.so.1"));
  const auto with_both =
      ResolveNeeded(Write("b.so", {.needed = {"libb.so.1"}, .rpath = "$ORIGIN/old", .runpath = "/nowhere"}), {});
  EXPECT_TRUE(with_both->front().missing());
}

TEST_F(ElfTest, LibrariesThatNeedEachOtherAndBrokenOnes) {
  Write("liba.so.1", {.needed = {"libb.so.1"}});
  Write("libb.so.1", {.needed = {"liba.so.1", "libbroken.so.1"}});
  WriteBytes(Path("libbroken.so.1"), "this is no library");
  const auto found = ResolveNeeded(Path("liba.so.1"), {.environment = {folder_->path()}});
  ASSERT_TRUE(found.ok()) << found.status();
  ASSERT_EQ(found->size(), 3U);
  EXPECT_FALSE((*found)[0].missing());
  EXPECT_FALSE((*found)[1].missing());
  EXPECT_TRUE((*found)[2].missing()) << "what cannot be loaded is not there";
}

TEST_F(ElfTest, ReadsTheLoadersConfiguration) {
  WriteBytes(Path("conf.d/cuda.conf"), "/opt/cuda/lib64  # CUDA\n\n");
  WriteBytes(Path("conf.d/self.conf"), "include *.conf\n/opt/other\n");
  WriteBytes(Path("ld.so.conf"), "include conf.d/*.conf\n/usr/local/lib\nhwcap ignored\n");
  const auto folders = ReadLoaderConfig(Path("ld.so.conf"));
  EXPECT_THAT(folders, ::testing::Contains(fs::path("/opt/cuda/lib64")));
  EXPECT_EQ(folders.back(), "/usr/local/lib");
  EXPECT_THAT(ReadLoaderConfig(Path("nothing")), IsEmpty());
}

TEST_F(ElfTest, ReadsForWhichGpusThereIsCode) {
  const std::string padding(24, '\0');
  const std::string fatbin = BuildFatbin({{.architecture = 90}, {.kind = 1, .architecture = 90}}) + padding +
                             BuildFatbin({{.architecture = 75}, {.architecture = 90}});
  const auto code = ReadCudaCode(Write("cuda.so", {.fatbin = fatbin}));
  ASSERT_TRUE(code.ok()) << code.status();
  EXPECT_THAT(code->binary, ElementsAre(75, 90));
  EXPECT_THAT(code->ptx, ElementsAre(90));
  EXPECT_TRUE(ReadCudaCode(Write("plain.so", {}))->empty());
  EXPECT_TRUE(ReadCudaCode(Write("other.so", {.fatbin = std::string(100'000, 'x')}))->empty());
}

TEST(CudaCodeTest, MachineCodeRunsOnTheSameMajorVersionIfNotOlder) {
  const CudaCode code{.binary = {75, 80, 120}, .ptx = {90}};
  struct Case {
    int gpu;
    bool binary;
    bool ptx;
  };
  for (const Case& test :
       {Case{70, false, false}, Case{75, true, false}, Case{80, true, false}, Case{86, true, false},
        Case{90, false, true}, Case{100, false, true}, Case{120, true, true}, Case{121, true, true}}) {
    EXPECT_EQ(HasBinaryFor(code, test.gpu), test.binary) << test.gpu;
    EXPECT_EQ(HasPtxFor(code, test.gpu), test.ptx) << test.gpu;
  }
}

}  // namespace
}  // namespace calotype
