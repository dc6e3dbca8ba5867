#include "search/vector_index/code_kernels_x86.h"

#if defined(__x86_64__)

#include <immintrin.h>

#include <bit>

#include "search/vector_index/code_kernels.h"

namespace calotype {
namespace {

constexpr std::size_t kLaneWords = 4;

// Mula, "SSSE3: fast popcount": a table of sixteen for the halves of each byte, summed to four 64-bit counts.
__m256i CountBits(__m256i bits) {
  const __m256i table = _mm256_setr_epi8(0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4,  //
                                         0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4);
  const __m256i low = _mm256_set1_epi8(0x0f);
  const __m256i counts = _mm256_add_epi8(_mm256_shuffle_epi8(table, _mm256_and_si256(bits, low)),
                                         _mm256_shuffle_epi8(table, _mm256_and_si256(_mm256_srli_epi16(bits, 4), low)));
  return _mm256_sad_epu8(counts, _mm256_setzero_si256());
}

uint32_t SumOfLanes(__m256i lanes) {
  const __m128i pairs = _mm_add_epi64(_mm256_castsi256_si128(lanes), _mm256_extracti128_si256(lanes, 1));
  return static_cast<uint32_t>(_mm_cvtsi128_si64(pairs) + _mm_extract_epi64(pairs, 1));
}

}  // namespace

void Avx2CodeKernel(const uint64_t* codes, std::size_t words, std::size_t count, const uint64_t* planes,
                    uint32_t* sums) {
  for (std::size_t i = 0; i < count; ++i, codes += words) {
    __m256i total = _mm256_setzero_si256();
    std::size_t word = 0;
    for (; word + kLaneWords <= words; word += kLaneWords) {
      const __m256i code = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(codes + word));
      for (std::size_t bit = 0; bit < kQueryBits; ++bit) {
        const __m256i plane = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(planes + bit * words + word));
        const __m256i common = CountBits(_mm256_and_si256(code, plane));
        total = _mm256_add_epi64(total, _mm256_slli_epi64(common, static_cast<int>(bit)));
      }
    }
    uint32_t sum = SumOfLanes(total);
    for (; word < words; ++word) {
      for (std::size_t bit = 0; bit < kQueryBits; ++bit) {
        sum += static_cast<uint32_t>(std::popcount(codes[word] & planes[bit * words + word])) << bit;
      }
    }
    sums[i] = sum;
  }
}

}  // namespace calotype

#endif
