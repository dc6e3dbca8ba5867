#include "search/vector_index/code_kernels_x86.h"

#if defined(__x86_64__)

#include <tmmintrin.h>

#include "search/vector_index/code_kernels_wide.h"

namespace calotype {
namespace {

struct Ssse3 {
  using Register = __m128i;
  static constexpr std::size_t kBytes = sizeof(Register);
  static constexpr std::size_t kCodes = kBytes;
  static constexpr std::size_t kRows = 1;

  static Register Load(const uint8_t* at) { return _mm_loadu_si128(reinterpret_cast<const __m128i*>(at)); }
  static Register Low(const uint8_t* tables) { return Load(tables); }
  static Register High(const uint8_t* tables) { return Load(tables + kTableEntries); }
  static Register Zero() { return _mm_setzero_si128(); }
  static Register LowHalves() { return _mm_set1_epi8(0x0f); }
  static Register Add8(Register a, Register b) { return _mm_add_epi8(a, b); }
  static Register Add16(Register a, Register b) { return _mm_add_epi16(a, b); }
  static Register And(Register a, Register b) { return _mm_and_si128(a, b); }
  static Register Shift4(Register a) { return _mm_srli_epi16(a, 4); }
  static Register Shift8(Register a) { return _mm_srli_epi16(a, 8); }
  static Register Choose(Register table, Register index) { return _mm_shuffle_epi8(table, index); }
  static void Store(Register all, Register odd, uint16_t* sums) {
    const Register even = _mm_sub_epi16(all, _mm_slli_epi16(odd, 8));
    auto* const at = reinterpret_cast<__m128i*>(sums);
    _mm_storeu_si128(at, _mm_unpacklo_epi16(even, odd));
    _mm_storeu_si128(at + 1, _mm_unpackhi_epi16(even, odd));
  }
};

}  // namespace

void Ssse3CodeKernel(const uint8_t* groups, std::size_t bytes, std::size_t count, const uint8_t* tables,
                     uint16_t* sums) {
  WideCodeKernel<Ssse3>::Run(groups, bytes, count, tables, sums);
}

}  // namespace calotype

#endif
