#include "search/vector_index/code_kernels_x86.h"

#if defined(__x86_64__)

#include <immintrin.h>

#include "search/vector_index/code_kernels_wide.h"

namespace calotype {
namespace {

class Avx512 {
 public:
  using Register = __m512i;
  static constexpr std::size_t kBytes = sizeof(Register);
  static constexpr std::size_t kCodes = kGroup;
  static constexpr std::size_t kRows = kBytes / kCodes;

  static Register Load(const uint8_t* at) { return _mm512_loadu_si512(at); }
  // Of four tables, the first and the third; the second and the fourth.
  static Register Low(const uint8_t* tables) {
    const Register all = Load(tables);
    return _mm512_shuffle_i64x2(all, all, 0b10'10'00'00);
  }
  static Register High(const uint8_t* tables) {
    const Register all = Load(tables);
    return _mm512_shuffle_i64x2(all, all, 0b11'11'01'01);
  }
  static Register Zero() { return _mm512_setzero_si512(); }
  static Register LowHalves() { return _mm512_set1_epi8(0x0f); }
  static Register Add8(Register a, Register b) { return _mm512_add_epi8(a, b); }
  static Register Add16(Register a, Register b) { return _mm512_add_epi16(a, b); }
  static Register And(Register a, Register b) { return _mm512_and_si512(a, b); }
  static Register Shift4(Register a) { return _mm512_srli_epi16(a, 4); }
  static Register Shift8(Register a) { return _mm512_srli_epi16(a, 8); }
  static Register Choose(Register table, Register index) { return _mm512_shuffle_epi8(table, index); }
  static void Store(Register all, Register odd, uint16_t* sums) {
    const __m256i odd_sums = SumOfRows(odd);
    const __m256i even_sums = _mm256_sub_epi16(SumOfRows(all), _mm256_slli_epi16(odd_sums, 8));
    const __m256i low = _mm256_unpacklo_epi16(even_sums, odd_sums);
    const __m256i high = _mm256_unpackhi_epi16(even_sums, odd_sums);
    auto* const at = reinterpret_cast<__m256i*>(sums);
    _mm256_storeu_si256(at, _mm256_permute2x128_si256(low, high, 0x20));
    _mm256_storeu_si256(at + 1, _mm256_permute2x128_si256(low, high, 0x31));
  }

 private:
  static __m256i SumOfRows(Register rows) {
    return _mm256_add_epi16(_mm512_castsi512_si256(rows), _mm512_extracti64x4_epi64(rows, 1));
  }
};

}  // namespace

void Avx512CodeKernel(const uint8_t* groups, std::size_t bytes, std::size_t count, const uint8_t* tables,
                      uint16_t* sums) {
  WideCodeKernel<Avx512>::Run(groups, bytes, count, tables, sums);
}

}  // namespace calotype

#endif
