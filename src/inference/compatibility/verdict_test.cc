#include "inference/compatibility/verdict.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "inference/compatibility/compatibility_table.h"

namespace calotype {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr Outcome kWorks = Outcome::kWorks;
constexpr Outcome kUnknown = Outcome::kUnknown;
constexpr Outcome kFails = Outcome::kFails;

// NVIDIA driver versions and the newest CUDA that each supports.
constexpr const char* kDriver450 = "450.80.02";   // 11.0
constexpr const char* kDriver470 = "470.256.02";  // 11.4
constexpr const char* kDriver525 = "525.60.13";   // 12.0
constexpr const char* kDriver550 = "550.54.15";   // 12.4
constexpr const char* kDriver580 = "580.65.06";   // 13.0

// One machine. CUDA and cuDNN: the versions that the provider was built for, and the versions installed (0: none).
struct Row {
  const char* runtime;
  int built_cuda;
  int needed_cudnn;  // linked (NEEDED); 0: the provider opens it later
  std::vector<int> cuda_here;
  std::vector<int> cudnn_here;
  const char* driver;  // empty: none
  int driver_cuda;     // 12040 is 12.4
  int gpu;             // 75 is sm_75; 0: no visible GPU
  Outcome outcome;
  std::vector<const char*> words;   // must be in the sentence
  std::vector<const char*> remedy;  // must be in the remedy
};

bool Has(const std::vector<int>& majors, int major) { return std::ranges::count(majors, major) > 0; }

NeededLibrary Needed(const std::string& soname, bool there) {
  return {.soname = soname, .path = there ? "/lib/" + soname : "", .needed_by = "libonnxruntime_providers_cuda.so"};
}

ProviderFacts ProviderOf(const Row& row) {
  ProviderFacts facts{.folder = "/opt/ort", .runtime_version = row.runtime, .runtime = true, .provider = true};
  const bool cuda = Has(row.cuda_here, row.built_cuda);
  facts.needed = {Needed(fmt::format("libcublasLt.so.{}", row.built_cuda), cuda),
                  Needed(fmt::format("libcudart.so.{}", row.built_cuda), cuda)};
  if (row.needed_cudnn != 0) {
    facts.needed.push_back(
        Needed(fmt::format("libcudnn.so.{}", row.needed_cudnn), Has(row.cudnn_here, row.needed_cudnn)));
  }
  facts.needed.push_back(Needed("libcuda.so.1", *row.driver != '\0'));
  facts.cuda_major = row.built_cuda;
  facts.cudnn_major = row.needed_cudnn;
  facts.cuda_majors_here = row.cuda_here;
  facts.cudnn_majors_here = row.cudnn_here;
  return facts;
}

NvidiaFacts NvidiaOf(const Row& row) {
  NvidiaFacts facts{.library = *row.driver != '\0',
                    .library_error = "libcuda.so.1: cannot open shared object file",
                    .error = row.gpu == 0 ? 100 : 0,
                    .cuda_version = row.driver_cuda,
                    .driver_version = row.driver};
  if (row.gpu != 0) {
    facts.gpus = {{.name = "GPU", .architecture = row.gpu, .memory_bytes = uint64_t{8} << 30}};
  }
  return facts;
}

const std::vector<Row>& Rows() {
  static const auto* const kRows = new std::vector<Row>{
      // Working combinations.
      {"1.16.3", 11, 8, {11}, {8}, kDriver450, 11000, 75, kWorks, {"CUDA 11", "cuDNN 8"}, {}},
      {"1.17.3", 11, 8, {11}, {8}, kDriver470, 11040, 86, kWorks, {"sm_86"}, {}},
      {"1.17.3", 12, 8, {12}, {8}, kDriver525, 12000, 89, kWorks, {"CUDA 12 with cuDNN 8"}, {}},
      {"1.18.1", 12, 9, {12}, {9}, kDriver550, 12040, 90, kWorks, {"no known problem"}, {}},
      {"1.23.2", 12, 9, {12}, {9}, kDriver525, 12000, 60, kWorks, {"525.60.13"}, {}},
      {"1.23.2", 12, 9, {12, 13}, {8, 9}, kDriver580, 13000, 70, kWorks, {"sm_70"}, {}},
      {"1.31.1", 13, 0, {13}, {9}, kDriver580, 13000, 75, kWorks, {"CUDA 13 with cuDNN 9"}, {}},
      {"1.31.1", 13, 0, {13}, {9}, kDriver580, 13000, 89, kWorks, {"ONNX Runtime 1.31.1"}, {}},
      {"1.31.1", 13, 0, {13}, {9}, kDriver580, 13000, 120, kWorks, {"sm_120"}, {}},
      {"1.31.1", 12, 9, {12}, {9}, kDriver550, 12040, 61, kWorks, {"CUDA 12"}, {}},
      // With a compatibility package, an older driver supports a newer CUDA.
      {"1.31.1", 13, 0, {13}, {9}, kDriver550, 13000, 90, kWorks, {}, {}},
      // CUDA's libraries have another major version, or are missing.
      {"1.23.2",
       12,
       9,
       {13},
       {9},
       kDriver580,
       13000,
       89,
       kFails,
       {"ONNX Runtime 1.23.2 was built for CUDA 12", "libcublasLt.so.12 is not on this machine", "(CUDA 13 is)"},
       {"ONNX Runtime 1.27 or later", "calotype models pull runtime-cuda", "CUDA 12 libraries"}},
      {"1.31.1",
       13,
       0,
       {12},
       {9},
       kDriver550,
       12040,
       89,
       kFails,
       {"built for CUDA 13", "libcublasLt.so.13", "(CUDA 12 is)"},
       {"ONNX Runtime 1.19 to 1.26", "runtime-cuda", "inference.onnxruntime"}},
      {"1.23.2",
       12,
       9,
       {11},
       {9},
       kDriver550,
       12040,
       89,
       kFails,
       {"built for CUDA 12", "(CUDA 11 is)"},
       {"install the CUDA 12 libraries"}},
      {"1.16.3",
       11,
       8,
       {12},
       {8},
       kDriver525,
       12000,
       75,
       kFails,
       {"built for CUDA 11", "libcublasLt.so.11"},
       {"CUDA 11 libraries"}},
      {"1.16.3", 11, 8, {12, 13}, {8}, kDriver580, 13000, 75, kFails, {"(CUDA 12 and 13 are)"}, {"1.27 or later"}},
      {"1.23.2",
       12,
       9,
       {},
       {},
       kDriver580,
       13000,
       89,
       kFails,
       {"libcublasLt.so.12 is not on this machine"},
       {"install the CUDA 12 libraries", "runtime-cuda"}},
      {"1.31.1",
       13,
       0,
       {},
       {},
       kDriver580,
       13000,
       89,
       kFails,
       {"libcublasLt.so.13 is not on this machine"},
       {"CUDA 13 libraries", "runtime-cuda"}},
      // The driver is missing too.
      {"1.23.2",
       12,
       9,
       {},
       {},
       "",
       0,
       0,
       kFails,
       {"libcublasLt.so.12", "CUDA 12", "nor is NVIDIA's driver"},
       {"driver 525.60.13 or later", "--gpus all", "CUDA 12 libraries"}},
      {"1.31.1",
       13,
       0,
       {},
       {},
       "",
       0,
       0,
       kFails,
       {"libcublasLt.so.13", "CUDA 13", "nor is NVIDIA's driver"},
       {"driver 580.65.06 or later", "runtime-cuda"}},
      {"1.23.2", 12, 9, {13}, {9}, "", 0, 0, kFails, {"(CUDA 13 is)", "libcuda.so.1"}, {"1.27 or later"}},
      // cuDNN.
      {"1.23.2",
       12,
       9,
       {12},
       {8},
       kDriver580,
       13000,
       89,
       kFails,
       {"needs cuDNN 9", "libcudnn.so.9 is not on this machine", "(cuDNN 8 is)"},
       {"install cuDNN 9"}},
      {"1.17.3",
       12,
       8,
       {12},
       {9},
       kDriver580,
       13000,
       89,
       kFails,
       {"needs cuDNN 8", "(cuDNN 9 is)"},
       {"install cuDNN 8"}},
      {"1.16.3", 11, 8, {11}, {}, kDriver580, 13000, 75, kFails, {"libcudnn.so.8"}, {"install cuDNN 8"}},
      {"1.31.1",
       13,
       0,
       {13},
       {},
       kDriver580,
       13000,
       89,
       kFails,
       {"loads cuDNN 9", "libcudnn.so.9"},
       {"install cuDNN 9", "runtime-cuda"}},
      {"1.31.1", 13, 0, {13}, {8}, kDriver580, 13000, 89, kFails, {"libcudnn.so.9", "(cuDNN 8 is)"}, {"cuDNN 9"}},
      {"1.23.2", 12, 9, {12}, {8}, "", 0, 0, kFails, {"needs cuDNN 9", "nor is NVIDIA's driver"}, {"525.60.13"}},
      // The driver: none, too old.
      {"1.23.2",
       12,
       9,
       {12},
       {9},
       "",
       0,
       0,
       kFails,
       {"no NVIDIA driver", "libcuda.so.1"},
       {"driver 525.60.13 or later", "--gpus all"}},
      {"1.31.1", 13, 0, {13}, {9}, "", 0, 0, kFails, {"no NVIDIA driver"}, {"driver 580.65.06 or later"}},
      {"1.31.1",
       13,
       0,
       {13},
       {9},
       kDriver550,
       12040,
       89,
       kFails,
       {"CUDA 13, which needs driver 580.65.06 or later", "550.54.15 is older", "supports up to CUDA 12.4"},
       {"install driver 580.65.06 or later", "ONNX Runtime 1.19 to 1.26"}},
      {"1.31.1", 13, 0, {13}, {9}, kDriver470, 11040, 75, kFails, {"470.256.02 is older"}, {"580.65.06"}},
      {"1.23.2",
       12,
       9,
       {12},
       {9},
       kDriver470,
       11040,
       75,
       kFails,
       {"needs driver 525.60.13", "supports up to CUDA 11.4"},
       {"install driver 525.60.13"}},
      {"1.23.2", 12, 9, {12}, {9}, "470.256.02", 0, 75, kFails, {"470.256.02 is older"}, {"525.60.13"}},
      {"1.16.3", 11, 8, {11}, {8}, "440.33", 10020, 75, kFails, {"needs driver 450.80.02"}, {"450.80.02"}},
      {"1.31.1", 13, 0, {13}, {9}, "575.57.08", 0, 120, kFails, {"575.57.08 is older"}, {"580.65.06"}},
      // No GPU is visible.
      {"1.31.1",
       13,
       0,
       {13},
       {9},
       kDriver580,
       13000,
       0,
       kFails,
       {"shows no GPU", "CUDA error 100"},
       {"nvidia-smi", "--gpus all"}},
      {"1.23.2",
       12,
       9,
       {12},
       {9},
       kDriver550,
       12040,
       0,
       kFails,
       {"550.54.15 is installed but shows no GPU"},
       {"nvidia-smi"}},
      // GPUs too old or too new for the build.
      {"1.31.1",
       13,
       0,
       {13},
       {9},
       kDriver580,
       13000,
       61,
       kFails,
       {"GPUs from sm_75 on", "no code for GPU (sm_61)"},
       {"ONNX Runtime 1.19 to 1.26", "or the CPU"}},
      {"1.31.1", 13, 0, {13}, {9}, kDriver580, 13000, 70, kFails, {"sm_70", "CUDA 13"}, {"1.19 to 1.26"}},
      {"1.31.1", 13, 0, {13}, {9}, kDriver580, 13000, 52, kFails, {"sm_52"}, {"use the CPU"}},
      {"1.23.2", 12, 9, {12}, {9}, kDriver580, 13000, 52, kFails, {"GPUs from sm_60 on"}, {"use the CPU"}},
      {"1.17.3", 12, 8, {12}, {8}, kDriver580, 13000, 37, kFails, {"sm_37"}, {"use the CPU"}},
      {"1.23.2",
       12,
       9,
       {12},
       {9},
       kDriver580,
       13000,
       120,
       kFails,
       {"GPUs up to sm_90", "no code for GPU (sm_120)", "CUDA 12.8"},
       {"ONNX Runtime 1.27 or later", "runtime-cuda"}},
      {"1.23.2", 12, 9, {12}, {9}, kDriver580, 13000, 100, kFails, {"sm_100"}, {"1.27 or later"}},
      {"1.17.3", 11, 8, {11}, {8}, kDriver580, 13000, 120, kFails, {"CUDA 11", "sm_120"}, {"1.27 or later"}},
      // Newer than the table.
      {"1.32.0",
       13,
       0,
       {13},
       {9},
       kDriver580,
       13000,
       89,
       kUnknown,
       {"ONNX Runtime 1.32.0", "newer than this Calotype"},
       {}},
      {"2.0.0", 13, 0, {13}, {9}, kDriver580, 13000, 89, kUnknown, {"newer than this Calotype knows: trying"}, {}},
      {"1.40.0", 14, 0, {14}, {10}, "650.10.01", 14000, 130, kUnknown, {"built for CUDA 14", "trying"}, {}},
      {"1.31.1", 13, 0, {13}, {9}, "650.10.01", 14000, 89, kUnknown, {"650.10.01 supports CUDA 14", "trying"}, {}},
      {"1.31.1", 13, 0, {13}, {9}, kDriver580, 13000, 130, kUnknown, {"sm_130", "trying"}, {}},
      {"1.23.2", 12, 9, {12}, {9}, kDriver580, 13000, 130, kUnknown, {"sm_130", "trying"}, {}},
      {"", 13, 0, {13}, {9}, kDriver580, 13000, 89, kUnknown, {"this ONNX Runtime", "is unknown"}, {}},
      // Newer than the table, but with a clear result.
      {"1.40.0",
       14,
       0,
       {13},
       {9},
       "650.10.01",
       14000,
       89,
       kFails,
       {"built for CUDA 14", "libcublasLt.so.14"},
       {"CUDA 14 libraries"}},
      {"1.40.0", 14, 0, {14}, {10}, "", 0, 0, kFails, {"no NVIDIA driver"}, {"a driver for this GPU"}},
      {"1.32.0", 13, 0, {13}, {9}, kDriver550, 12040, 89, kFails, {"is older"}, {"580.65.06"}},
  };
  return *kRows;
}

std::string Name(const Row& row) {
  return fmt::format("ONNX Runtime '{}' for CUDA {}, driver '{}' ({}), sm_{}, CUDA here {}", row.runtime,
                     row.built_cuda, row.driver, row.driver_cuda, row.gpu,
                     row.cuda_here.empty() ? 0 : row.cuda_here.front());
}

TEST(VerdictTest, Matrix) {
  EXPECT_GE(Rows().size(), 40U);
  for (const Row& row : Rows()) {
    SCOPED_TRACE(Name(row));
    const Verdict verdict = CudaVerdict(ProviderOf(row), NvidiaOf(row));
    EXPECT_EQ(verdict.outcome, row.outcome) << verdict.ToString();
    for (const char* const word : row.words) {
      EXPECT_THAT(verdict.sentence, HasSubstr(word));
    }
    for (const char* const word : row.remedy) {
      EXPECT_THAT(verdict.remedy, HasSubstr(word));
    }
    EXPECT_EQ(verdict.remedy.empty(), row.outcome != kFails) << "a failure must have a remedy: " << verdict.ToString();
    EXPECT_THAT(verdict.sentence, Not(HasSubstr("\n")));
  }
}

// A machine on which everything works.
const Row kGood = {"1.31.1", 13, 0, {13}, {9}, kDriver580, 13000, 89, kWorks, {}, {}};

TEST(VerdictTest, NoRuntimeNoProviderBrokenProvider) {
  ProviderFacts provider;
  EXPECT_THAT(CudaVerdict(provider, {}).sentence, HasSubstr("no ONNX Runtime was found"));
  provider.folder = "/opt/ort";
  EXPECT_THAT(CudaVerdict(provider, {}).sentence, HasSubstr("no ONNX Runtime is in /opt/ort"));
  provider.runtime = true;
  provider.runtime_version = "1.31.1";
  const Verdict plain = CudaVerdict(provider, NvidiaOf(kGood));
  EXPECT_EQ(plain.outcome, kFails);
  EXPECT_THAT(plain.sentence, HasSubstr("ONNX Runtime 1.31.1 in /opt/ort has no CUDA provider"));
  EXPECT_THAT(plain.remedy, HasSubstr("calotype models pull runtime-cuda"));
  provider.provider = true;
  provider.provider_error = "it has 3 bytes";
  EXPECT_THAT(CudaVerdict(provider, NvidiaOf(kGood)).sentence, HasSubstr("is broken: it has 3 bytes"));
}

TEST(VerdictTest, DistinguishesAHiddenGpuFromAMissingOne) {
  Row row = kGood;
  row.gpu = 0;
  NvidiaFacts nvidia = NvidiaOf(row);
  nvidia.visible_devices = "-1";
  const Verdict verdict = CudaVerdict(ProviderOf(row), nvidia);
  EXPECT_EQ(verdict.outcome, kFails);
  EXPECT_THAT(verdict.sentence, HasSubstr("CUDA_VISIBLE_DEVICES is '-1'"));
  EXPECT_THAT(verdict.remedy, HasSubstr("unset CUDA_VISIBLE_DEVICES"));
}

TEST(VerdictTest, WithoutADriverTheMessageNamesWhatWasFound) {
  Row row = kGood;
  row.driver = "";
  row.gpu = 0;
  NvidiaFacts nvidia = NvidiaOf(row);
  nvidia.pci_gpus = 1;
  EXPECT_THAT(CudaVerdict(ProviderOf(row), nvidia).sentence, HasSubstr("has an NVIDIA GPU but no NVIDIA driver"));
  nvidia.driver_version = kDriver580;
  const Verdict container = CudaVerdict(ProviderOf(row), nvidia);
  EXPECT_THAT(container.sentence, HasSubstr("container without NVIDIA's runtime"));
  EXPECT_THAT(container.remedy, HasSubstr("--gpus all"));
}

TEST(VerdictTest, ErrorsOfTheDriver) {
  struct Case {
    int error;
    const char* words;
    const char* remedy;
  };
  for (const Case& test :
       {Case{803, "different versions", "restart"}, Case{34, "stub", "LD_LIBRARY_PATH"}, Case{35, "older", "newer"},
        Case{46, "exclusive", "close"}, Case{999, "unknown", "nvidia_uvm"},
        Case{802, "fabric manager", "fabricmanager"}, Case{777, "does not know", "nvidia-smi"}}) {
    NvidiaFacts nvidia = NvidiaOf(kGood);
    nvidia.error = test.error;
    nvidia.gpus.clear();
    const Verdict verdict = CudaVerdict(ProviderOf(kGood), nvidia);
    EXPECT_EQ(verdict.outcome, kFails);
    EXPECT_THAT(verdict.sentence, HasSubstr(test.words));
    EXPECT_THAT(verdict.sentence, HasSubstr(fmt::format("CUDA error {}", test.error)));
    EXPECT_THAT(verdict.remedy, HasSubstr(test.remedy));
  }
}

TEST(VerdictTest, CodeInTheFileTakesPrecedenceOverTheTable) {
  struct Case {
    CudaCode code;
    int gpu;
    Outcome outcome;
    const char* words;
  };
  const CudaCode cuda12{.binary = {60, 70, 75, 80, 86, 90}, .ptx = {90}};  // ONNX Runtime 1.23.2
  const CudaCode cuda13{.binary = {75, 80, 86, 89, 90, 120}, .ptx = {}};   // 1.31.1
  for (const Case& test :
       {Case{cuda12, 120, kUnknown, "only PTX"}, Case{cuda12, 61, kWorks, "sm_61"},
        Case{cuda12, 52, kFails, "code for sm_60, sm_70, sm_75, sm_80, sm_86, sm_90 and none for GPU (sm_52)"},
        Case{cuda13, 121, kWorks, "sm_121"}, Case{cuda13, 100, kFails, "none for GPU (sm_100)"},
        Case{cuda13, 61, kFails, "none for GPU (sm_61)"}, Case{cuda13, 130, kFails, "none for GPU (sm_130)"}}) {
    const bool is_12 = !test.code.ptx.empty();
    Row row = kGood;
    row.gpu = test.gpu;
    if (is_12) {
      row.runtime = "1.23.2";
      row.built_cuda = 12;
      row.cuda_here = {12};
    }
    ProviderFacts provider = ProviderOf(row);
    provider.code = test.code;
    const Verdict verdict = CudaVerdict(provider, NvidiaOf(row));
    EXPECT_EQ(verdict.outcome, test.outcome) << verdict.ToString();
    EXPECT_THAT(verdict.sentence, HasSubstr(test.words));
  }
}

TEST(VerdictTest, OtherMissingLibrariesAreNamed) {
  ProviderFacts provider = ProviderOf(kGood);
  provider.needed.insert(provider.needed.begin(), Needed("libz.so.1", false));
  const Verdict verdict = CudaVerdict(provider, NvidiaOf(kGood));
  EXPECT_EQ(verdict.outcome, kFails);
  EXPECT_THAT(verdict.sentence, HasSubstr("needs libz.so.1, which is not on this machine"));
}

TEST(CompatibilityTableTest, EveryBuildHasItsCudaAndItsGpus) {
  for (const char* const text :
       {"1.15.0", "1.17.0", "1.18.0", "1.18.1", "1.19.0", "1.23.2", "1.26.9", "1.27.0", "1.99.0"}) {
    const ProviderBuild* const build = FindProviderBuild(*ParseVersion(text), 0);
    ASSERT_NE(build, nullptr) << text;
    EXPECT_NE(FindCudaRelease(build->cuda), nullptr) << text;
    EXPECT_LT(build->oldest_gpu, build->newest_gpu) << text;
  }
  EXPECT_EQ(FindProviderBuild(*ParseVersion("1.18.0"), 12)->cudnn, 8);
  EXPECT_EQ(FindProviderBuild(*ParseVersion("1.18.1"), 12)->cudnn, 9);
  EXPECT_EQ(FindProviderBuild(*ParseVersion("1.31.1"), 0)->cuda, 13);
  EXPECT_EQ(FindProviderBuild(*ParseVersion("1.31.1"), 15), nullptr);
  EXPECT_EQ(FindCudaRelease(14), nullptr);
}

TEST(VersionTest, ReadsTheNumbersAtTheStart) {
  EXPECT_EQ(ParseVersion("1.23.2")->ToString(), "1.23.2");
  EXPECT_EQ(ParseVersion("580.65.06")->ToString(), "580.65.6");
  EXPECT_EQ(ParseVersion("550.54")->ToString(), "550.54");
  EXPECT_EQ(ParseVersion("1.27.0-dev+cu130")->ToString(), "1.27");
  EXPECT_LT(*ParseVersion("1.9.9"), *ParseVersion("1.10"));
  for (const char* const text : {"", "1", "x.1", "1.", "-1.2", "99999999999.1"}) {
    EXPECT_FALSE(ParseVersion(text).has_value()) << text;
  }
}

}  // namespace
}  // namespace calotype
