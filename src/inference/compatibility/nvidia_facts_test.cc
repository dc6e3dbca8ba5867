#include "inference/compatibility/nvidia_facts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include "base/temporary_folder.h"
#include "inference/compatibility/driver_error.h"
#include "inference/compatibility/testdata/elf_builder.h"

namespace calotype {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class NvidiaFactsTest : public ::testing::Test {
 protected:
  void TearDown() override {
    for (const char* const name : {"FAKE_CUDA_ERROR", "FAKE_CUDA_VERSION", "FAKE_CUDA_GPUS", "CUDA_VISIBLE_DEVICES"}) {
      unsetenv(name);
    }
  }

  // A machine without NVIDIA hardware or software.
  NvidiaSources Nothing() const {
    const fs::path none = folder_->path() / "none";
    return {.cuda = none / "libcuda.so.1", .management = none, .proc = none, .module = none, .pci = none};
  }

  StatusOr<TemporaryFolder> folder_ = TemporaryFolder::Create();
};

TEST_F(NvidiaFactsTest, AMachineWithoutNvidiaGivesEmptyFacts) {
  const NvidiaFacts facts = ReadNvidiaFacts(Nothing());
  EXPECT_FALSE(facts.library);
  EXPECT_THAT(facts.library_error, HasSubstr("libcuda.so.1"));
  EXPECT_THAT(facts.gpus, IsEmpty());
  EXPECT_EQ(facts.driver_version, "");
  EXPECT_EQ(facts.pci_gpus, 0);
  EXPECT_FALSE(facts.visible_devices.has_value());
}

TEST_F(NvidiaFactsTest, QueriesTheDriver) {
  NvidiaSources sources = Nothing();
  sources.cuda = FAKE_CUDA;
  sources.module = WriteBytes(folder_->path() / "version", "580.65.06\n");
  WriteBytes(folder_->path() / "pci/0000:01:00.0/vendor", "0x10de\n");
  WriteBytes(folder_->path() / "pci/0000:01:00.0/class", "0x030000\n");
  WriteBytes(folder_->path() / "pci/0000:01:00.1/vendor", "0x10de\n");
  WriteBytes(folder_->path() / "pci/0000:01:00.1/class", "0x040300\n");  // its audio device
  sources.pci = folder_->path() / "pci";
  setenv("FAKE_CUDA_GPUS", "2", 1);
  setenv("CUDA_VISIBLE_DEVICES", "0,1", 1);
  const NvidiaFacts facts = ReadNvidiaFacts(sources);
  EXPECT_TRUE(facts.library) << facts.library_error;
  EXPECT_EQ(facts.error, 0);
  EXPECT_EQ(facts.cuda_version, 13000);
  EXPECT_EQ(facts.driver_version, "580.65.06");
  EXPECT_EQ(facts.pci_gpus, 1);
  EXPECT_EQ(facts.visible_devices, "0,1");
  ASSERT_EQ(facts.gpus.size(), 2U);
  EXPECT_EQ(facts.gpus[1].name, "Fake GPU 1");
  EXPECT_EQ(ArchitectureName(facts.gpus[1].architecture), "sm_89");
  EXPECT_EQ(facts.gpus[1].memory_bytes, uint64_t{24} << 30);
}

TEST_F(NvidiaFactsTest, ErrorsOfTheDriverAreFacts) {
  NvidiaSources sources = Nothing();
  sources.cuda = FAKE_CUDA;
  for (const int error : {35, 100, 803, 999, 12345}) {
    setenv("FAKE_CUDA_ERROR", std::to_string(error).c_str(), 1);
    const NvidiaFacts facts = ReadNvidiaFacts(sources);
    EXPECT_TRUE(facts.library);
    EXPECT_EQ(facts.error, error);
    EXPECT_EQ(facts.cuda_version, 13000) << "told even then";
    EXPECT_THAT(facts.gpus, IsEmpty());
    EXPECT_THAT(ExplainDriverError(error).meaning, Not(IsEmpty()));
    EXPECT_THAT(ExplainDriverError(error).remedy, Not(IsEmpty()));
  }
}

TEST_F(NvidiaFactsTest, AnotherLibraryWithTheDriversNameIsAnError) {
  NvidiaSources sources = Nothing();
  sources.cuda = "libm.so.6";
  EXPECT_THAT(ReadNvidiaFacts(sources).library_error, HasSubstr("lacks calls of the CUDA driver"));
  sources.cuda = WriteBytes(folder_->path() / "libcuda.so.1", "text");
  EXPECT_FALSE(ReadNvidiaFacts(sources).library);
}

TEST_F(NvidiaFactsTest, StopsAtAGpuThatFails) {
  CudaDriverApi api{.init = [](unsigned) { return 0; },
                    .driver_version = [](int*) { return 1; },
                    .device_count =
                        [](int* count) {
                          *count = 2;
                          return 0;
                        },
                    .device_get = [](int*, int index) { return index == 0 ? 0 : 101; },
                    .device_name = [](char*, int, int) { return 1; },
                    .device_attribute = [](int*, int, int) { return 1; }};
  NvidiaFacts facts;
  AskCudaDriver(api, facts);
  EXPECT_EQ(facts.error, 101);
  ASSERT_EQ(facts.gpus.size(), 1U);
  EXPECT_EQ(facts.gpus[0].architecture, 0);
  EXPECT_EQ(facts.cuda_version, 0);
}

TEST_F(NvidiaFactsTest, FindsTheVersionInTheKernelsText) {
  EXPECT_EQ(ParseDriverVersion("NVRM version: NVIDIA UNIX x86_64 Kernel Module  535.183.01  Sun May 12 19:39:15 UTC "
                               "2024\nGCC version:  gcc version 12.2.0\n"),
            "535.183.01");
  EXPECT_EQ(ParseDriverVersion("NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  580.65.06  Release Build"),
            "580.65.06");
  EXPECT_EQ(ParseDriverVersion("550.54\n"), "550.54");
  EXPECT_EQ(ParseDriverVersion("GCC 12 .5. x"), "");
  EXPECT_EQ(ParseDriverVersion(""), "");
}

TEST_F(NvidiaFactsTest, ReadsThisMachine) {
  const NvidiaFacts facts = ReadNvidiaFacts();
  EXPECT_TRUE(facts.library || !facts.library_error.empty());
}

}  // namespace
}  // namespace calotype
