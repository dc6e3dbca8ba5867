// The kernel of code_kernels.h in registers of any width. Included by the files that are compiled for one kind of CPU
// each, whose `Wide` is a type of their own: what is made of this template must not be shared between them.
#pragma once

#include <cstddef>
#include <cstdint>

#include "search/vector_index/code_kernels.h"

namespace calotype {

// `Wide` names the instructions:
//   Register     of kBytes bytes: a byte of kCodes codes, or the next one too, behind (kRows: how many)
//   Load         kBytes bytes
//   Low, High    the tables of the lower and of the upper four bits, of kRows bytes, repeated as is needed
//   LowHalves    0x0f in each byte
//   Choose       bytes of a table
//   Zero, Add8, Add16, And, Shift4, Shift8 (right, of 16-bit lanes)
//   Store        the sums of kCodes codes, of which `all` holds those of even codes plus 256 times those of odd ones,
//                and `odd` the latter
template <typename Wide>
class WideCodeKernel {
 public:
  static void Run(const uint8_t* groups, std::size_t bytes, std::size_t count, const uint8_t* tables, uint16_t* sums) {
    for (std::size_t group = 0; group < count; ++group) {
      const uint8_t* const at = groups + group * bytes * kGroup;
      const uint8_t* const ahead = group + kAhead < count ? at + kAhead * bytes * kGroup : at;
      for (std::size_t first = 0; first < kGroup; first += Wide::kCodes) {
        RunSome(at + first, ahead, bytes, tables, sums + group * kGroup + first);
      }
    }
  }

 private:
  using Register = Wide::Register;
  // Bytes of a code whose entries, two each, add up in a byte.
  static constexpr std::size_t kBytesAtOnce = 4;
  static constexpr std::size_t kAhead = 2;  // groups that are asked of memory before they are needed
  static_assert(2 * kBytesAtOnce * kMaxLevel <= 255 && sizeof(uint64_t) % kBytesAtOnce == 0);

  static Register Entries(const uint8_t* at, Register low, Register high) {
    const Register code = Wide::Load(at);
    return Wide::Add8(Wide::Choose(low, Wide::And(code, Wide::LowHalves())),
                      Wide::Choose(high, Wide::And(Wide::Shift4(code), Wide::LowHalves())));
  }

  static void RunSome(const uint8_t* at, const uint8_t* ahead, std::size_t bytes, const uint8_t* tables,
                      uint16_t* sums) {
    Register all = Wide::Zero();
    Register odd = Wide::Zero();
    for (std::size_t byte = 0; byte < bytes; byte += kBytesAtOnce) {
      Register small = Wide::Zero();
      for (std::size_t next = byte; next < byte + kBytesAtOnce; next += Wide::kRows, at += Wide::kRows * kGroup) {
        if (next % 2 == 0) {
          // A line of the cache. The CPU itself does not look beyond the end of a page.
          __builtin_prefetch(ahead + next * kGroup);
        }
        const uint8_t* const table = tables + 2 * next * kTableEntries;
        small = Wide::Add8(small, Entries(at, Wide::Low(table), Wide::High(table)));
      }
      // What overflows belongs to the odd ones, and is taken off with them at the end.
      all = Wide::Add16(all, small);
      odd = Wide::Add16(odd, Wide::Shift8(small));
    }
    Wide::Store(all, odd, sums);
  }
};

}  // namespace calotype
