#include "app/export.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <iterator>
#include <memory>
#include <nlohmann/json.hpp>
#include <system_error>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "app/browse.h"
#include "app/export_table.h"
#include "app/findings_json.h"
#include "app/open_catalog.h"
#include "app/partial_output.h"
#include "app/search.h"
#include "base/file.h"
#include "photo/photo_reader.h"
#include "pipeline/process_photo.h"
#include "storage/object_path.h"
#include "storage/photo_storage.h"

namespace calotype {
namespace {

namespace fs = std::filesystem;

Status WriteTable(Catalog& catalog, std::span<const PhotoId> photos, TableFormat format,
                  const std::function<Status(std::string_view)>& write) {
  if (format == TableFormat::kCsv) {
    CALOTYPE_RETURN_IF_ERROR(write(CsvHead()));
  }
  for (const PhotoId id : photos) {
    CALOTYPE_ASSIGN_OR_RETURN(const PhotoRecord photo, catalog.GetPhoto(id));
    CALOTYPE_RETURN_IF_ERROR(write(format == TableFormat::kCsv ? CsvRow(photo) : JsonLine(PhotoToJson(photo))));
  }
  return absl::OkStatus();
}

// Why the photo gets no sidecar at `path`; empty if it does.
std::string WhyNot(const fs::path& path, const PhotoRecord& photo) {
  if (IsObjectPath(path.native())) {
    return "sidecars are not written into object storage; export a table (--to csv or json)";
  }
  std::error_code error;
  const auto bytes = fs::file_size(path, error);
  if (error) {
    return "the file is gone; run calotype scan";
  }
  if (static_cast<int64_t>(bytes) != photo.bytes) {
    return "the file has changed since the last scan; run calotype scan";
  }
  // Facts are pending after a sidecar has changed. Older versions stored each level of a keyword as a keyword.
  const auto facts = std::ranges::find(photo.outcomes, kFactsAnalysis, &AnalysisOutcome::analysis);
  const bool is_current =
      facts != photo.outcomes.end() && facts->state != AnalysisState::kPending && IsCurrentFactsVersion(facts->version);
  return photo.properties.has_value() && !is_current ? "its metadata has to be read again; run calotype scan" : "";
}

// Writes the sidecars of one export.
class SidecarExport {
 public:
  SidecarExport(const SidecarOptions& options, const SidecarReport& report, const DecodeLimits& limits)
      : options_(options), report_(report), limits_(limits), files_(options.names), reader_(CreatePhotoReader()) {}

  // Which sidecar a photo gets depends on those that exist: all are chosen before the first is written.
  void Add(const std::string& path, PhotoId photo) {
    chosen_.push_back({.path = path, .photo = photo, .place = files_.Of(LocalPath(path))});
  }

  Status WriteAll(Catalog& catalog) {
    for (const Chosen& one : chosen_) {
      CALOTYPE_ASSIGN_OR_RETURN(const PhotoRecord photo, catalog.GetPhoto(one.photo));
      Write(one.path, one.place, photo);
    }
    return absl::OkStatus();
  }

  const ExportedSidecars& exported() const { return exported_; }

 private:
  struct Chosen {
    std::string path;
    PhotoId photo;
    SidecarPlace place;
  };

  void Write(const std::string& path, const SidecarPlace& place, const PhotoRecord& photo) {
    if (const std::string reason = WhyNot(path, photo); !reason.empty()) {
      ++exported_.skipped;
      report_.on_skipped(path, reason);
      return;
    }
    const StatusOr<WrittenSidecar> written = WriteSidecar(place, photo);
    if (absl::IsFailedPrecondition(written.status())) {
      ++exported_.skipped;
      report_.on_skipped(path, Message(written.status()));
    } else if (!written.ok()) {
      ++exported_.failed;
      report_.on_failure(written.status());
    } else if (written->changes.empty()) {
      ++exported_.unchanged;
    } else {
      ++exported_.written;
      report_.on_written(*written);
    }
  }

  StatusOr<WrittenSidecar> WriteSidecar(const SidecarPlace& place, const PhotoRecord& photo) {
    if (!options_.dry_run) {
      files_.CleanFolder(place.path.parent_path());
    }
    XmpAdditions additions = XmpOf(photo, options_.labels, options_.remove_old_labels);
    additions.max_xmp_properties = limits_.max_xmp_properties;
    if (place.beside_shared) {
      additions.keywords.clear();  // They are in photo.xmp or in the photo: a copy would hide later changes.
    }
    UniqueFd existing;
    if (place.exists) {
      CALOTYPE_ASSIGN_OR_RETURN(existing, OpenForReading(place.path));
    }
    StatusOr<XmpChange> change = reader_->AddToSidecar(existing.get(), additions);
    if (!change.ok()) {
      return Annotate(change.status(), place.path.string());
    }
    if (!change->changes.empty() && !options_.dry_run) {
      std::error_code error;
      const fs::path target = place.exists ? fs::canonical(place.path, error) : place.path;  // A link stays one.
      const std::string& packet = change->packet;
      CALOTYPE_RETURN_IF_ERROR(WriteFileAtomically(error ? place.path : target,
                                                   {reinterpret_cast<const uint8_t*>(packet.data()), packet.size()}));
    }
    return WrittenSidecar{.path = place.path.string(), .is_new = !place.exists, .changes = std::move(change->changes)};
  }

  const SidecarOptions& options_;
  const SidecarReport& report_;
  const DecodeLimits limits_;
  SidecarFiles files_;
  std::vector<Chosen> chosen_;
  std::unique_ptr<PhotoReader> reader_;
  ExportedSidecars exported_;
};

using FileOfPhoto = std::pair<std::string, PhotoId>;

// Adds the RAW of each JPEG among `files` that represents a pair. Programs read the sidecar of the RAW, not that of the
// JPEG.
Status AddRawsOfPairs(Catalog& catalog, std::vector<FileOfPhoto>& files) {
  std::unordered_map<PhotoId, std::unordered_set<std::string>> chosen;
  for (const auto& [path, photo] : files) {
    chosen[photo].insert(path);
  }
  CALOTYPE_ASSIGN_OR_RETURN(const std::vector<PhotoPair> pairs, catalog.Pairs());
  for (const PhotoPair& pair : pairs) {
    const auto shown = chosen.find(pair.shown);
    if (shown == chosen.end()) {
      continue;
    }
    CALOTYPE_ASSIGN_OR_RETURN(const PhotoRecord raw, catalog.GetPhoto(pair.raw));
    for (const Companion& companion : raw.companions) {
      if (companion.kind == CompanionKind::kRaw && shown->second.contains(companion.photo_path)) {
        files.emplace_back(companion.path, pair.raw);
      }
    }
  }
  return absl::OkStatus();
}

}  // namespace

Status ExportTable(const App& app, std::span<const PhotoId> photos, TableFormat format,
                   const std::function<Status(std::string_view)>& write) {
  CALOTYPE_ASSIGN_OR_RETURN(const auto catalog, OpenCatalog(app, /*create=*/false));
  return WriteTable(*catalog, photos, format, write);
}

Status ExportTableToFile(const App& app, std::span<const PhotoId> photos, TableFormat format, const std::string& file) {
  CALOTYPE_ASSIGN_OR_RETURN(const auto catalog, OpenCatalog(app, /*create=*/false));
  CALOTYPE_RETURN_IF_ERROR(CheckIsNoPhoto(*catalog, file));
  CALOTYPE_ASSIGN_OR_RETURN(PartialOutput output, PartialOutput::Open(file));
  CALOTYPE_RETURN_IF_ERROR(
      WriteTable(*catalog, photos, format, [&](std::string_view text) { return output.Write(text); }));
  return output.Finish();
}

StatusOr<std::vector<Hit>> PhotosToExport(Library& library, const Query& query) {
  // More photos than any other command lists.
  constexpr int kAllPhotos = 1'000'000'000;
  constexpr int kAllRanks = 1'000'000;
  const SearchOptions options{.limit = query.meaning.empty() && query.likes.empty() ? kAllPhotos : kAllRanks,
                              .confident_only = true,
                              .explain = false};
  CALOTYPE_ASSIGN_OR_RETURN(SearchAnswer answer, SearchPhotos(library, query, options));
  return std::move(answer.result.hits);
}

std::vector<ChosenPhoto> ChosenPhotos(std::span<const Hit> hits) {
  std::vector<ChosenPhoto> chosen;
  std::ranges::transform(hits, std::back_inserter(chosen),
                         [](const Hit& hit) { return ChosenPhoto{.photo = hit.photo, .paths = hit.paths}; });
  return chosen;
}

StatusOr<std::vector<ChosenPhoto>> FilesOf(Library& library, std::span<const PhotoId> photos) {
  std::vector<ChosenPhoto> chosen;
  for (const PhotoId id : photos) {
    CALOTYPE_ASSIGN_OR_RETURN(PhotoRecord photo, FindPhoto(library, id));
    photo.paths.resize(photo.present_paths);
    chosen.push_back({.photo = id, .paths = std::move(photo.paths)});
  }
  return chosen;
}

StatusOr<ExportedSidecars> ExportSidecars(const App& app, std::span<const ChosenPhoto> chosen,
                                          const SidecarOptions& options, const SidecarReport& report) {
  CALOTYPE_ASSIGN_OR_RETURN(const auto catalog, OpenCatalog(app, /*create=*/false));
  std::vector<FileOfPhoto> files;
  for (const ChosenPhoto& one : chosen) {
    for (const std::string& path : one.paths) {
      files.emplace_back(path, one.photo);
    }
  }
  CALOTYPE_RETURN_IF_ERROR(AddRawsOfPairs(*catalog, files));
  std::ranges::sort(files);
  files.erase(std::ranges::unique(files).begin(), files.end());
  SidecarExport sidecars(options, report, app.settings().Limits());
  for (const auto& [path, id] : files) {
    sidecars.Add(path, id);
  }
  CALOTYPE_RETURN_IF_ERROR(sidecars.WriteAll(*catalog));
  return sidecars.exported();
}

}  // namespace calotype
