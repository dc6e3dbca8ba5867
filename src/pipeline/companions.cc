#include "pipeline/companions.h"

#include <algorithm>
#include <array>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "photo/sidecar.h"
#include "pipeline/photo_files.h"

namespace calotype {
namespace {

namespace fs = std::filesystem;

// Formats in which cameras and phones write a photo themselves.
constexpr std::array<std::string_view, 7> kShownExtensions = {".heic", ".heif", ".hif", ".jfif",
                                                              ".jpe",  ".jpeg", ".jpg"};
constexpr std::array<std::string_view, 2> kVideoExtensions = {".mov", ".mp4"};

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

// The files with one stem.
struct Shot {
  std::vector<std::string> photos;
  std::vector<std::string> raws;   // among the photos
  std::vector<std::string> shown;  // among the photos
  std::vector<std::string> videos;
};

using Shots = std::unordered_map<std::string, Shot>;

void Add(const fs::path& file, Shots& shots) {
  const std::string extension = Extension(file);
  Shot& shot = shots[file.stem().string()];
  if (Has(kVideoExtensions, extension)) {
    shot.videos.push_back(file.string());
  } else if (HasPhotoExtension(file)) {
    shot.photos.push_back(file.string());
    if (Has(kShownExtensions, extension)) {
      shot.shown.push_back(file.string());
    } else if (HasRawExtension(file)) {
      shot.raws.push_back(file.string());
    }
  }
}

// Pairs videos with photos.
class LivePhotos {
 public:
  LivePhotos(const Shots& shots, const LiveHalves& halves) : shots_(shots), halves_(halves) {}

  std::vector<std::pair<std::string, std::string>> Find() {
    for (const auto& [stem, shot] : shots_) {
      for (const std::string& video : shot.videos) {
        PairByName(shot, video);
      }
    }
    for (const Single& video : singles_) {
      PairByIdentifier(video);
    }
    return std::move(pairs_);
  }

 private:
  // A video without a photo of its name.
  struct Single {
    std::string path;
    std::string identifier;
  };

  void Pair(const std::string& photo, const std::string& video) { pairs_.emplace_back(photo, video); }

  void PairByName(const Shot& shot, const std::string& video) {
    if (const std::string known = halves_.known_photo(video); !known.empty()) {
      certain_.insert(known);
      Pair(known, video);
      return;
    }
    Single single{.path = video, .identifier = halves_.identifier(video)};
    if (const std::string* const photo = PhotoByName(shot, single.identifier); photo != nullptr) {
      Pair(*photo, video);
    } else if (!single.identifier.empty()) {
      singles_.push_back(std::move(single));
    }
  }

  // Of the photos with the name of a video, returns the one with its identifier, else the first without any identifier;
  // null when there is none.
  const std::string* PhotoByName(const Shot& shot, const std::string& identifier) {
    const std::string* unmarked = nullptr;
    for (const std::string& photo : shot.shown) {
      const std::string identifier_of_photo = identifier.empty() ? std::string() : halves_.identifier(photo);
      if (!identifier.empty() && identifier_of_photo == identifier) {
        certain_.insert(photo);
        return &photo;
      }
      unmarked = unmarked == nullptr && identifier_of_photo.empty() ? &photo : unmarked;
    }
    return unmarked;
  }

  void PairByIdentifier(const Single& video) {
    if (by_identifier_.empty()) {
      ReadIdentifiers();
    }
    if (const auto photo = by_identifier_.find(video.identifier); photo != by_identifier_.end()) {
      Pair(photo->second, video.path);
    }
  }

  // Skips photos that have a certain video. Of several photos with one identifier, the first by path is kept.
  void ReadIdentifiers() {
    for (const auto& [stem, shot] : shots_) {
      for (const std::string& photo : shot.shown) {
        if (!certain_.contains(photo)) {
          std::string& first = by_identifier_[halves_.identifier(photo)];
          first = first.empty() ? photo : std::min(first, photo);
        }
      }
    }
  }

  const Shots& shots_;
  const LiveHalves& halves_;
  std::vector<std::pair<std::string, std::string>> pairs_;  // photo and video
  std::vector<Single> singles_;
  std::unordered_set<std::string>
      certain_;  // photos with a certain video: the same identifier, or found by an earlier scan
  std::unordered_map<std::string, std::string> by_identifier_;
};

}  // namespace

bool IsCompanionName(std::string_view name) {
  return IsSidecarName(name) || Has(kVideoExtensions, Extension(fs::path(name)));
}

std::vector<Companion> FindCompanions(std::span<const fs::path> files, const LiveHalves& halves) {
  Shots shots;
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
    // "photo.jpg.xmp" belongs to that file alone, "photo.xmp" to every photo of that name.
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
  for (const auto& [photo, video] : LivePhotos(shots, halves).Find()) {
    add(photo, video, CompanionKind::kVideo);
  }
  for (const auto& [stem, shot] : shots) {
    for (const std::string& raw : shot.raws) {
      if (!shot.shown.empty()) {
        add(shot.shown.front(), raw, CompanionKind::kRaw);
      }
    }
  }
  return companions;
}

}  // namespace calotype
