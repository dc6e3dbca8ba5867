#include "pipeline/photo_files.h"

#include <algorithm>
#include <array>
#include <string>

#include "base/text.h"

namespace calotype {
namespace {

using std::string_view_literals::operator""sv;

// Extensions of the formats of photo/decode.h, sorted. The RAW ones are those of cameras in use that LibRaw lists.
constexpr std::array kExtensions = {
    ".3fr"sv,  ".arw"sv, ".avif"sv, ".cr2"sv,  ".cr3"sv,  ".dcr"sv,  ".dng"sv, ".erf"sv, ".gif"sv, ".heic"sv,
    ".heif"sv, ".hif"sv, ".iiq"sv,  ".jfif"sv, ".jpe"sv,  ".jpeg"sv, ".jpg"sv, ".jxl"sv, ".kdc"sv, ".mef"sv,
    ".mrw"sv,  ".nef"sv, ".nrw"sv,  ".orf"sv,  ".pef"sv,  ".png"sv,  ".raf"sv, ".raw"sv, ".rw2"sv, ".rwl"sv,
    ".sr2"sv,  ".srf"sv, ".srw"sv,  ".tif"sv,  ".tiff"sv, ".webp"sv, ".x3f"sv,
};

// Those among them that are not RAW, sorted.
constexpr std::array kNotRaw = {
    ".avif"sv, ".gif"sv, ".heic"sv, ".heif"sv, ".hif"sv, ".jfif"sv, ".jpe"sv,
    ".jpeg"sv, ".jpg"sv, ".jxl"sv,  ".png"sv,  ".tif"sv, ".tiff"sv, ".webp"sv,
};

// Extensions of videos in common use, sorted.
constexpr std::array kSkippedVideos = {
    ".3gp"sv, ".avi"sv,  ".flv"sv, ".insv"sv, ".m2ts"sv, ".m4v"sv, ".mkv"sv,  ".mov"sv,
    ".mp4"sv, ".mpeg"sv, ".mpg"sv, ".mts"sv,  ".ogv"sv,  ".vob"sv, ".webm"sv, ".wmv"sv,
};

// Thumbnails and trash of Synology, QNAP, Windows and Linux file systems.
constexpr std::array kSystemNames = {"@eaDir"sv,       "#recycle"sv,   "@Recycle"sv,
                                     "$RECYCLE.BIN"sv, "lost+found"sv, "System Volume Information"sv};

}  // namespace

bool HasPhotoExtension(const std::filesystem::path& path) {
  const std::string extension = ToLowerAscii(path.extension().string());
  return std::binary_search(kExtensions.begin(), kExtensions.end(), extension);
}

bool HasRawExtension(const std::filesystem::path& path) {
  const std::string extension = ToLowerAscii(path.extension().string());
  return std::binary_search(kExtensions.begin(), kExtensions.end(), extension) &&
         !std::binary_search(kNotRaw.begin(), kNotRaw.end(), extension);
}

bool IsPdfName(const std::filesystem::path& path) { return ToLowerAscii(path.extension().string()) == ".pdf"; }

bool IsVideoName(const std::filesystem::path& path) {
  const std::string extension = ToLowerAscii(path.extension().string());
  return std::binary_search(kSkippedVideos.begin(), kSkippedVideos.end(), extension);
}

bool IsSkippedName(std::string_view name) {
  return name.starts_with('.') || std::find(kSystemNames.begin(), kSystemNames.end(), name) != kSystemNames.end();
}

}  // namespace calotype
