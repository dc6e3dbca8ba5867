#include "app/contact_sheet.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <memory>
#include <utility>
#include <vector>

#include "analysis/draw.h"
#include "analysis/image_ops.h"
#include "app/photo_output.h"
#include "app/render.h"
#include "base/file.h"
#include "base/units.h"
#include "photo/encode.h"
#include "photo/photo_reader.h"

namespace calotype {
namespace {

constexpr int kQuality = 90;
constexpr int kPicture = 160;  // side of a face's picture
constexpr int kMargin = 10;    // around it
constexpr int kLine = 20;      // height of a line of text
constexpr int kLetters = 14;
constexpr int kCellWidth = kPicture + 2 * kMargin;
constexpr int kCellHeight = kMargin + kPicture + 2 * kLine + kMargin;
constexpr int kMaxColumns = 10;
// The side of the shown square in sides of the face: with hair and chin, people are easier to recognise.
constexpr float kSurroundings = 1.5F;
// A small face is read from a larger picture, up to this long side.
constexpr int kMaxLongSide = 8000;

constexpr Colour kBright{.red = 230, .green = 230, .blue = 230};
constexpr Colour kDim{.red = 160, .green = 160, .blue = 160};
constexpr uint8_t kBackground = 32;
constexpr uint8_t kNoPicture = 80;

Image Filled(int width, int height, uint8_t value) {
  Image image(width, height);
  std::ranges::fill(image.pixels(), value);
  return image;
}

void Paste(const Image& part, int x, int y, Image& image) {
  for (int row = 0; row < part.height(); ++row) {
    std::memcpy(image.row(y + row) + std::size_t{Image::kChannels} * static_cast<std::size_t>(x), part.row(row),
                part.stride());
  }
}

// The long side at which the square around the face has about kPicture pixels.
int LongSideFor(const PhotoRecord& photo, float square) {
  const PhotoProperties properties = photo.properties.value_or(PhotoProperties{});
  const auto long_side = static_cast<float>(std::max(properties.width, properties.height));
  return static_cast<int>(std::clamp(long_side * kPicture / std::max(square, 1.F), 1.F, float{kMaxLongSide}));
}

class SheetPainter {
 public:
  SheetPainter(Catalog& catalog, const DecodeLimits& limits, std::size_t cells)
      : catalog_(catalog), limits_(limits), reader_(CreateInProcessReader()) {
    const auto count = static_cast<int>(cells);
    columns_ = std::clamp(static_cast<int>(std::ceil(std::sqrt(count))), 1, kMaxColumns);
    sheet_ = Filled(columns_ * kCellWidth, kTitle + (count + columns_ - 1) / columns_ * kCellHeight, kBackground);
  }

  void Title(const std::string& text) {
    const auto width = static_cast<float>(sheet_.width() - 2 * kMargin);
    DrawLabel(sheet_, {.x = kMargin, .y = 0, .width = width, .height = kTitle}, kBright, text, kLetters);
  }

  // Fills the next cell. An error means that it has no picture.
  Status Add(const PersonFace& face) {
    const int x = next_ % columns_ * kCellWidth + kMargin;
    const int y = kTitle + next_ / columns_ * kCellHeight + kMargin;
    ++next_;
    const StatusOr<Image> picture = Picture(face);
    if (picture.ok()) {
      Paste(*picture, x, y, sheet_);
    } else {
      Paste(Filled(kPicture, kPicture, kNoPicture), x, y, sheet_);
      Line(x, y + (kPicture - kLine) / 2, kBright, "cannot be read");
    }
    Line(x, y + kPicture, kBright, fmt::format("face {}", face.face.id));
    Line(x, y + kPicture + kLine, kDim, std::filesystem::path(face.path).filename().string());
    return picture.status();
  }

  const Image& sheet() const { return sheet_; }

 private:
  static constexpr int kTitle = 30;

  void Line(int x, int y, const Colour& colour, const std::string& text) {
    DrawLabel(sheet_, {.x = static_cast<float>(x), .y = static_cast<float>(y), .width = kPicture, .height = kLine},
              colour, text, kLetters);
  }

  StatusOr<Image> Picture(const PersonFace& face) const {
    CALOTYPE_ASSIGN_OR_RETURN(const PhotoRecord photo, catalog_.GetPhoto(face.face.photo));
    const Box& box = face.face.box;
    const float square = kSurroundings * std::max(box.width, box.height);
    DecodeLimits limits = limits_;
    limits.target_long_side = LongSideFor(photo, square);
    CALOTYPE_ASSIGN_OR_RETURN(const UniqueFd file, OpenAnyPath(photo, face.path));
    CALOTYPE_ASSIGN_OR_RETURN(const DecodeAnswer answer, reader_->Decode({.photo = file.get(), .limits = limits}));
    if (!answer.photo.has_value()) {
      return absl::ResourceExhaustedError("the photo needs too much memory");
    }
    const DecodedPhoto& decoded = *answer.photo;
    const auto pixel = [](float value) { return static_cast<int>(std::lround(value)); };
    const Image part = Crop(decoded.image, pixel((box.x + (box.width - square) / 2) / decoded.scale_x()),
                            pixel((box.y + (box.height - square) / 2) / decoded.scale_y()),
                            pixel(square / decoded.scale_x()), pixel(square / decoded.scale_y()));
    if (part.empty()) {
      return absl::InvalidArgumentError("the photo has changed: the face is not in it");
    }
    return InTheMiddle(part);
  }

  // Scaled to fit the square.
  static Image InTheMiddle(const Image& part) {
    const float scale = float{kPicture} / static_cast<float>(std::max(part.width(), part.height()));
    const auto side = [scale](int pixels) {
      return std::clamp(static_cast<int>(std::lround(static_cast<float>(pixels) * scale)), 1, kPicture);
    };
    const Image scaled = Resize(part, side(part.width()), side(part.height()));
    Image picture = Filled(kPicture, kPicture, kBackground);
    Paste(scaled, (kPicture - scaled.width()) / 2, (kPicture - scaled.height()) / 2, picture);
    return picture;
  }

  Catalog& catalog_;
  const DecodeLimits limits_;
  const std::unique_ptr<PhotoReader> reader_;
  int columns_ = 1;
  int next_ = 0;
  Image sheet_;
};

std::string TitleOf(const KnownPerson& person, const ContactSheet& sheet) {
  const std::string who =
      person.name.empty() ? fmt::format("person {}", person.id) : NameAndNumber(person.name, person.id);
  const std::string count = Counted(static_cast<int64_t>(sheet.faces), "face");
  return sheet.cells < sheet.faces ? fmt::format("{}, {} of {}", who, sheet.cells, count)
                                   : fmt::format("{}, {}", who, count);
}

}  // namespace

StatusOr<ContactSheet> WriteContactSheet(Library& library, PersonId person, const std::string& file,
                                         const std::function<void(const std::string& message)>& on_unreadable) {
  CALOTYPE_ASSIGN_OR_RETURN(const KnownPerson known, FindPerson(library, person));
  CALOTYPE_ASSIGN_OR_RETURN(std::vector<PersonFace> faces, ListFaces(library, known.id));
  CALOTYPE_ASSIGN_OR_RETURN(const CatalogLease catalog, library.Catalogue());
  CALOTYPE_RETURN_IF_ERROR(CheckJpegOutput(*catalog, file));
  if (faces.empty()) {
    return absl::NotFoundError(fmt::format("person {} has no face in a photo that is there", known.id));
  }
  ContactSheet sheet{.faces = faces.size(), .cells = std::min(faces.size(), kMaxSheetFaces)};
  faces.resize(sheet.cells);
  SheetPainter painter(*catalog, library.app().settings().Limits(), sheet.cells);
  painter.Title(TitleOf(known, sheet));
  for (const PersonFace& face : faces) {
    if (const Status status = painter.Add(face); !status.ok()) {
      ++sheet.unreadable;
      on_unreadable(Message(Annotate(status, face.path)));
    }
  }
  CALOTYPE_ASSIGN_OR_RETURN(const std::vector<uint8_t> jpeg, EncodeJpeg(painter.sheet(), kQuality));
  CALOTYPE_RETURN_IF_ERROR(WriteFileAtomically(file, jpeg));
  return sheet;
}

}  // namespace calotype
