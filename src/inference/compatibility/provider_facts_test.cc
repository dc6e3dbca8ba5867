#include "inference/compatibility/provider_facts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/temporary_folder.h"
#include "inference/compatibility/cuda_libraries.h"
#include "inference/compatibility/machine_probe.h"
#include "inference/compatibility/testdata/elf_builder.h"

namespace calotype {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class ProviderFactsTest : public ::testing::Test {
 protected:
  fs::path Capi() const { return folder_->path() / "site-packages/onnxruntime/capi"; }
  fs::path Nvidia(const std::string& name) const { return folder_->path() / "site-packages/nvidia" / name / "lib"; }

  // Makes files as in the wheel of `version`, with a provider that needs `needed`.
  void InstallRuntime(const std::string& version, std::vector<std::string> needed) const {
    WriteElf(Capi() / ("libonnxruntime.so." + version), {.soname = "libonnxruntime.so.1"});
    WriteElf(
        Capi() / "libonnxruntime_providers_cuda.so",
        {.needed = std::move(needed), .fatbin = BuildFatbin({{.architecture = 75}, {.kind = 1, .architecture = 90}})});
  }

  ProviderFacts Read() const { return ReadProviderFacts(Capi(), "", {.preloaded = CudaFoldersBeside(Capi())}); }

  StatusOr<TemporaryFolder> folder_ = TemporaryFolder::Create();
};

TEST_F(ProviderFactsTest, ReadsARuntimeOfCuda12WithoutItsLibraries) {
  InstallRuntime("1.23.2", {"libcublasLt.so.12", "libcurand.so.10", "libcudnn.so.9", "libc.so.6"});
  WriteElf(Nvidia("cu13") / "libcublasLt.so.13", {});
  WriteElf(Nvidia("cudnn") / "libcudnn.so.8", {});
  const ProviderFacts facts = Read();
  EXPECT_TRUE(facts.runtime);
  EXPECT_TRUE(facts.provider);
  EXPECT_EQ(facts.runtime_version, "1.23.2");
  EXPECT_EQ(facts.cuda_major, 12);
  EXPECT_EQ(facts.cudnn_major, 9);
  EXPECT_THAT(facts.cuda_majors_here, ElementsAre(13));
  EXPECT_THAT(facts.cudnn_majors_here, ElementsAre(8));
  ASSERT_EQ(facts.needed.size(), 3U);
  EXPECT_TRUE(facts.needed[0].missing());
  ASSERT_TRUE(facts.code.has_value());
  EXPECT_THAT(facts.code->binary, ElementsAre(75));
  EXPECT_THAT(facts.code->ptx, ElementsAre(90));
}

TEST_F(ProviderFactsTest, FindsTheLibrariesOfThePythonEnvironment) {
  InstallRuntime("1.31.1", {"libcublasLt.so.13", "libcudart.so.13", "libcuda.so.1"});
  WriteElf(Nvidia("cu13") / "libcublasLt.so.13", {});
  WriteElf(Nvidia("cu13") / "libcudart.so.13", {});
  WriteElf(Nvidia("cudnn") / "libcudnn.so.9", {});
  const ProviderFacts facts = Read();
  EXPECT_EQ(facts.cuda_major, 13);
  EXPECT_EQ(facts.cudnn_major, 0) << "loaded later, by name";
  EXPECT_THAT(facts.cudnn_majors_here, ElementsAre(9));
  EXPECT_FALSE(facts.needed[0].missing());
  EXPECT_FALSE(facts.needed[1].missing());
  EXPECT_TRUE(facts.needed[2].missing());
}

TEST_F(ProviderFactsTest, ARuntimeForTheCpuAlone) {
  WriteElf(Capi() / "libonnxruntime.so.1.31.1", {});
  const ProviderFacts facts = Read();
  EXPECT_TRUE(facts.runtime);
  EXPECT_FALSE(facts.provider);
  EXPECT_THAT(facts.needed, IsEmpty());
}

TEST_F(ProviderFactsTest, ABrokenProviderIsReported) {
  InstallRuntime("1.31.1", {});
  WriteBytes(Capi() / "libonnxruntime_providers_cuda.so", "cut");
  EXPECT_THAT(Read().provider_error, HasSubstr("libonnxruntime_providers_cuda.so"));
}

TEST_F(ProviderFactsTest, FindsTheRuntimesFolder) {
  InstallRuntime("1.31.1", {});
  const fs::path lib = folder_->path() / "usr/lib";
  fs::create_directories(lib);
  fs::create_symlink(Capi() / "libonnxruntime.so.1.31.1", lib / "libonnxruntime.so.1");
  EXPECT_EQ(RuntimeFolder(Capi(), {}), Capi());
  EXPECT_EQ(RuntimeFolder(Capi() / "libonnxruntime.so.1.31.1", {}), Capi());
  EXPECT_EQ(RuntimeFolder("", {.system = {lib}}), fs::canonical(Capi())) << "beside the file that the link means";
  EXPECT_EQ(RuntimeFolder("", {}), "");
  EXPECT_EQ(RuntimeVersionOf(lib / "libonnxruntime.so.1"), "1.31.1");
  EXPECT_EQ(RuntimeVersionOf("/nowhere/libonnxruntime.so"), "");
}

TEST_F(ProviderFactsTest, TheProbeNeverFails) {
  for (const fs::path& asked : {fs::path(), fs::path("/nowhere"), Capi()}) {
    const MachineFacts facts = ProbeMachine(asked);
    EXPECT_THAT(facts.cuda.sentence, Not(IsEmpty())) << asked;
    EXPECT_GE(facts.cpu.cores, 1);
  }
}

TEST(CudaLibrariesTest, DerivesVersionsFromNames) {
  struct Case {
    const char* soname;
    int cuda;
    int cudnn;
    const char* origin;
  };
  for (const Case& test :
       {Case{"libcublasLt.so.12", 12, 0, "of CUDA 12"}, Case{"libcublas.so.13", 13, 0, "of CUDA 13"},
        Case{"libcudart.so.11.0", 11, 0, "of CUDA 11"}, Case{"libcufft.so.10", 11, 0, "of CUDA 11"},
        Case{"libcufft.so.11", 12, 0, "of CUDA 12"}, Case{"libcufft.so.12", 13, 0, "of CUDA 13"},
        Case{"libcurand.so.10", 0, 0, "of CUDA"}, Case{"libnvrtc.so.11.2", 0, 0, "of CUDA"},
        Case{"libnvrtc.so.12", 12, 0, "of CUDA 12"}, Case{"libcublasLt.so.14", 14, 0, "of CUDA 14"},
        Case{"libcudnn.so.9", 0, 9, "of cuDNN 9"}, Case{"libcudnn_graph.so.8", 0, 8, "of cuDNN 8"},
        Case{"libcuda.so.1", 0, 0, "of NVIDIA's driver"}, Case{"libnvinfer.so.10", 0, 0, "of TensorRT"},
        Case{"libcublas.so", 0, 0, "of CUDA"}, Case{"libz.so.1", 0, 0, ""}, Case{"", 0, 0, ""}}) {
    EXPECT_EQ(CudaMajorOf(test.soname), test.cuda) << test.soname;
    EXPECT_EQ(CudnnMajorOf(test.soname), test.cudnn) << test.soname;
    EXPECT_EQ(LibraryOrigin(test.soname), test.origin) << test.soname;
  }
}

}  // namespace
}  // namespace calotype
