#include "app/render.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <vector>

#include "analysis/draw.h"

namespace calotype {
namespace {

constexpr Colour kObject{.red = 40, .green = 200, .blue = 80};
constexpr Colour kFace{.red = 255, .green = 150, .blue = 20};
constexpr Colour kText{.red = 30, .green = 90, .blue = 255};

// The width of "face 12" in sizes of letters, and the smallest letters that can be read.
constexpr float kShortCaption = 4;
constexpr int kSmallest = 9;

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
    Outline(points, colour, caption, LetterSize(image_));
  }
  void Outline(std::span<const Point> points, const Colour& colour, const std::string& caption, int letters) {
    std::vector<Point> scaled;
    for (const Point& point : points) {
      scaled.push_back(Scale(point));
    }
    DrawPolygon(image_, scaled, colour);
    DrawCaption(image_, scaled.front(), colour, caption, letters);
  }

  // Below the box.
  void CaptionBelow(const Box& box, const Colour& colour, const std::string& caption, int letters) {
    const Point corner = Scale({box.x, box.y + box.height});
    DrawCaption(image_, {corner.x, corner.y + static_cast<float>(CaptionHeight(letters))}, colour, caption, letters);
  }

  // The size of letters with which a short caption is not wider than the box: in a picture of a group, faces must not
  // hide each other.
  int LettersFor(const Box& box) const {
    return std::clamp(static_cast<int>(box.width * scale_x_ / kShortCaption), std::min(kSmallest, LetterSize(image_)),
                      LetterSize(image_));
  }

  void Dot(const Point& at, const Colour& colour) { DrawDot(image_, Scale(at), colour); }

 private:
  Point Scale(const Point& point) const { return {point.x * scale_x_, point.y * scale_y_}; }

  Image& image_;
  const float scale_x_;
  const float scale_y_;
};

void RenderFace(Renderer& renderer, const PhotoRecord& record, std::size_t index) {
  const FaceFinding& face = record.findings.faces->at(index);
  const int letters = renderer.LettersFor(face.box);
  renderer.Outline(Corners(face.box), kFace, FaceCaption(record, index), letters);
  if (index < record.face_ids.size()) {
    renderer.CaptionBelow(face.box, kFace, fmt::format("face {}", record.face_ids[index]), letters);
  }
  if (face.has_landmarks()) {
    for (const Point& landmark : face.landmarks) {
      renderer.Dot(landmark, kFace);
    }
  }
}

}  // namespace

std::string NameAndNumber(const std::string& name, PersonId person) {
  // Without these marks, the number would be drawn on the left of a name that is written from right to left.
  return fmt::format("\u200E{}\u200E ({})", name, person);
}

std::string FaceCaption(const PhotoRecord& record, std::size_t face) {
  if (face >= record.face_people.size() || !record.face_people[face].has_value()) {
    return "unknown";
  }
  const PersonId person = *record.face_people[face];
  const std::string& name = record.face_names[face];
  return name.empty() ? fmt::format("person {}", person) : NameAndNumber(name, person);
}

void RenderFindings(DecodedPhoto& photo, const PhotoRecord& record, int page) {
  Renderer renderer(photo);
  const Findings& findings = record.findings;
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
  const std::size_t faces = findings.faces.has_value() ? findings.faces->size() : 0;
  for (std::size_t i = 0; i < faces; ++i) {
    RenderFace(renderer, record, i);
  }
}

}  // namespace calotype
