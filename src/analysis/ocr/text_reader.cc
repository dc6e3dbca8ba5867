#include "analysis/ocr/text_reader.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "analysis/ocr/windows.h"

namespace calotype {
namespace {

// A line that is read with at least this score is not upside down.
constexpr float kSure = 0.97F;

bool IsBlank(std::string_view text) {
  // U+3000, the ideographic space, is one of PP-OCR's classes.
  constexpr std::string_view kIdeographicSpace = "\xE3\x80\x80";
  while (!text.empty()) {
    const bool wide = text.starts_with(kIdeographicSpace);
    if (!wide && text.front() != ' ') {
      return false;
    }
    text.remove_prefix(wide ? kIdeographicSpace.size() : 1);
  }
  return true;
}

// Maps corners from the analysed image to the original, clipped to it.
Quad ToOriginal(const PhotoView& photo, Quad quad) {
  for (Point& corner : quad) {
    corner.x = std::clamp(corner.x * photo.scale_x(), 0.0F, static_cast<float>(photo.full_width));
    corner.y = std::clamp(corner.y * photo.scale_y(), 0.0F, static_cast<float>(photo.full_height));
  }
  return quad;
}

}  // namespace

StatusOr<std::vector<TextFinding>> TextReader::Read(const PhotoView& photo, const TextSessions& sessions) {
  CALOTYPE_ASSIGN_OR_RETURN(std::vector<LineImage> lines, CutLines(photo.image, sessions));
  CALOTYPE_ASSIGN_OR_RETURN(std::vector<ReadText> read, ReadLines(lines, sessions));
  CALOTYPE_RETURN_IF_ERROR(TurnUpright(lines, read, sessions));
  std::vector<TextFinding> text;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (read[i].score >= recogniser_.settings().score_threshold && !IsBlank(read[i].text)) {
      text.push_back({std::move(read[i].text), read[i].score, ToOriginal(photo, lines[i].quad)});
    }
  }
  return text;
}

StatusOr<std::vector<LineImage>> TextReader::CutLines(const Image& photo, const TextSessions& sessions) const {
  CALOTYPE_ASSIGN_OR_RETURN(const std::shared_ptr<Session> session, sessions.detector());
  const std::vector<TextWindow> windows = PlanTextWindows({photo.width(), photo.height()}, detector_.limits.max_side);
  if (windows.size() == 1) {
    return CutLinesOf(photo, *session);
  }
  std::vector<LineImage> lines;
  std::vector<Quad> quads;
  for (const TextWindow& window : windows) {
    const Image part = Crop(photo, 0, window.top, photo.width(), window.height);
    CALOTYPE_ASSIGN_OR_RETURN(std::vector<LineImage> found, CutLinesOf(part, *session));
    for (LineImage& line : found) {
      std::ranges::for_each(line.quad, [&window](Point& corner) { corner.y += static_cast<float>(window.top); });
      if (IsNewLine(line.quad, window, quads)) {
        quads.push_back(line.quad);
        lines.push_back(std::move(line));
      }
    }
  }
  return lines;
}

StatusOr<std::vector<LineImage>> TextReader::CutLinesOf(const Image& photo, Session& session) const {
  CALOTYPE_ASSIGN_OR_RETURN(const DetectedText found, DetectText(session, photo, detector_));
  const Image& seen = found.scaled.empty() ? photo : found.scaled;
  std::vector<LineImage> lines;
  for (const TextRegion& region : found.regions) {
    LineImage& line = lines.emplace_back(CutLine(seen, region.quad));
    line.quad = ToPhoto(found.input, {photo.width(), photo.height()}, line.quad);
  }
  return lines;
}

StatusOr<std::vector<ReadText>> TextReader::ReadLines(std::span<const LineImage> lines, const TextSessions& sessions) {
  if (lines.empty()) {  // do not load the recogniser for photos without text
    return std::vector<ReadText>();
  }
  CALOTYPE_ASSIGN_OR_RETURN(const std::shared_ptr<Session> session, sessions.recogniser());
  return recogniser_.Read(*session, lines);
}

// The orienter takes some upright lines for upside down ones, above all long ones, which it sees squeezed. So it is
// asked only about lines that are hard to read, and a line is turned only if that makes it no harder.
Status TextReader::TurnUpright(std::vector<LineImage>& lines, std::vector<ReadText>& read,
                               const TextSessions& sessions) {
  if (!orienter_) {
    return absl::OkStatus();
  }
  std::vector<std::size_t> places;
  std::vector<LineImage> doubtful;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (read[i].score < kSure) {
      places.push_back(i);
      doubtful.push_back(std::move(lines[i]));
    }
  }
  if (doubtful.empty()) {
    return absl::OkStatus();
  }
  CALOTYPE_ASSIGN_OR_RETURN(const std::shared_ptr<Session> session, sessions.orienter());
  CALOTYPE_ASSIGN_OR_RETURN(const std::vector<bool> upside_down, FindUpsideDown(*session, doubtful, *orienter_));
  std::vector<std::size_t> turned_places;
  std::vector<LineImage> turned;
  for (std::size_t i = 0; i < doubtful.size(); ++i) {
    if (upside_down[i]) {
      TurnUpsideDown(doubtful[i]);
      turned_places.push_back(places[i]);
      turned.push_back(std::move(doubtful[i]));
    } else {
      lines[places[i]] = std::move(doubtful[i]);
    }
  }
  CALOTYPE_ASSIGN_OR_RETURN(std::vector<ReadText> read_turned, ReadLines(turned, sessions));
  for (std::size_t i = 0; i < turned.size(); ++i) {
    ReadText& before = read[turned_places[i]];
    if (read_turned[i].score >= before.score) {
      before = std::move(read_turned[i]);
    } else {
      TurnUpsideDown(turned[i]);
    }
    lines[turned_places[i]] = std::move(turned[i]);
  }
  return absl::OkStatus();
}

}  // namespace calotype
