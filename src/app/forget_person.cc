#include "app/forget_person.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>
#include <set>
#include <system_error>
#include <utility>

#include "app/people.h"
#include "base/file.h"
#include "base/file_lock.h"
#include "base/unicode.h"
#include "photo/photo_reader.h"
#include "photo/sidecar.h"
#include "storage/photo_storage.h"

namespace calotype {
namespace {

namespace fs = std::filesystem;

// As in the text of an XML element.
std::string XmlText(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    escaped += c == '&' ? "&amp;" : c == '<' ? "&lt;" : c == '>' ? "&gt;" : std::string(1, c);
  }
  return escaped;
}

// Finds files that name a person.
class TraceFinder {
 public:
  TraceFinder(Catalog& catalog, const DecodeLimits& limits, const std::string& name)
      : catalog_(catalog),
        limits_(limits),
        name_(name),
        folded_(FoldCaseAndAccents(name)),
        reader_(CreatePhotoReader()) {}

  // `places` are where the person's faces are in the photo, in pixels.
  Status Add(PhotoId photo, const std::vector<Box>& places) {
    CALOTYPE_ASSIGN_OR_RETURN(const PhotoRecord record, catalog_.GetPhoto(photo));
    const PhotoProperties properties = record.properties.value_or(PhotoProperties{});
    places_.clear();
    for (const Box& place : places) {
      const auto width = static_cast<float>(std::max(properties.width, 1));
      const auto height = static_cast<float>(std::max(properties.height, 1));
      places_.push_back({place.x / width, place.y / height, place.width / width, place.height / height});
    }
    for (const std::string& path : record.paths) {
      AddFile(path);
    }
    return absl::OkStatus();
  }

  std::vector<std::string> sidecars() const { return {sidecars_.begin(), sidecars_.end()}; }
  std::vector<std::string> photos() const { return {photos_.begin(), photos_.end()}; }

 private:
  bool IsName(std::string_view text) const { return !folded_.empty() && FoldCaseAndAccents(text) == folded_; }

  bool Names(const NamedRegion& region) const {
    return IsName(region.name) || std::ranges::any_of(places_, [&region](const Box& place) {
             return IntersectionOverUnion(place, region.box) >= kSamePlace;
           });
  }
  bool Names(const PhotoFacts& facts) const {
    return std::ranges::any_of(facts.regions, [this](const NamedRegion& region) { return Names(region); }) ||
           std::ranges::any_of(facts.keywords, [this](const std::string& keyword) {
             return IsName(std::string_view(keyword).substr(keyword.rfind('|') + 1));
           });
  }

  // True when the photo, with the sidecar if there is one, names the person. What cannot be read names nobody.
  bool NamesWith(int photo, const std::vector<int>& sidecars) const {
    const StatusOr<FactsAnswer> answer = reader_->ReadFacts({.photo = photo, .sidecars = sidecars, .limits = limits_});
    return answer.ok() && Names(answer->facts);
  }

  bool HasName(int sidecar) const {
    if (name_.empty()) {
      return false;
    }
    const StatusOr<std::vector<uint8_t>> bytes = ReadAll(sidecar, kMaxSidecarBytes, kSidecarBytesKnob);
    if (!bytes.ok()) {
      return false;
    }
    const std::string_view text(reinterpret_cast<const char*>(bytes->data()), bytes->size());
    return text.find(name_) != std::string_view::npos || text.find(XmlText(name_)) != std::string_view::npos;
  }

  void AddFile(const std::string& path) {
    const StatusOr<StoredPhoto> photo = OpenStoredPhoto(path);
    if (!photo.ok()) {
      return;
    }
    const bool names = NamesWith(photo->file.get(), {});
    if (names) {
      photos_.insert(path);
    }
    for (const fs::path& sidecar : SidecarsOf(LocalPath(path))) {
      const StatusOr<UniqueFd> file = OpenForReading(sidecar);
      if (file.ok() && (HasName(file->get()) || (!names && NamesWith(photo->file.get(), {file->get()})))) {
        sidecars_.insert(sidecar.string());
      }
    }
  }

  Catalog& catalog_;
  const DecodeLimits limits_;
  const std::string name_;
  const std::string folded_;
  const std::unique_ptr<PhotoReader> reader_;
  std::vector<Box> places_;  // in fractions
  std::set<std::string> sidecars_;
  std::set<std::string> photos_;
};

StatusOr<std::vector<std::string>> FindBackups(Catalog& catalog, const CatalogFiles& files) {
  CALOTYPE_ASSIGN_OR_RETURN(std::vector<std::string> backups, catalog.Backups());
  for (const fs::path& replaced : files.ReplacedByRestore()) {
    backups.push_back(replaced.string());
  }
  std::error_code error;
  std::erase_if(backups, [&error](const std::string& file) { return !fs::exists(file, error); });
  std::ranges::sort(backups);
  return backups;
}

// The photos whose metadata has the person's name, also where none of their faces is; none if somebody else has the
// name, because it may mean them.
StatusOr<std::vector<PhotoId>> PhotosNamingOnly(Catalog& catalog, const KnownPerson& person) {
  CALOTYPE_ASSIGN_OR_RETURN(const std::vector<PersonId> people, catalog.PeopleNamed(person.name));
  return people.size() == 1 ? catalog.PhotosNaming(person.name) : std::vector<PhotoId>();
}

StatusOr<FileLock> LockScans(Library& library) {
  return FileLock::Take(library.app().catalog_files().scan_lock(), "scan of this catalogue");
}

// Erases what an earlier call could not. Returns `no_person` if there is nothing.
Status EraseForgotten(Library& library, Catalog& catalog, const Status& no_person) {
  CALOTYPE_ASSIGN_OR_RETURN(const bool must, catalog.MustErase());
  if (!must) {
    return no_person;
  }
  CALOTYPE_ASSIGN_OR_RETURN(const FileLock lock, LockScans(library));
  return catalog.EraseDeleted();
}

}  // namespace

StatusOr<ForgottenPerson> ForgetPerson(Library& library, PersonId person) {
  const StatusOr<KnownPerson> known = FindPerson(library, person);
  CALOTYPE_ASSIGN_OR_RETURN(const CatalogLease catalog, library.Catalogue());
  if (absl::IsNotFound(known.status())) {
    CALOTYPE_RETURN_IF_ERROR(EraseForgotten(library, *catalog, known.status()));
    return ForgottenPerson();
  }
  CALOTYPE_RETURN_IF_ERROR(known.status());
  CALOTYPE_ASSIGN_OR_RETURN(const FileLock lock, LockScans(library));
  CALOTYPE_ASSIGN_OR_RETURN(const std::vector<PhotoId> named, PhotosNamingOnly(*catalog, *known));
  CALOTYPE_ASSIGN_OR_RETURN(const std::vector<ForgottenFace> faces, catalog->ForgetPerson(known->id));
  std::map<PhotoId, std::vector<Box>> places;
  for (const ForgottenFace& face : faces) {
    places[face.photo].push_back(face.box);
  }
  ForgottenPerson forgotten{.faces = std::ssize(faces), .photos = std::ssize(places)};
  forgotten.erased = catalog->EraseDeleted();
  for (const PhotoId photo : named) {
    places.try_emplace(photo);
  }
  TraceFinder finder(*catalog, library.app().settings().Limits(), known->name);
  for (const auto& [photo, boxes] : places) {
    CALOTYPE_RETURN_IF_ERROR(finder.Add(photo, boxes));
  }
  forgotten.sidecars = finder.sidecars();
  forgotten.named_photos = finder.photos();
  CALOTYPE_ASSIGN_OR_RETURN(forgotten.backups, FindBackups(*catalog, library.app().catalog_files()));
  return forgotten;
}

}  // namespace calotype
