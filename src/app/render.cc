#include "app/render.h"

#include <fmt/format.h>

#include <array>
#include <vector>

#include "analysis/draw.h"

namespace calotype {
namespace {

constexpr Colour kObject{.red = 40, .green = 200, .blue = 80};
constexpr Colour kFace{.red = 255, .green = 150, .blue = 20};
constexpr Colour kText{.red = 30, .green = 90, .blue = 255};

std::array<Point, 4> Corners(const Box& box) {
  return {Point{box.x, box.y}, Point{box.x + box.width, box.y}, Point{box.x + box.width, box.y + box.height},
          Point{box.x, box.y + box.height}};
}

// Findings are in pixels of the original; the decoded photo may be smaller.
class Renderer {
 public:
  explicit Renderer(DecodedPhoto& photo)
      : image_(photo.image), scale_x_(1 / photo.scale_x()), scale_y_(1 / photo.scale_y()) {}

  void Outline(std::span<const Point> points, const Colour& colour, const std::string& caption) {
    std::vector<Point> scaled;
    for (const Point& point : points) {
      scaled.push_back(Scale(point));
    }
    DrawPolygon(image_, scaled, colour, caption);
  }

  void Dot(const Point& at, const Colour& colour) { DrawDot(image_, Scale(at), colour); }

 private:
  Point Scale(const Point& point) const { return {point.x * scale_x_, point.y * scale_y_}; }

  Image& image_;
  const float scale_x_;
  const float scale_y_;
};

}  // namespace

void RenderFindings(DecodedPhoto& photo, const Findings& findings, int page) {
  Renderer renderer(photo);
  for (const TextFinding& line : findings.text.value_or(std::vector<TextFinding>())) {
    if (line.page == page) {
      renderer.Outline(line.quad, kText, line.text);
    }
  }
  if (page != 1) {
    return;
  }
  for (const ObjectFinding& object : findings.objects.value_or(std::vector<ObjectFinding>())) {
    renderer.Outline(Corners(object.box), kObject, fmt::format("{} {:.2f}", object.label, object.score));
  }
  for (const FaceFinding& face : findings.faces.value_or(std::vector<FaceFinding>())) {
    renderer.Outline(Corners(face.box), kFace, "");
    if (!face.has_landmarks()) {
      continue;
    }
    for (const Point& landmark : face.landmarks) {
      renderer.Dot(landmark, kFace);
    }
  }
}

}  // namespace calotype
