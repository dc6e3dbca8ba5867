#include "search/vector_index/code_kernels_x86.h"

#if defined(__x86_64__)

#include <immintrin.h>

#include "search/vector_index/code_kernels.h"

namespace calotype {
namespace {

constexpr std::size_t kLaneWords = 8;

// One register of codes against the four planes; `mask` leaves out words past the code's end.
__m512i Weighted(__m512i total, const uint64_t* code, const uint64_t* planes, std::size_t words, __mmask8 mask) {
  const __m512i bits = _mm512_maskz_loadu_epi64(mask, code);
  for (std::size_t bit = 0; bit < kQueryBits; ++bit) {
    const __m512i plane = _mm512_maskz_loadu_epi64(mask, planes + bit * words);
    const __m512i common = _mm512_popcnt_epi64(_mm512_and_si512(bits, plane));
    total = _mm512_add_epi64(total, _mm512_slli_epi64(common, static_cast<unsigned>(bit)));
  }
  return total;
}

}  // namespace

void Avx512CodeKernel(const uint64_t* codes, std::size_t words, std::size_t count, const uint64_t* planes,
                      uint32_t* sums) {
  constexpr __mmask8 kAll = 0xff;
  const std::size_t whole = words / kLaneWords * kLaneWords;
  const auto rest = static_cast<__mmask8>((1U << (words - whole)) - 1);
  for (std::size_t i = 0; i < count; ++i, codes += words) {
    __m512i total = _mm512_setzero_si512();
    for (std::size_t word = 0; word < whole; word += kLaneWords) {
      total = Weighted(total, codes + word, planes + word, words, kAll);
    }
    if (rest != 0) {
      total = Weighted(total, codes + whole, planes + whole, words, rest);
    }
    sums[i] = static_cast<uint32_t>(_mm512_reduce_add_epi64(total));
  }
}

}  // namespace calotype

#endif
