#include "analysis/findings.h"

#include <algorithm>
#include <cmath>
#include <span>

namespace calotype {
namespace {

bool IsFinite(float value) { return std::isfinite(value); }
bool IsFinite(const Point& point) { return IsFinite(point.x) && IsFinite(point.y); }
bool IsFinite(const Box& box) {
  return IsFinite(box.x) && IsFinite(box.y) && IsFinite(box.width) && IsFinite(box.height);
}
bool IsFinite(const Tag& tag) { return IsFinite(tag.score); }
bool IsFinite(const ObjectFinding& object) { return IsFinite(object.score) && IsFinite(object.box); }

bool IsFinite(const FaceFinding& face);
bool IsFinite(const TextFinding& text);

template <typename Range>
bool AllIn(const Range& range) {
  return std::ranges::all_of(range, [](const auto& item) { return IsFinite(item); });
}

bool IsFinite(const FaceFinding& face) {
  return IsFinite(face.score) && IsFinite(face.box) && AllIn(face.landmarks) && AllIn(face.embedding) &&
         IsFinite(face.sharpness.value_or(0));
}
bool IsFinite(const TextFinding& text) { return IsFinite(text.score) && AllIn(text.quad); }
bool IsFinite(const EmbeddingFinding& embedding) { return AllIn(embedding.vector) && AllIn(embedding.tags); }

}  // namespace

bool FaceFinding::has_landmarks() const {
  return std::ranges::any_of(landmarks, [](const Point& point) { return point.x != 0 || point.y != 0; });
}

bool AllFinite(const Findings& findings) {
  return (!findings.objects.has_value() || AllIn(*findings.objects)) &&
         (!findings.faces.has_value() || AllIn(*findings.faces)) &&
         (!findings.text.has_value() || AllIn(*findings.text)) &&
         (!findings.embedding.has_value() || IsFinite(*findings.embedding));
}

}  // namespace calotype
