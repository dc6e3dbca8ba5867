// Where the sidecars of photos are.
#pragma once

#include <filesystem>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace calotype {

enum class SidecarNames {
  kWhole,  // photo.jpg.xmp: digiKam, darktable
  kStem,   // photo.xmp: Lightroom and other programs of Adobe
};

struct SidecarPlace {
  std::filesystem::path path;
  bool exists = false;
  // There is a photo.xmp that belongs to another photo as well. It is read for this photo, too.
  bool beside_shared = false;
};

// Chooses sidecars. Not thread-safe.
class SidecarFiles {
 public:
  // `names` is the form of new sidecars.
  explicit SidecarFiles(SidecarNames names) : names_(names) {}

  // The sidecar of the photo at `path`: the existing one, whatever its form, photo.jpg.xmp first. If several photos of
  // the folder have the same stem, photo.xmp belongs to the RAW if there is exactly one, else to none of them, and the
  // others get names of the whole form. Lists the folder at most once while successive photos are in one folder.
  SidecarPlace Of(const std::filesystem::path& path);

  // Removes unfinished files that a killed export left in the folder, once for each folder.
  void CleanFolder(const std::filesystem::path& folder);

 private:
  bool OwnsStem(const std::filesystem::path& path);

  SidecarNames names_;
  std::filesystem::path listed_;
  std::unordered_map<std::string, std::vector<std::filesystem::path>> photos_by_stem_;  // in `listed_`
  std::unordered_set<std::string> cleaned_;
};

}  // namespace calotype
