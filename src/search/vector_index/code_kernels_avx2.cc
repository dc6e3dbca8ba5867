#include "search/vector_index/code_kernels_x86.h"

#if defined(__x86_64__)

#include <immintrin.h>

#include <algorithm>
#include <bit>

#include "search/vector_index/code_kernels.h"

namespace calotype {
namespace {

constexpr std::size_t kLaneWords = 4;
static_assert(kQueryBits == 4);

// The lower and the upper four bits of each byte, each as a number from 0 to 15.
struct Halves {
  __m256i low;
  __m256i high;
};

Halves Split(__m256i bits) {
  const __m256i low = _mm256_set1_epi8(0x0f);
  return {.low = _mm256_and_si256(bits, low), .high = _mm256_and_si256(_mm256_srli_epi16(bits, 4), low)};
}

// Bits of each byte that the code has in common with the four planes, each weighted by its plane: 120 at most. Mula,
// "SSSE3: fast popcount": a table of sixteen counts the bits of half a byte; here its entries carry the weight, so that
// nothing is summed across bytes before the end.
__m256i Weighted(__m256i code, const Halves* planes) {
  const __m256i counts = _mm256_setr_epi8(0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4,  //
                                          0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4);
  const __m256i shifted = _mm256_srli_epi16(code, 4);
  __m256i table = counts;
  __m256i total = _mm256_setzero_si256();
  for (std::size_t bit = 0; bit < kQueryBits; ++bit) {
    const __m256i low = _mm256_shuffle_epi8(table, _mm256_and_si256(code, planes[bit].low));
    const __m256i high = _mm256_shuffle_epi8(table, _mm256_and_si256(shifted, planes[bit].high));
    total = _mm256_add_epi8(total, _mm256_add_epi8(low, high));
    table = _mm256_add_epi8(table, table);
  }
  return total;
}

__m256i Load(const uint64_t* words) { return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(words)); }

__m256i SumOfBytes(__m256i bytes) { return _mm256_sad_epu8(bytes, _mm256_setzero_si256()); }

uint32_t SumOfLanes(__m256i lanes) {
  const __m128i pairs = _mm_add_epi64(_mm256_castsi256_si128(lanes), _mm256_extracti128_si256(lanes, 1));
  return static_cast<uint32_t>(_mm_cvtsi128_si64(pairs) + _mm_extract_epi64(pairs, 1));
}

// The sums of four codes' lanes, in one register.
__m128i SumsOfLanes(const __m256i* totals) {
  // Sums stay far below 2^32, so two codes share the halves of a 64-bit lane.
  const __m256i first = _mm256_or_si256(totals[0], _mm256_slli_epi64(totals[1], 32));
  const __m256i second = _mm256_or_si256(totals[2], _mm256_slli_epi64(totals[3], 32));
  const __m256i pairs = _mm256_add_epi32(_mm256_unpacklo_epi64(first, second), _mm256_unpackhi_epi64(first, second));
  return _mm_add_epi32(_mm256_castsi256_si128(pairs), _mm256_extracti128_si256(pairs, 1));
}

// Codes of so many whole registers: the planes are split once, and four codes end together.
template <std::size_t kRegisters>
std::size_t RunWhole(const uint64_t* codes, std::size_t count, const uint64_t* planes, uint32_t* sums) {
  constexpr std::size_t kWords = kRegisters * kLaneWords;
  constexpr std::size_t kTogether = 4;
  constexpr std::size_t kAhead = 32;  // codes that are asked of memory before they are needed
  Halves split[kRegisters][kQueryBits];
  for (std::size_t i = 0; i < kRegisters; ++i) {
    for (std::size_t bit = 0; bit < kQueryBits; ++bit) {
      split[i][bit] = Split(Load(planes + bit * kWords + i * kLaneWords));
    }
  }
  std::size_t done = 0;
  for (; done + kTogether <= count; done += kTogether) {
    __m256i totals[kTogether];
    for (std::size_t code = 0; code < kTogether; ++code) {
      const uint64_t* const at = codes + (done + code) * kWords;
      _mm_prefetch(reinterpret_cast<const char*>(codes + std::min(done + code + kAhead, count - 1) * kWords),
                   _MM_HINT_T0);
      totals[code] = _mm256_setzero_si256();
      for (std::size_t i = 0; i < kRegisters; i += 2) {
        __m256i bytes = Weighted(Load(at + i * kLaneWords), split[i]);
        if (i + 1 < kRegisters) {  // twice 120 is a byte still
          bytes = _mm256_add_epi8(bytes, Weighted(Load(at + (i + 1) * kLaneWords), split[i + 1]));
        }
        totals[code] = _mm256_add_epi64(totals[code], SumOfBytes(bytes));
      }
    }
    _mm_storeu_si128(reinterpret_cast<__m128i*>(sums + done), SumsOfLanes(totals));
  }
  return done;
}

// How many codes it did: of the sizes of most embeddings, 512, 768 and 1,024 bits, all but three at most.
std::size_t RunCommonSizes(const uint64_t* codes, std::size_t words, std::size_t count, const uint64_t* planes,
                           uint32_t* sums) {
  switch (words) {
    case 2 * kLaneWords:
      return RunWhole<2>(codes, count, planes, sums);
    case 3 * kLaneWords:
      return RunWhole<3>(codes, count, planes, sums);
    case 4 * kLaneWords:
      return RunWhole<4>(codes, count, planes, sums);
    default:
      return 0;
  }
}

}  // namespace

void Avx2CodeKernel(const uint64_t* codes, std::size_t words, std::size_t count, const uint64_t* planes,
                    uint32_t* sums) {
  std::size_t i = RunCommonSizes(codes, words, count, planes, sums);
  for (codes += i * words; i < count; ++i, codes += words) {
    __m256i total = _mm256_setzero_si256();
    std::size_t word = 0;
    for (; word + kLaneWords <= words; word += kLaneWords) {
      Halves split[kQueryBits];
      for (std::size_t bit = 0; bit < kQueryBits; ++bit) {
        split[bit] = Split(Load(planes + bit * words + word));
      }
      total = _mm256_add_epi64(total, SumOfBytes(Weighted(Load(codes + word), split)));
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
