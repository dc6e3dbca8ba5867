#include "pipeline/companions.h"

#include <algorithm>
#include <array>
#include <unordered_map>

#include "photo/sidecar.h"
#include "pipeline/photo_files.h"

namespace calotype {
namespace {

namespace fs = std::filesystem;

// Of a camera's or a phone's own photo.
constexpr std::array<std::string_view, 7> kShownExtensions = {".heic", ".heif", ".hif", ".jfif",
                                                              ".jpe",  ".jpeg", ".jpg"};
constexpr std::array<std::string_view, 2> kVideoExtensions = {".mov", ".mp4"};
constexpr std::array<std::string_view, 12> kNotRaw = {".avif", ".gif",  ".heic", ".heif", ".hif", ".jfif",
                                                      ".jpe",  ".jpeg", ".jpg",  ".jxl",  ".png", ".webp"};
constexpr std::array<std::string_view, 2> kTiff = {".tif", ".tiff"};

std::string Extension(const fs::path& path) {
  std::string extension = path.extension().string();
  std::ranges::transform(extension, extension.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return extension;
}

template <std::size_t kSize>
bool Has(const std::array<std::string_view, kSize>& extensions, const std::string& extension) {
  return std::ranges::find(extensions, extension) != extensions.end();
}

// The files of one stem.
struct Shot {
  std::vector<std::string> photos;
  std::vector<std::string> raws;   // among the photos
  std::vector<std::string> shown;  // among the photos
  std::vector<std::string> videos;
};

void Add(const fs::path& file, std::unordered_map<std::string, Shot>& shots) {
  const std::string extension = Extension(file);
  Shot& shot = shots[file.stem().string()];
  if (Has(kVideoExtensions, extension)) {
    shot.videos.push_back(file.string());
  } else if (HasPhotoExtension(file)) {
    shot.photos.push_back(file.string());
    if (Has(kShownExtensions, extension)) {
      shot.shown.push_back(file.string());
    } else if (!Has(kNotRaw, extension) && !Has(kTiff, extension)) {
      shot.raws.push_back(file.string());
    }
  }
}

}  // namespace

bool IsCompanionName(std::string_view name) {
  return IsSidecarName(name) || Has(kVideoExtensions, Extension(fs::path(name)));
}

std::vector<Companion> FindCompanions(std::span<const fs::path> files) {
  std::unordered_map<std::string, Shot> shots;
  for (const fs::path& file : files) {
    Add(file, shots);
  }
  std::vector<Companion> companions;
  const auto add = [&companions](const std::string& photo, const std::string& path, CompanionKind kind) {
    companions.push_back({.photo_path = photo, .path = path, .kind = kind, .stamp = {}});
  };
  for (const fs::path& file : files) {
    if (!IsSidecarName(file.filename().string())) {
      continue;
    }
    // "photo.jpg.xmp" names the photo whole, "photo.xmp" every photo called so.
    const fs::path named = file.stem();
    const auto whole = shots.find(named.stem().string());
    const std::string path = (file.parent_path() / named).string();
    if (whole != shots.end() && std::ranges::find(whole->second.photos, path) != whole->second.photos.end()) {
      add(path, file.string(), CompanionKind::kSidecar);
    }
    if (const auto shot = shots.find(named.string()); shot != shots.end()) {
      for (const std::string& photo : shot->second.photos) {
        add(photo, file.string(), CompanionKind::kSidecar);
      }
    }
  }
  for (const auto& [stem, shot] : shots) {
    if (shot.shown.empty()) {
      continue;
    }
    for (const std::string& video : shot.videos) {
      add(shot.shown.front(), video, CompanionKind::kVideo);
    }
    for (const std::string& raw : shot.raws) {
      add(shot.shown.front(), raw, CompanionKind::kRaw);
    }
  }
  return companions;
}

}  // namespace calotype
