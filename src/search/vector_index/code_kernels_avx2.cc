#include "search/vector_index/code_kernels_x86.h"

#if defined(__x86_64__)

#include <immintrin.h>

#include "search/vector_index/code_kernels_wide.h"

namespace calotype {
namespace {

struct Avx2 {
  using Register = __m256i;
  static constexpr std::size_t kBytes = sizeof(Register);
  static constexpr std::size_t kCodes = kBytes;
  static constexpr std::size_t kRows = 1;

  static Register Load(const uint8_t* at) { return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(at)); }
  static Register Low(const uint8_t* tables) {
    return _mm256_broadcastsi128_si256(_mm_loadu_si128(reinterpret_cast<const __m128i*>(tables)));
  }
  static Register High(const uint8_t* tables) { return Low(tables + kTableEntries); }
  static Register Zero() { return _mm256_setzero_si256(); }
  static Register LowHalves() { return _mm256_set1_epi8(0x0f); }
  static Register Add8(Register a, Register b) { return _mm256_add_epi8(a, b); }
  static Register Add16(Register a, Register b) { return _mm256_add_epi16(a, b); }
  static Register And(Register a, Register b) { return _mm256_and_si256(a, b); }
  static Register Shift4(Register a) { return _mm256_srli_epi16(a, 4); }
  static Register Shift8(Register a) { return _mm256_srli_epi16(a, 8); }
  static Register Choose(Register table, Register index) { return _mm256_shuffle_epi8(table, index); }
  static void Store(Register all, Register odd, uint16_t* sums) {
    const Register even = _mm256_sub_epi16(all, _mm256_slli_epi16(odd, 8));
    const Register low = _mm256_unpacklo_epi16(even, odd);
    const Register high = _mm256_unpackhi_epi16(even, odd);
    auto* const at = reinterpret_cast<__m256i*>(sums);
    _mm256_storeu_si256(at, _mm256_permute2x128_si256(low, high, 0x20));
    _mm256_storeu_si256(at + 1, _mm256_permute2x128_si256(low, high, 0x31));
  }
};

}  // namespace

void Avx2CodeKernel(const uint8_t* groups, std::size_t bytes, std::size_t count, const uint8_t* tables,
                    uint16_t* sums) {
  WideCodeKernel<Avx2>::Run(groups, bytes, count, tables, sums);
}

}  // namespace calotype

#endif
