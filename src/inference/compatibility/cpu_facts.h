// The CPU features that inference depends on.
#pragma once

#include <string>
#include <string_view>

namespace calotype {

struct CpuFacts {
  std::string model;  // "AMD EPYC 9R14"; "ARM 0x41/0xd40" if the kernel has only numbers
  int cores = 0;      // logical cores that the kernel lists
  bool avx2 = false;
  bool avx512f = false;
  bool avx512_bf16 = false;
  bool vnni = false;  // avx512_vnni or avx_vnni
  bool amx_bf16 = false;
  bool amx_int8 = false;
  bool arm_bf16 = false;
  bool arm_i8mm = false;

  // Processors with equal keys run models in the same way. Measurements are stored under it.
  std::string Key() const;
};

// Parses the text of /proc/cpuinfo on x86-64 or aarch64. What it does not contain stays false or empty.
CpuFacts ParseCpuInfo(std::string_view text);

// Reads /proc/cpuinfo of this machine.
CpuFacts ReadCpuFacts();

}  // namespace calotype
