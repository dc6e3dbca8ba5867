#include "search/vector_index/code_kernels_x86.h"

#if defined(__x86_64__)

#include <immintrin.h>

#include "search/vector_index/code_kernels.h"

namespace calotype {
namespace {

constexpr std::size_t kLaneWords = 8;
static_assert(kQueryBits == 4);

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

// Eight sums of the lanes of eight registers, in three rounds of adding neighbours.
__m512i SumsOfLanes(const __m512i* totals) {
  __m512i pairs[4];
  for (std::size_t i = 0; i < 4; ++i) {
    pairs[i] = _mm512_add_epi64(_mm512_unpacklo_epi64(totals[2 * i], totals[2 * i + 1]),
                                _mm512_unpackhi_epi64(totals[2 * i], totals[2 * i + 1]));
  }
  // Each 128-bit lane holds sums of two codes now; the lanes are added across.
  const __m512i low =
      _mm512_add_epi64(_mm512_shuffle_i64x2(pairs[0], pairs[1], 0x88), _mm512_shuffle_i64x2(pairs[0], pairs[1], 0xdd));
  const __m512i high =
      _mm512_add_epi64(_mm512_shuffle_i64x2(pairs[2], pairs[3], 0x88), _mm512_shuffle_i64x2(pairs[2], pairs[3], 0xdd));
  return _mm512_add_epi64(_mm512_shuffle_i64x2(low, high, 0x88), _mm512_shuffle_i64x2(low, high, 0xdd));
}

// Codes of 512 bits, the commonest size: the planes stay in registers.
std::size_t RunOneRegister(const uint64_t* codes, std::size_t count, const uint64_t* planes, uint32_t* sums) {
  __m512i plane[kQueryBits];
  for (std::size_t bit = 0; bit < kQueryBits; ++bit) {
    plane[bit] = _mm512_loadu_si512(planes + bit * kLaneWords);
  }
  std::size_t i = 0;
  for (; i + kLaneWords <= count; i += kLaneWords) {
    __m512i totals[kLaneWords];
    for (std::size_t code = 0; code < kLaneWords; ++code) {
      const __m512i bits = _mm512_loadu_si512(codes + (i + code) * kLaneWords);
      const __m512i ones = _mm512_popcnt_epi64(_mm512_and_si512(bits, plane[0]));
      const __m512i twos = _mm512_popcnt_epi64(_mm512_and_si512(bits, plane[1]));
      const __m512i fours = _mm512_popcnt_epi64(_mm512_and_si512(bits, plane[2]));
      const __m512i eights = _mm512_popcnt_epi64(_mm512_and_si512(bits, plane[3]));
      const __m512i upper = _mm512_add_epi64(fours, _mm512_add_epi64(eights, eights));
      const __m512i lower = _mm512_add_epi64(ones, _mm512_add_epi64(twos, twos));
      totals[code] = _mm512_add_epi64(lower, _mm512_slli_epi64(upper, 2));
    }
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(sums + i), _mm512_cvtepi64_epi32(SumsOfLanes(totals)));
  }
  return i;
}

}  // namespace

void Avx512CodeKernel(const uint64_t* codes, std::size_t words, std::size_t count, const uint64_t* planes,
                      uint32_t* sums) {
  constexpr __mmask8 kAll = 0xff;
  const std::size_t whole = words / kLaneWords * kLaneWords;
  const auto rest = static_cast<__mmask8>((1U << (words - whole)) - 1);
  std::size_t i = words == kLaneWords ? RunOneRegister(codes, count, planes, sums) : 0;
  for (codes += i * words; i < count; ++i, codes += words) {
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
