// Tests with real onnxruntime-gpu wheels, without a GPU: CALOTYPE_GPU_WHEELS has one folder for each version
// (tools/setup/fetch_gpu_wheels). Skipped without them, because they are large.
#include <dlfcn.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>

#include "inference/compatibility/elf_needed.h"
#include "inference/compatibility/machine_probe.h"

namespace calotype {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

struct Wheel {
  const char* version;
  const char* first_missing;
  int cuda;
  const char* driver;
  std::vector<int> gpus;  // compute capabilities that the library has machine code for
};

class GpuWheelsTest : public ::testing::TestWithParam<Wheel> {
 protected:
  void SetUp() override {
    const char* const folder = std::getenv("CALOTYPE_GPU_WHEELS");
    if (folder == nullptr) {
      GTEST_SKIP() << "CALOTYPE_GPU_WHEELS names no folder; ./check --gpu-wheels runs this";
    }
    capi_ = fs::path(folder) / GetParam().version / "onnxruntime" / "capi";
    ASSERT_TRUE(fs::is_directory(capi_)) << capi_;
  }

  fs::path capi_;
};

TEST_P(GpuWheelsTest, TheProviderIsReadWithoutLoadingIt) {
  const ProviderFacts facts = ReadProviderFacts(capi_, "", {});
  EXPECT_EQ(facts.runtime_version, GetParam().version);
  EXPECT_EQ(facts.cuda_major, GetParam().cuda);
  ASSERT_FALSE(facts.needed.empty());
  EXPECT_EQ(facts.needed.front().soname, GetParam().first_missing);
  ASSERT_TRUE(facts.code.has_value());
  EXPECT_EQ(facts.code->binary, GetParam().gpus);
}

// The verdict for a machine without NVIDIA hardware, whatever this machine has.
TEST_P(GpuWheelsTest, TheVerdictNamesLibraryCudaDriverAndRemedy) {
  const Verdict verdict = CudaVerdict(ReadProviderFacts(capi_, "", {}), {});
  EXPECT_EQ(verdict.outcome, Outcome::kFails);
  EXPECT_THAT(verdict.sentence, HasSubstr(std::string("ONNX Runtime ") + GetParam().version));
  EXPECT_THAT(verdict.sentence, HasSubstr("built for CUDA " + std::to_string(GetParam().cuda)));
  EXPECT_THAT(verdict.sentence, HasSubstr(std::string(GetParam().first_missing) + " is not on this machine"));
  EXPECT_THAT(verdict.sentence, HasSubstr("nor is NVIDIA's driver (libcuda.so.1)"));
  EXPECT_THAT(verdict.remedy, HasSubstr(std::string("driver ") + GetParam().driver));
  EXPECT_THAT(verdict.remedy, HasSubstr("calotype models pull runtime-cuda"));
}

// Opens the library in a separate process, since a process can open only one ONNX Runtime.
int OpenInChild(const fs::path& library) {
  const pid_t child = fork();
  if (child == 0) {
    void* const handle = dlopen(library.c_str(), RTLD_NOW | RTLD_LOCAL);
    _exit(handle == nullptr ? 1 : dlsym(handle, "OrtGetApiBase") == nullptr ? 2 : 0);
  }
  int status = -1;
  waitpid(child, &status, 0);
  return status;
}

TEST_P(GpuWheelsTest, TheLibraryOpensAndTheProviderMatchesTheProbe) {
  EXPECT_EQ(OpenInChild(capi_ / (std::string("libonnxruntime.so.") + GetParam().version)), 0);
  const auto needed = ResolveNeeded(capi_ / "libonnxruntime_providers_cuda.so", SystemLibrarySearch());
  ASSERT_TRUE(needed.ok()) << needed.status();
  const auto missing = std::find_if(needed->begin(), needed->end(), [](const auto& one) { return one.missing(); });
  if (missing == needed->end()) {
    GTEST_SKIP() << "this machine has all that the provider needs";
  }
  void* const handle = dlopen((capi_ / "libonnxruntime_providers_cuda.so").c_str(), RTLD_LAZY | RTLD_LOCAL);
  ASSERT_EQ(handle, nullptr);
  EXPECT_THAT(dlerror(), HasSubstr(missing->soname)) << "the loader misses what the probe found to be missing first";
}

INSTANTIATE_TEST_SUITE_P(
    Wheels, GpuWheelsTest,
    ::testing::Values(Wheel{"1.23.2", "libcublasLt.so.12", 12, "525.60.13", {60, 70, 75, 80, 86, 90}},
                      Wheel{"1.31.1", "libcublasLt.so.13", 13, "580.65.06", {75, 80, 86, 89, 90, 120}}),
    [](const auto& test) { return test.param.cuda == 12 ? "Cuda12" : "Cuda13"; });

}  // namespace
}  // namespace calotype
