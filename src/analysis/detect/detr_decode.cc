// Decodes the outputs of DETR graphs.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>

#include "analysis/detect/detr.h"

namespace calotype {
namespace {

constexpr std::size_t kCoco = 80;
constexpr std::size_t kCocoIds = 91;

// The best class of a query, or one pair of query and class.
struct Scored {
  std::size_t query = 0;
  std::size_t label = 0;
  float score = 0;
};

Status CheckShapes(const Tensor& logits, const Tensor& boxes) {
  const bool good = logits.type() == ElementType::kFloat32 && boxes.type() == ElementType::kFloat32 &&
                    logits.shape().size() == 3 && boxes.shape().size() == 3 && logits.dim(0) >= 1 &&
                    logits.dim(0) == boxes.dim(0) && logits.dim(1) == boxes.dim(1) && logits.dim(2) >= 1 &&
                    boxes.dim(2) == 4;
  return good ? absl::OkStatus()
              : absl::InternalError(fmt::format(
                    "a DETR model returned logits {} [{}] and boxes {} [{}]; expected float32 [N, Q, C] and [N, Q, 4]",
                    ElementTypeName(logits.type()), fmt::join(logits.shape(), ", "), ElementTypeName(boxes.type()),
                    fmt::join(boxes.shape(), ", ")));
}

Status CheckAnswers(const Tensor& labels, const Tensor& boxes, const Tensor& scores) {
  const bool good = labels.type() == ElementType::kInt64 && boxes.type() == ElementType::kFloat32 &&
                    scores.type() == ElementType::kFloat32 && labels.shape().size() == 2 && labels.dim(0) >= 1 &&
                    boxes.shape().size() == 3 && boxes.dim(2) == 4 && scores.shape() == labels.shape() &&
                    boxes.dim(0) == labels.dim(0) && boxes.dim(1) == labels.dim(1);
  return good ? absl::OkStatus()
              : absl::InternalError(fmt::format("a DETR model returned labels {} [{}], boxes {} [{}] and scores {} "
                                                "[{}]; expected int64 [N, Q], float32 [N, Q, 4] "
                                                "and float32 [N, Q]",
                                                ElementTypeName(labels.type()), fmt::join(labels.shape(), ", "),
                                                ElementTypeName(boxes.type()), fmt::join(boxes.shape(), ", "),
                                                ElementTypeName(scores.type()), fmt::join(scores.shape(), ", ")));
}

// A faulty device returns NaN; do not report that as "nothing found".
Status CheckFinite(std::span<const float> values) {
  const bool finite = std::ranges::all_of(values, [](float value) { return std::isfinite(value); });
  return finite ? absl::OkStatus() : absl::InternalError("a DETR model returned scores or boxes that are not finite");
}

bool UsesSoftmax(ClassScores scores, std::size_t classes) {
  return scores == ClassScores::kSoftmax ||
         (scores == ClassScores::kByClassCount && classes != kCoco && classes != kCocoIds);
}

// Each query's best class of the first `classes`. The softmax is over all of `row`.
Scored BestOfSoftmax(std::span<const float> row, std::size_t classes, std::size_t query) {
  const float highest = std::ranges::max(row);
  double sum = 0;
  for (const float logit : row) {
    sum += std::exp(static_cast<double>(logit - highest));
  }
  const auto best = std::ranges::max_element(row.first(classes));
  return {.query = query,
          .label = static_cast<std::size_t>(best - row.begin()),
          .score = static_cast<float>(std::exp(static_cast<double>(*best - highest)) / sum)};
}

float Sigmoid(float logit) { return 1 / (1 + std::exp(-logit)); }

Box BoxAt(std::span<const float> row) {
  return {.x = row[0] - row[2] / 2, .y = row[1] - row[3] / 2, .width = row[2], .height = row[3]};
}

}  // namespace

StatusOr<std::vector<DetrBox>> DecodeDetr(const Tensor& logits, const Tensor& boxes, const DetrParams& params,
                                          std::optional<std::size_t> classes) {
  CALOTYPE_RETURN_IF_ERROR(CheckShapes(logits, boxes));
  const auto queries = static_cast<std::size_t>(logits.dim(1));
  const auto columns = static_cast<std::size_t>(logits.dim(2));
  const bool softmax = UsesSoftmax(params.scores, columns) && columns > 1;
  const std::size_t known = std::min(classes.value_or(columns), softmax ? columns - 1 : columns);
  CALOTYPE_RETURN_IF_ERROR(CheckFinite(logits.data<float>().first(queries * columns)));
  CALOTYPE_RETURN_IF_ERROR(CheckFinite(boxes.data<float>().first(queries * 4)));
  std::vector<Scored> found;
  for (std::size_t query = 0; query < queries; ++query) {
    const std::span<const float> row = logits.data<float>().subspan(query * columns, columns);
    if (softmax) {
      found.push_back(BestOfSoftmax(row, known, query));
      continue;
    }
    for (std::size_t label = 0; label < known; ++label) {
      found.push_back({.query = query, .label = label, .score = Sigmoid(row[label])});
    }
  }
  std::erase_if(found, [&](const Scored& scored) { return !(scored.score >= params.score_threshold); });
  std::ranges::stable_sort(found, std::ranges::greater{}, &Scored::score);
  const std::size_t most = softmax || params.top_k == 0 ? queries : static_cast<std::size_t>(params.top_k);
  found.resize(std::min(found.size(), most));
  std::vector<DetrBox> answer;
  answer.reserve(found.size());
  for (const Scored& scored : found) {
    answer.push_back({.box = BoxAt(boxes.data<float>().subspan(scored.query * 4, 4)),
                      .score = scored.score,
                      .label = static_cast<int>(scored.label)});
  }
  return answer;
}

StatusOr<std::vector<DetrBox>> ReadDetrAnswers(const Tensor& labels, const Tensor& boxes, const Tensor& scores,
                                               const DetrSize& photo, float score_threshold) {
  CALOTYPE_RETURN_IF_ERROR(CheckAnswers(labels, boxes, scores));
  const auto queries = static_cast<std::size_t>(labels.dim(1));
  CALOTYPE_RETURN_IF_ERROR(CheckFinite(scores.data<float>().first(queries)));
  CALOTYPE_RETURN_IF_ERROR(CheckFinite(boxes.data<float>().first(queries * 4)));
  const auto width = static_cast<float>(photo.width);
  const auto height = static_cast<float>(photo.height);
  std::vector<DetrBox> answer;
  for (std::size_t query = 0; query < queries; ++query) {
    const float score = scores.data<float>()[query];
    const int64_t label = labels.data<int64_t>()[query];
    if (!(score >= score_threshold)) {
      continue;
    }
    if (label < 0 || label > std::numeric_limits<int>::max()) {
      return absl::InternalError(fmt::format("a DETR model returned class {}", label));
    }
    const auto corners = boxes.data<float>().subspan(query * 4, 4);
    answer.push_back(
        {.box = BoxFromCorners(corners[0] / width, corners[1] / height, corners[2] / width, corners[3] / height),
         .score = score,
         .label = static_cast<int>(label)});
  }
  std::ranges::stable_sort(answer, std::ranges::greater{}, &DetrBox::score);
  return answer;
}

}  // namespace calotype
