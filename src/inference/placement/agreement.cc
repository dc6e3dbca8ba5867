#include "inference/placement/agreement.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string_view>

#include "base/similar_words.h"

namespace calotype {
namespace {

constexpr float kMinCosine = 0.98F;
constexpr float kMinMeanCosine = 0.995F;
constexpr float kMinOverlap = 0.9F;
constexpr float kMaxScoreDifference = 0.05F;
// Detectors draw narrower or wider boxes around the same line; lines next to each other overlap less.
constexpr float kMinLineOverlap = 0.5F;
// Up to this part (one in so many) may differ, however much the reference's own answer varies.
constexpr std::size_t kLargestShare = 4;

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

// What a comparison of two lists found different.
struct Changes {
  std::size_t same = 0;
  std::size_t others = 0;   // that the reference does not have
  std::size_t changed = 0;  // all that count
};

Changes ChangesOfBoxes(const ProbeAnswer& reference, const ProbeAnswer& seen) {
  std::vector<ProbeBox> left = seen.boxes;
  Changes changes;
  const auto counts = [&](const ProbeBox& box) { return !OnTheEdge(box, reference.box_threshold); };
  for (const ProbeBox& box : reference.boxes) {
    const std::size_t again = FindAgain(box, left);
    if (again < left.size()) {
      left.erase(left.begin() + static_cast<std::ptrdiff_t>(again));
      ++changes.same;
    } else if (counts(box)) {
      ++changes.changed;
    }
  }
  changes.others = left.size();
  changes.changed += static_cast<std::size_t>(std::ranges::count_if(left, counts));
  return changes;
}

std::size_t BytesOf(const std::vector<ProbeLine>& lines) {
  std::size_t bytes = 0;
  for (const ProbeLine& line : lines) {
    bytes += line.text.size();
  }
  return bytes;
}

// Bytes of text. A line that only one side has counts with all its bytes.
Changes ChangesOfLines(const ProbeAnswer& reference, const ProbeAnswer& seen) {
  std::vector<ProbeLine> left = seen.lines;
  Changes changes;
  for (const ProbeLine& line : reference.lines) {
    const auto overlap = [&line](const ProbeLine& other) {
      return line.photo == other.photo ? IntersectionOverUnion(line.box, other.box) : 0.0F;
    };
    const auto again = std::ranges::max_element(left, {}, overlap);
    std::size_t bytes = line.text.size();
    if (again != left.end() && overlap(*again) >= kMinLineOverlap) {
      bytes = static_cast<std::size_t>(EditDistance(line.text, again->text));
      left.erase(again);
    }
    changes.changed += bytes;
    changes.same += bytes == 0 ? 1 : 0;
  }
  changes.others = left.size();
  changes.changed += BytesOf(left);
  return changes;
}

// Counts with `changes_of`, in the reference's `items` (`name`: "boxes the same"), which have `total` countable parts.
Agreement CompareCounted(const ProbeAnswer& reference, const ProbeAnswer& seen, const ProbeAnswer* saved_again,
                         Changes (*changes_of)(const ProbeAnswer&, const ProbeAnswer&), std::size_t items,
                         std::size_t total, std::string_view name) {
  const Changes changes = changes_of(reference, seen);
  const std::size_t when_saved = saved_again == nullptr ? 0 : changes_of(reference, *saved_again).changed;
  Agreement agreement{.agrees = changes.changed <= std::min(when_saved, total / kLargestShare),
                      .figure = fmt::format("{} of {} {}", changes.same, items, name)};
  if (changes.others > 0) {
    agreement.figure += fmt::format(", {} others", changes.others);
  }
  if (changes.changed > 0 && saved_again != nullptr) {
    agreement.figure += fmt::format(": {} changes, {} by saving as JPEG", changes.changed, when_saved);
  }
  return agreement;
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

Agreement CompareAnswers(const ProbeAnswer& reference, const ProbeAnswer& seen, const ProbeAnswer* saved_again) {
  Agreement whole{.agrees = true, .figure = ""};
  if (!reference.vectors.empty() || !seen.vectors.empty()) {
    Add(CompareVectors(reference.vectors, seen.vectors), whole);
  }
  if (!reference.boxes.empty() || !seen.boxes.empty()) {
    const std::size_t boxes = reference.boxes.size();
    Add(CompareCounted(reference, seen, saved_again, ChangesOfBoxes, boxes, boxes, "boxes the same"), whole);
  }
  if (!reference.lines.empty() || !seen.lines.empty()) {
    Add(CompareCounted(reference, seen, saved_again, ChangesOfLines, reference.lines.size(), BytesOf(reference.lines),
                       "lines the same"),
        whole);
  }
  if (!reference.texts.empty() || !seen.texts.empty()) {
    Add(CompareTexts(reference.texts, seen.texts), whole);
  }
  return whole;
}

}  // namespace calotype
