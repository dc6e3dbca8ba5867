#include "search/alike_pairs.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cmath>
#include <random>
#include <thread>

#include "base/mutex.h"
#include "search/vector_index/dot.h"

namespace calotype {
namespace {

constexpr int kIterations = 4;

// A generous limit for rounding errors in dot products of unit vectors.
constexpr float kSlack = 1e-4F;

constexpr std::size_t kBlock = kAlikeNumbers * kAlikeLanes;

void AddScaled(std::span<float> to, float factor, std::span<const float> vector) {
  for (std::size_t i = 0; i < to.size(); ++i) {
    to[i] += factor * vector[i];
  }
}

// Inlined into each kernel, which is compiled for other instructions.
[[gnu::always_inline]] inline bool MultiplyAll(const float* own, const float* block, float enough, float* bounds) {
  std::array<float, kAlikeLanes> lanes{};
  for (std::size_t at = 0; at < kAlikeNumbers; ++at) {
    for (std::size_t lane = 0; lane < kAlikeLanes; ++lane) {
      lanes[lane] += own[at] * block[at * kAlikeLanes + lane];
    }
  }
  int any = 0;
  for (std::size_t lane = 0; lane < kAlikeLanes; ++lane) {
    bounds[lane] = lanes[lane];
    any |= static_cast<int>(lanes[lane] >= enough);
  }
  return any != 0;
}

bool MultiplyAllScalar(const float* own, const float* block, float enough, float* bounds) {
  return MultiplyAll(own, block, enough, bounds);
}

#if defined(__x86_64__)
[[gnu::target("avx2,fma")]] bool MultiplyAllAvx2(const float* own, const float* block, float enough, float* bounds) {
  return MultiplyAll(own, block, enough, bounds);
}
bool HasAvx2() { return __builtin_cpu_supports("avx2") != 0 && __builtin_cpu_supports("fma") != 0; }
#endif

constexpr std::array kKernels = {
#if defined(__x86_64__)
    NamedKernel<AlikeKernel>{"avx2", HasAvx2, MultiplyAllAvx2},
#endif
    NamedKernel<AlikeKernel>{"scalar", [] { return true; }, MultiplyAllScalar},
};

}  // namespace

std::span<const NamedKernel<AlikeKernel>> AlikeKernels() { return kKernels; }

MainDirections::MainDirections(std::span<const float> sample, std::size_t dimension)
    : dimension_(dimension), directions_(kCount * dimension) {
  std::mt19937 random(1);  // any start works; the same one each time makes results repeatable
  std::normal_distribution<float> normal;
  std::ranges::generate(directions_, [&] { return normal(random); });
  Orthogonalise();
  for (int i = 0; i < kIterations; ++i) {
    std::vector<float> next(directions_.size());
    for (std::size_t at = 0; at + dimension <= sample.size(); at += dimension) {
      const std::span<const float> vector = sample.subspan(at, dimension);
      for (std::size_t d = 0; d < kCount; ++d) {
        AddScaled(std::span(next).subspan(d * dimension, dimension), Dot(direction(d), vector), vector);
      }
    }
    directions_ = std::move(next);
    Orthogonalise();
  }
}

// Gram-Schmidt, twice for each direction: after one pass, rounding errors remain. If nearly nothing is left of a
// direction, it is set to zero.
void MainDirections::Orthogonalise() {
  constexpr float kNothing = 1e-3F;
  for (std::size_t d = 0; d < kCount; ++d) {
    const std::span<float> own = std::span(directions_).subspan(d * dimension_, dimension_);
    const float before = std::sqrt(Dot(own, own));
    for (std::size_t other = 0; other < 2 * d; ++other) {
      AddScaled(own, -Dot(own, direction(other % d)), direction(other % d));
    }
    const float length = std::sqrt(Dot(own, own));
    const float factor = length > kNothing * before ? 1 / length : 0;
    std::ranges::transform(own, own.begin(), [factor](float x) { return x * factor; });
  }
}

void AlikePairs::Add(std::span<const float> vector) {
  if (size_ % kAlikeLanes == 0) {
    blocks_.resize(blocks_.size() + kBlock);
  }
  float* number = blocks_.data() + blocks_.size() - kBlock + size_ % kAlikeLanes;
  float rest = Dot(vector, vector);
  for (std::size_t i = 0; i < MainDirections::kCount; ++i) {
    *number = Dot(directions_.direction(i), vector);
    rest -= *number * *number;
    number += kAlikeLanes;
  }
  *number = std::sqrt(std::max(rest, 0.0F));
  ++size_;
}

std::array<float, kAlikeNumbers> AlikePairs::NumbersOf(std::size_t i) const {
  std::array<float, kAlikeNumbers> numbers;
  for (std::size_t at = 0; at < kAlikeNumbers; ++at) {
    numbers[at] = blocks_[i / kAlikeLanes * kBlock + at * kAlikeLanes + i % kAlikeLanes];
  }
  return numbers;
}

AlikePairs::Candidates AlikePairs::CandidatesIn(std::size_t later, std::size_t earlier, const Rows& rows,
                                                AlikeKernel multiply_all, float enough) const {
  const float* const block = blocks_.data() + earlier * kBlock;
  Candidates found;
  for (std::size_t row = 0; row < rows.size(); ++row) {
    std::array<float, kAlikeLanes> bounds;
    if (!multiply_all(rows[row].data(), block, enough, bounds.data())) {
      continue;
    }
    const std::size_t own = later * kAlikeLanes + row;
    for (std::size_t lane = 0; lane < kAlikeLanes && earlier * kAlikeLanes + lane < own; ++lane) {
      if (bounds[lane] >= enough) {
        found.emplace_back(own, earlier * kAlikeLanes + lane);
      }
    }
  }
  return found;
}

void AlikePairs::ForEach(float at_least, int threads,
                         const std::function<bool(std::size_t later, std::size_t earlier)>& may_be) const {
  const AlikeKernel multiply_all = ChooseKernel(AlikeKernels(), "CALOTYPE_ALIKE_KERNEL").run;
  const float enough = at_least - kSlack;
  std::atomic<std::size_t> next = 0;
  std::atomic<bool> stopped = false;
  Mutex telling;
  // Takes one block of later vectors at a time and compares all of them with each block of earlier ones: one vector
  // after the other would read all earlier ones from memory each time.
  const auto work = [&] {
    for (std::size_t later = next++; later * kAlikeLanes < size_ && !stopped; later = next++) {
      Rows rows;
      for (std::size_t i = later * kAlikeLanes; i < std::min((later + 1) * kAlikeLanes, size_); ++i) {
        rows.push_back(NumbersOf(i));
      }
      for (std::size_t earlier = 0; earlier <= later && !stopped; ++earlier) {
        const Candidates found = CandidatesIn(later, earlier, rows, multiply_all, enough);
        if (found.empty()) {
          continue;
        }
        const MutexLock lock(&telling);
        for (const auto& [own, other] : found) {
          stopped = stopped || !may_be(own, other);
          if (stopped) {
            return;
          }
        }
      }
    }
  };
  std::vector<std::jthread> workers;
  for (int i = 1; i < threads; ++i) {
    workers.emplace_back(work);
  }
  work();
}

}  // namespace calotype
