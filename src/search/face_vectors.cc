#include "search/face_vectors.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>

#include "base/half.h"
#include "search/vector_index/dot.h"

namespace calotype {
namespace {

// One similar face may be chance or a wrong member; the mean of three is more robust.
constexpr std::size_t kClosest = 3;

// A face is compared with at most this many faces of a person.
constexpr std::size_t kCompared = 100;

void Normalise(std::vector<float>& vector) {
  const float length = std::sqrt(Dot(vector, vector));
  if (length > 0) {
    std::ranges::transform(vector, vector.begin(), [length](float x) { return x / length; });
  }
}

}  // namespace

void FaceVectors::Add(const FaceRecord& face) {
  faces_.push_back(&face);
  if (faces_.size() == 1) {
    return;
  }
  sum_.resize(face.embedding.size());
  for (const FaceRecord* one : faces_.size() == 2 ? std::span(faces_) : std::span(faces_).last(1)) {
    const std::vector<float> embedding = ToFloat(one->embedding);
    std::ranges::transform(sum_, embedding, sum_.begin(), std::plus<>());
  }
}

std::vector<float> FaceVectors::Centroid() const {
  std::vector<float> centroid = sum_.empty() ? ToFloat(faces_.front()->embedding) : sum_;
  Normalise(centroid);
  return centroid;
}

float FaceVectors::Likeness(std::span<const float> embedding, float threshold) const {
  if (!sum_.empty()) {
    const float length = std::sqrt(Dot(sum_, sum_));
    if (length > 0 && Dot(sum_, embedding) / length < threshold - kCentroidMargin) {
      return -1;
    }
  }
  std::array<float, kClosest> best;
  best.fill(-1);
  std::size_t compared = 0;
  const std::size_t stride = (faces_.size() + kCompared - 1) / kCompared;
  for (std::size_t i = 0; i < faces_.size(); i += stride) {
    const float cosine = DotHalves(embedding, faces_[i]->embedding);
    ++compared;
    if (cosine > best.back()) {
      best.back() = cosine;
      std::ranges::sort(best, std::greater<>());
    }
  }
  const std::size_t count = std::min(compared, kClosest);
  float sum = 0;
  for (std::size_t i = 0; i < count; ++i) {
    sum += best[i];
  }
  return count == 0 ? -1 : sum / static_cast<float>(count);
}

}  // namespace calotype
