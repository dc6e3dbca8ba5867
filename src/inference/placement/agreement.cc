#include "inference/placement/agreement.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace calotype {
namespace {

constexpr float kMinCosine = 0.98F;
constexpr float kMinMeanCosine = 0.995F;
constexpr float kMinOverlap = 0.9F;
constexpr float kMaxScoreDifference = 0.05F;

// Returns -1, the lowest cosine, for vectors that cannot be compared. NaN stays NaN.
float Cosine(const std::vector<float>& a, const std::vector<float>& b) {
  if (a.size() != b.size()) {
    return -1;
  }
  double dot = 0;
  double squares_a = 0;
  double squares_b = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    dot += static_cast<double>(a[i]) * static_cast<double>(b[i]);
    squares_a += static_cast<double>(a[i]) * static_cast<double>(a[i]);
    squares_b += static_cast<double>(b[i]) * static_cast<double>(b[i]);
  }
  return squares_a == 0 && squares_b == 0 ? 1.0F : static_cast<float>(dot / std::sqrt(squares_a * squares_b));
}

Agreement CompareVectors(const std::vector<std::vector<float>>& reference,
                         const std::vector<std::vector<float>>& seen) {
  if (reference.size() != seen.size()) {
    return {.agrees = false, .figure = fmt::format("{} vectors instead of {}", seen.size(), reference.size())};
  }
  float worst = 1;
  float sum = 0;
  for (std::size_t i = 0; i < reference.size(); ++i) {
    const float cosine = Cosine(reference[i], seen[i]);
    worst = std::isnan(cosine) || cosine < worst ? cosine : worst;
    sum += cosine;
  }
  const float mean = sum / static_cast<float>(reference.size());
  // The comparison is written so that NaN counts as disagreement.
  return {.agrees = worst >= kMinCosine && mean >= kMinMeanCosine,
          .figure = reference.size() == 1 ? fmt::format("cosine {:.4f}", worst)
                                          : fmt::format("cosine {:.4f}, at worst {:.4f}", mean, worst)};
}

// Small differences decide whether boxes with such scores are reported at all.
bool OnTheEdge(const ProbeBox& box, float threshold) { return box.score <= threshold + kMaxScoreDifference; }

// The index in `boxes` of the box that matches `box`; boxes.size() if none does.
std::size_t FindAgain(const ProbeBox& box, const std::vector<ProbeBox>& boxes) {
  std::size_t best = boxes.size();
  float best_overlap = kMinOverlap;
  for (std::size_t i = 0; i < boxes.size(); ++i) {
    const bool alike = boxes[i].label == box.label && boxes[i].photo == box.photo &&
                       std::abs(boxes[i].score - box.score) <= kMaxScoreDifference;
    const float overlap = alike ? IntersectionOverUnion(box.box, boxes[i].box) : 0;
    if (overlap >= best_overlap) {
      best = i;
      best_overlap = overlap;
    }
  }
  return best;
}

Agreement CompareBoxes(const ProbeAnswer& reference, const ProbeAnswer& seen) {
  std::vector<ProbeBox> left = seen.boxes;
  std::size_t same = 0;
  bool agrees = true;
  for (const ProbeBox& box : reference.boxes) {
    const std::size_t again = FindAgain(box, left);
    if (again < left.size()) {
      left.erase(left.begin() + static_cast<std::ptrdiff_t>(again));
      ++same;
    } else {
      agrees = agrees && OnTheEdge(box, reference.box_threshold);
    }
  }
  agrees =
      agrees && std::ranges::all_of(left, [&](const ProbeBox& box) { return OnTheEdge(box, reference.box_threshold); });
  return {.agrees = agrees,
          .figure = fmt::format("{} of {} boxes the same{}", same, reference.boxes.size(),
                                left.empty() ? "" : fmt::format(", {} others", left.size()))};
}

Agreement CompareTexts(const std::vector<std::string>& reference, const std::vector<std::string>& seen) {
  if (reference.size() != seen.size()) {
    return {.agrees = false, .figure = fmt::format("{} texts instead of {}", seen.size(), reference.size())};
  }
  const auto [expected, got] = std::ranges::mismatch(reference, seen);
  if (expected == reference.end()) {
    return {.agrees = true, .figure = "texts equal"};
  }
  return {.agrees = false, .figure = fmt::format("\"{}\" instead of \"{}\"", *got, *expected)};
}

void Add(const Agreement& part, Agreement& whole) {
  whole.agrees = whole.agrees && part.agrees;
  whole.figure += (whole.figure.empty() ? "" : "; ") + part.figure;
}

}  // namespace

Agreement CompareAnswers(const ProbeAnswer& reference, const ProbeAnswer& seen) {
  Agreement whole{.agrees = true, .figure = ""};
  if (!reference.vectors.empty() || !seen.vectors.empty()) {
    Add(CompareVectors(reference.vectors, seen.vectors), whole);
  }
  if (!reference.boxes.empty() || !seen.boxes.empty()) {
    Add(CompareBoxes(reference, seen), whole);
  }
  if (!reference.texts.empty() || !seen.texts.empty()) {
    Add(CompareTexts(reference.texts, seen.texts), whole);
  }
  return whole;
}

}  // namespace calotype
