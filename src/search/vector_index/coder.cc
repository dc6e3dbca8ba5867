#include "search/vector_index/coder.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <functional>
#include <limits>

#include "search/vector_index/code_kernels.h"
#include "search/vector_index/dot.h"

namespace calotype {
namespace {

constexpr std::size_t kWordBits = 64;
// If at most this many codes of a group are candidates, comparing them exactly is faster than reading the sizes of the
// group.
constexpr int kFew = 1;
constexpr float kNothing = 1e-6F;  // below this length, the difference to the mean is only rounding error
constexpr std::size_t kTableBits = 4;
static_assert(1U << kTableBits == kTableEntries);
// The number of groups processed at a time, so that their sums stay in the L1 cache.
constexpr std::size_t kTogether = 128;

// Max, "Quantizing for minimum distortion", IRE Transactions on Information Theory, 1960: the best two-bit quantiser
// for a normal variable with standard deviation 1 represents sizes below this one by 0.4528 and larger ones by 1.510.
constexpr float kLargeFrom = 0.9816F;
// Weights with which signs and sizes add up to these values.
constexpr float kSignPart = (1.510F + 0.4528F) / 2;
constexpr float kSizePart = (1.510F - 0.4528F) / 2;

// The sums of four coordinates for each combination of a code's bits, minus the lowest of the sums.
std::array<float, kTableEntries> SumsOf(std::span<const float> coordinates) {
  std::array<float, kTableEntries> sums{};
  for (std::size_t entry = 0; entry < kTableEntries; ++entry) {
    for (std::size_t bit = 0; bit < kTableBits; ++bit) {
      const bool is_set = (entry >> bit & 1U) != 0;
      sums[entry] += std::max(is_set ? coordinates[bit] : -coordinates[bit], 0.0F);
    }
  }
  return sums;
}

float Length(std::span<const float> vector) { return std::sqrt(Dot(vector, vector)); }

float SumOfSizes(std::span<const float> values) {
  float sum = 0;
  for (const float value : values) {
    sum += std::abs(value);
  }
  return sum;
}

// Counts the codes with a bit in the mask that reach `bound`. There is hardly ever one; testing all without a branch is
// faster than testing each.
int Reaching(const std::array<float, kGroup>& highest, float bound, uint32_t counting) {
  int all = 0;
  for (const float one : highest) {
    all += one >= bound ? 1 : 0;
  }
  if (all == 0 || counting == ~uint32_t{0}) {
    return all;
  }
  int reaching = 0;
  for (; counting != 0; counting &= counting - 1) {
    reaching += highest[static_cast<std::size_t>(std::countr_zero(counting))] >= bound ? 1 : 0;
  }
  return reaching;
}

uint32_t CountingOf(const CodedQuery::Range& range, std::size_t group) {
  static_assert(kGroup == 32);
  return range.masks.empty() ? ~uint32_t{0} : range.masks[group];
}

// Computes the factors of a code from the code's product with the vector that it stands for, and from its own length:
// the factor that turns its product with a query into an estimate of the vector's product, and the standard deviation
// of that estimate for queries of length 1.
struct Estimator {
  float scale = 0;
  float error = 0;
};

Estimator MakeEstimator(float product, float length, float coded_length, std::size_t coordinates) {
  const float own =
      std::max(product / (length * coded_length), kNothing);  // their cosine; typical: 0.8 for signs, 0.94 with sizes
  return {.scale = coded_length / (length * own),
          .error = coded_length *
                   std::sqrt(std::max(0.0F, 1 - own * own) / (own * own * static_cast<float>(coordinates - 1)))};
}

}  // namespace

void CodedQuery::Near(const CodeSpan& codes, const Range& range, std::span<CosineEstimate> cosines,
                      std::vector<std::size_t>& near) const {
  std::array<uint16_t, kTogether * kGroup> levels;
  for (std::size_t start = range.first; start < range.end; start += kTogether) {
    const std::size_t end = std::min(start + kTogether, range.end);
    CodeKernelInUse().run(&codes.signs[start * GroupBytes(words_)], words_ * sizeof(uint64_t), end - start,
                          tables_.data(), levels.data());
    Range closer = range;  // consecutive groups before this one that need the second step
    closer.first = start;
    const auto look_closer = [&](std::size_t group) {
      closer.end = group;
      if (closer.first < closer.end) {
        LookCloser(codes, closer, &levels[(closer.first - start) * kGroup], cosines, near);
      }
      closer.first = group + 1;
    };
    for (std::size_t group = start; group < end; ++group) {
      const std::size_t at = group * kGroup;
      const float* const scales = &codes.scales[at];
      const float* const errors = &codes.errors[at];
      std::array<float, kGroup> highest;
      for (std::size_t i = 0; i < kGroup; ++i) {
        const auto level = static_cast<float>(levels[at - start * kGroup + i]);
        highest[i] = beside_ + scales[i] * (lowest_ + per_level_ * level) + kCodeSureness * errors[i];
      }
      const int reaching = Reaching(highest, range.bound, CountingOf(range, group));
      if (reaching > kFew) {
        continue;
      }
      look_closer(group);
      if (reaching > 0) {
        for (std::size_t i = 0; i < kGroup; ++i) {
          cosines[at + i] = {.estimate = highest[i] - kCodeSureness * errors[i], .highest = highest[i]};
        }
        near.push_back(group);
      }
    }
    look_closer(end);
  }
}

void CodedQuery::LookCloser(const CodeSpan& codes, const Range& range, const uint16_t* levels,
                            std::span<CosineEstimate> cosines, std::vector<std::size_t>& near) const {
  std::array<uint16_t, kTogether * kGroup> sizes;
  CodeKernelInUse().run(&codes.sizes[range.first * GroupBytes(words_)], words_ * sizeof(uint64_t),
                        range.end - range.first, tables_.data(), sizes.data());
  for (std::size_t group = range.first; group < range.end; ++group) {
    const std::size_t at = group * kGroup;
    const std::size_t level_at = at - range.first * kGroup;
    const float* const scales = &codes.fine_scales[at];
    const float* const errors = &codes.fine_errors[at];
    std::array<float, kGroup> estimates;
    std::array<float, kGroup> highest;
    for (std::size_t i = 0; i < kGroup; ++i) {
      const float level =
          kSignPart * static_cast<float>(levels[level_at + i]) + kSizePart * static_cast<float>(sizes[level_at + i]);
      estimates[i] = beside_ + scales[i] * ((kSignPart + kSizePart) * lowest_ + per_level_ * level);
      highest[i] = estimates[i] + kCodeSureness * errors[i];
    }
    if (Reaching(highest, range.bound, CountingOf(range, group)) > 0) {
      for (std::size_t i = 0; i < kGroup; ++i) {
        cosines[at + i] = {.estimate = estimates[i], .highest = highest[i]};
      }
      near.push_back(group);
    }
  }
}

CodeFactors Coder::Encode(std::span<const float> vector, std::span<uint64_t> code) const {
  std::vector<float> rotated(rotation_.padded());
  std::vector<float> coded(mean_.size());
  std::ranges::transform(vector, mean_, coded.begin(), std::minus<>());
  rotation_.Apply(coded, rotated);
  const float length = Length(rotated);
  const auto coordinates = static_cast<float>(rotated.size());
  const float large = kLargeFrom * length / std::sqrt(coordinates);
  const auto signs = code.first(words());
  const auto sizes = code.last(words());
  std::ranges::fill(code, uint64_t{0});
  float sign_product = 0;
  float fine_product = 0;
  float fine_square = 0;
  for (std::size_t i = 0; i < rotated.size(); ++i) {
    const bool is_positive = rotated[i] > 0;
    const bool is_large = std::abs(rotated[i]) >= large;
    signs[i / kWordBits] |= uint64_t{is_positive} << (i % kWordBits);
    sizes[i / kWordBits] |= uint64_t{is_positive == is_large} << (i % kWordBits);
    const float level = kSignPart + (is_large ? kSizePart : -kSizePart);
    sign_product += std::abs(rotated[i]);
    fine_product += level * std::abs(rotated[i]);
    fine_square += level * level;
  }
  if (length < kNothing) {
    return {};  // the vector is the mean
  }
  const Estimator rough = MakeEstimator(sign_product, std::sqrt(coordinates), length, rotated.size());
  const Estimator fine = MakeEstimator(fine_product, std::sqrt(fine_square), length, rotated.size());
  return {.scale = rough.scale, .error = rough.error, .fine_scale = fine.scale, .fine_error = fine.error};
}

CodedQuery Coder::Ask(std::span<const float> query) const {
  std::vector<float> rotated(rotation_.padded());
  rotation_.Apply(query, rotated);
  const std::size_t tables = rotated.size() / kTableBits;
  // The lowest entry is subtracted from each table, so that the levels cover the widest table and no code's sum exceeds
  // 65,535.
  float widest = 0;
  for (std::size_t i = 0; i < rotated.size(); i += kTableBits) {
    widest = std::max(widest, SumOfSizes(std::span(rotated).subspan(i, kTableBits)));
  }
  const std::size_t levels = std::clamp<std::size_t>(std::numeric_limits<uint16_t>::max() / tables, 1, kMaxLevel);
  const float level = std::max(widest / static_cast<float>(levels), 1e-12F);
  CodedQuery coded;
  coded.words_ = words();
  coded.tables_.reserve(tables * kTableEntries);
  for (std::size_t i = 0; i < rotated.size(); i += kTableBits) {
    for (const float sum : SumsOf(std::span(rotated).subspan(i, kTableBits))) {
      coded.tables_.push_back(static_cast<uint8_t>(std::lround(sum / level)));
    }
  }
  // The product of the query with a code, taken as a vector of 1 and -1.
  coded.lowest_ = -SumOfSizes(rotated);
  coded.per_level_ = 2 * level;
  coded.beside_ = Dot(query, mean_);
  return coded;
}

}  // namespace calotype
