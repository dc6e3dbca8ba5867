// What the processor can do, as far as inference asks.
#pragma once

#include <string>
#include <string_view>

namespace calotype {

struct CpuFacts {
  std::string model;  // "AMD EPYC 9R14"; "ARM 0x41/0xd40" where the kernel tells numbers alone
  int cores = 0;      // logical ones that the kernel lists
  bool avx2 = false;
  bool avx512f = false;
  bool avx512_bf16 = false;
  bool vnni = false;  // avx512_vnni or avx_vnni
  bool amx_bf16 = false;
  bool amx_int8 = false;
  bool arm_bf16 = false;
  bool arm_i8mm = false;

  // Two processors of one key run models in the same way; decisions that were measured are kept under it.
  std::string Key() const;
};

// Reads the text of /proc/cpuinfo, of x86-64 or aarch64. What is not told stays false, or empty.
CpuFacts ParseCpuInfo(std::string_view text);

// Of this machine.
CpuFacts ReadCpuFacts();

}  // namespace calotype
