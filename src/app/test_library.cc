#include "app/test_library.h"

#include <fmt/format.h>

#include <algorithm>
#include <system_error>
#include <utility>
#include <vector>

#include "app/model_choice.h"
#include "base/file.h"
#include "photo/encode.h"
#include "photo/photo_reader.h"

namespace calotype {
namespace {

namespace fs = std::filesystem;

constexpr int kCopyQuality = 60;
constexpr int kMirrorQuality = 90;

Image Mirror(const Image& image) {
  Image mirrored(image.width(), image.height());
  for (int y = 0; y < image.height(); ++y) {
    for (int x = 0; x < image.width(); ++x) {
      std::copy_n(image.row(y) + static_cast<std::ptrdiff_t>(Image::kChannels) * x, Image::kChannels,
                  mirrored.row(y) + static_cast<std::ptrdiff_t>(Image::kChannels) * (image.width() - 1 - x));
    }
  }
  return mirrored;
}

StatusOr<Image> Load(const fs::path& path) {
  CALOTYPE_ASSIGN_OR_RETURN(const UniqueFd file, OpenForReading(path));
  CALOTYPE_ASSIGN_OR_RETURN(DecodeAnswer decoded, CreatePhotoReader()->Decode({.photo = file.get()}));
  if (!decoded.photo.has_value()) {
    return absl::ResourceExhaustedError(fmt::format("{} takes too much memory to decode", path.string()));
  }
  return std::move(decoded.photo->image);
}

Status Save(const Image& image, const fs::path& path, int quality) {
  CALOTYPE_ASSIGN_OR_RETURN(const std::vector<uint8_t> jpeg, EncodeJpeg(image, quality));
  return WriteFileAtomically(path, jpeg);
}

Status Copy(const fs::path& from, const fs::path& to) {
  std::error_code error;
  fs::copy_file(from, to, error);
  return error ? absl::InternalError(fmt::format("cannot copy {}: {}", from.string(), error.message()))
               : absl::OkStatus();
}

StatusOr<fs::path> SelfTestPhoto(const Pack& pack, std::string_view task) {
  const ModelSpec* const model = pack.Find(task);
  if (model == nullptr) {
    return absl::FailedPreconditionError(fmt::format("the pack '{}' has no model for {}", pack.name, task));
  }
  if (!model->self_test.has_value() || model->self_test->photo.empty()) {
    return absl::FailedPreconditionError(
        fmt::format("the self-test of model {} of pack {} has no photo", model->name, pack.name));
  }
  return model->self_test->photo;
}

}  // namespace

Status MakeTestLibrary(const App& app, const fs::path& folder) {
  CALOTYPE_ASSIGN_OR_RETURN(const Pack pack, LoadPackInUse(app));
  fs::create_directories(folder);
  CALOTYPE_ASSIGN_OR_RETURN(const fs::path cat, SelfTestPhoto(pack, "objects"));
  CALOTYPE_ASSIGN_OR_RETURN(const fs::path face, SelfTestPhoto(pack, "faces.detect"));
  CALOTYPE_ASSIGN_OR_RETURN(const fs::path cup, SelfTestPhoto(pack, "embed.image"));
  CALOTYPE_ASSIGN_OR_RETURN(const fs::path sign, SelfTestPhoto(pack, "ocr.detect"));
  CALOTYPE_RETURN_IF_ERROR(Copy(cat, folder / kTestCat));
  CALOTYPE_RETURN_IF_ERROR(Copy(face, folder / kTestFace));
  CALOTYPE_RETURN_IF_ERROR(Copy(cup, folder / kTestCup));
  CALOTYPE_RETURN_IF_ERROR(Copy(sign, folder / kTestSign));
  CALOTYPE_ASSIGN_OR_RETURN(const Image cup_pixels, Load(cup));
  CALOTYPE_RETURN_IF_ERROR(Save(cup_pixels, folder / kTestCupCopy, kCopyQuality));
  CALOTYPE_ASSIGN_OR_RETURN(const Image face_pixels, Load(face));
  return Save(Mirror(face_pixels), folder / kTestFaceMirrored, kMirrorQuality);
}

}  // namespace calotype
