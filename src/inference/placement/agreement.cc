#include "inference/placement/agreement.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace calotype {
namespace {

constexpr float kMinCosine = 0.999F;
constexpr float kMinOverlap = 0.9F;
constexpr float kMaxScoreDifference = 0.05F;

// -1, the worst, for vectors that cannot be compared; NaN stays NaN.
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
  for (std::size_t i = 0; i < reference.size(); ++i) {
    const float cosine = Cosine(reference[i], seen[i]);
    worst = std::isnan(cosine) || cosine < worst ? cosine : worst;
  }
  // Written so that a NaN does not agree.
  return {.agrees = worst >= kMinCosine, .figure = fmt::format("cosine {:.4f}", worst)};
}

Agreement CompareBoxes(const std::vector<ProbeBox>& reference, std::vector<ProbeBox> seen) {
  if (reference.size() != seen.size()) {
    return {.agrees = false, .figure = fmt::format("{} boxes instead of {}", seen.size(), reference.size())};
  }
  float overlap = 1;
  float difference = 0;
  for (const ProbeBox& box : reference) {
    const auto overlap_of = [&box](const ProbeBox& other) {
      return other.label == box.label && other.photo == box.photo ? IntersectionOverUnion(box.box, other.box) : -1.0F;
    };
    const auto match = std::ranges::max_element(seen, {}, overlap_of);
    overlap = std::min(overlap, overlap_of(*match));
    const float off = std::abs(match->score - box.score);
    difference = std::isnan(off) || off > difference ? off : difference;
    seen.erase(match);
  }
  return {
      .agrees = overlap >= kMinOverlap && difference <= kMaxScoreDifference,
      .figure = fmt::format("{} boxes, overlap {:.2f}, scores within {:.3f}", reference.size(), overlap, difference)};
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
    Add(CompareBoxes(reference.boxes, seen.boxes), whole);
  }
  if (!reference.texts.empty() || !seen.texts.empty()) {
    Add(CompareTexts(reference.texts, seen.texts), whole);
  }
  return whole;
}

}  // namespace calotype
