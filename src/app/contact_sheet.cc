#include "app/contact_sheet.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <utility>
#include <vector>

#include "analysis/draw.h"
#include "analysis/image_ops.h"
#include "app/face_picture.h"
#include "app/photo_output.h"
#include "app/render.h"
#include "base/file.h"
#include "base/units.h"
#include "photo/encode.h"

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

constexpr Colour kBright{.red = 230, .green = 230, .blue = 230};
constexpr Colour kDim{.red = 160, .green = 160, .blue = 160};
constexpr uint8_t kBackground = 32;
constexpr uint8_t kNoPicture = 80;

Image Filled(int width, int height, uint8_t value) {
  Image image(width, height);
  std::ranges::fill(image.pixels(), value);
  return image;
}

class SheetPainter {
 public:
  SheetPainter(Catalog& catalog, const DecodeLimits& limits, std::size_t cells) : catalog_(catalog), limits_(limits) {
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
    CALOTYPE_ASSIGN_OR_RETURN(const UniqueFd file, OpenAnyPath(photo, face.path));
    return FacePicture(file.get(), photo, face.face.box, kPicture, limits_);
  }

  Catalog& catalog_;
  const DecodeLimits limits_;
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
