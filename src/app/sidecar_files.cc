#include "app/sidecar_files.h"

#include <algorithm>
#include <system_error>

#include "base/unfinished_writes.h"
#include "photo/sidecar.h"
#include "pipeline/photo_files.h"

namespace calotype {
namespace {

namespace fs = std::filesystem;

fs::path Whole(const fs::path& path) { return {path.string() + ".xmp"}; }

fs::path Stem(const fs::path& path) { return fs::path(path).replace_extension(".xmp"); }

bool IsWhole(const fs::path& sidecar, const fs::path& path) { return sidecar.stem() == path.filename(); }

}  // namespace

SidecarPlace SidecarFiles::Of(const fs::path& path) {
  const std::vector<fs::path> known = SidecarsOf(path);
  const bool may_be_stem = known.empty() ? names_ == SidecarNames::kStem : !IsWhole(known.back(), path);
  const bool owns_stem = may_be_stem && OwnsStem(path);
  if (known.empty()) {
    return {.path = owns_stem ? Stem(path) : Whole(path), .exists = false, .beside_shared = false};
  }
  const bool shared = may_be_stem && !owns_stem;
  if (IsWhole(known.front(), path) || owns_stem) {
    return {.path = known.front(), .exists = true, .beside_shared = shared};
  }
  return {.path = Whole(path), .exists = false, .beside_shared = true};
}

void SidecarFiles::CleanFolder(const fs::path& folder) {
  if (cleaned_.insert(folder.string()).second) {
    RemoveUnfinishedWritesTo(folder, ".xmp");
  }
}

bool SidecarFiles::OwnsStem(const fs::path& path) {
  if (listed_ != path.parent_path()) {
    listed_ = path.parent_path();
    photos_by_stem_.clear();
    std::error_code error;
    for (fs::directory_iterator entry(listed_, error), end; !error && entry != end; entry.increment(error)) {
      if (HasPhotoExtension(entry->path())) {
        photos_by_stem_[entry->path().stem().string()].push_back(entry->path());
      }
    }
  }
  const std::vector<fs::path>& photos = photos_by_stem_[path.stem().string()];
  const auto others = std::ranges::count_if(photos, [&path](const fs::path& one) { return one != path; });
  const auto raws = std::ranges::count_if(photos, HasRawExtension);
  return others == 0 || (raws == 1 && HasRawExtension(path));
}

}  // namespace calotype
