#include "inference/compatibility/cpu_facts.h"

#include <gtest/gtest.h>

namespace calotype {
namespace {

TEST(CpuFactsTest, ReadsAnXeonWithAmx) {
  const CpuFacts facts = ParseCpuInfo(
      "processor\t: 0\nvendor_id\t: GenuineIntel\nmodel name\t: Intel(R) Xeon(R) Platinum 8488C\n"
      "flags\t\t: fpu avx avx2 avx512f avx512_bf16 avx512_vnni avx_vnni amx_bf16 amx_tile amx_int8\n\n"
      "processor\t: 1\nmodel name\t: another\nflags\t\t: fpu\n");
  EXPECT_EQ(facts.model, "Intel(R) Xeon(R) Platinum 8488C");
  EXPECT_EQ(facts.cores, 2);
  EXPECT_TRUE(facts.avx2 && facts.avx512f && facts.avx512_bf16 && facts.vnni && facts.amx_bf16 && facts.amx_int8);
  EXPECT_FALSE(facts.arm_bf16);
  EXPECT_EQ(facts.Key(),
            "Intel(R) Xeon(R) Platinum 8488C+avx2+avx512f+avx512_bf16+avx512_vnni+avx_vnni+amx_bf16+amx_int8");
}

TEST(CpuFactsTest, AFlagIsAWholeWord) {
  const CpuFacts facts = ParseCpuInfo("processor: 0\nmodel name: Old\nflags: avx avx512fp16 avx2x\n");
  EXPECT_FALSE(facts.avx2);
  EXPECT_FALSE(facts.avx512f);
  EXPECT_EQ(facts.Key(), "Old");
}

TEST(CpuFactsTest, ReadsAnArm) {
  const CpuFacts facts = ParseCpuInfo(
      "processor\t: 0\nBogoMIPS\t: 50.00\nFeatures\t: fp asimd i8mm bf16\nCPU implementer\t: 0x41\n"
      "CPU architecture: 8\nCPU part\t: 0xd40\n\nprocessor\t: 1\nCPU implementer\t: 0x42\n");
  EXPECT_EQ(facts.model, "ARM 0x41/0xd40");
  EXPECT_EQ(facts.cores, 2);
  EXPECT_TRUE(facts.arm_bf16 && facts.arm_i8mm);
  EXPECT_FALSE(facts.avx2);
}

TEST(CpuFactsTest, EmptyAndInvalidTextGiveNoFacts) {
  EXPECT_EQ(ParseCpuInfo("").Key(), "unknown CPU");
  EXPECT_EQ(ParseCpuInfo(":::\n\n: x\nflags").cores, 0);
}

TEST(CpuFactsTest, ReadsThisMachine) {
  const CpuFacts facts = ReadCpuFacts();
  EXPECT_GE(facts.cores, 1);
  EXPECT_NE(facts.Key(), "unknown CPU");
}

}  // namespace
}  // namespace calotype
