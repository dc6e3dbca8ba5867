#include "search/duplicates.h"

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <iterator>
#include <map>
#include <thread>
#include <utility>

#include "search/copy_groups.h"
#include "search/crops.h"
#include "search/hash_groups.h"
#include "search/similar.h"

namespace calotype {
namespace {

// Looks at the files of photos and counts those that cannot be used.
class Describer {
 public:
  Describer(SearchCatalog& catalog, LibraryFiles& files, const DuplicateOptions& options)
      : catalog_(catalog), files_(files), options_(options) {}

  // The candidate has no paths if none of the photo's files can be used.
  StatusOr<CopyCandidate> Describe(const HashRecord& record);
  int64_t changed() const { return changed_; }

 private:
  std::vector<std::string> UsablePaths(std::vector<std::string> paths);

  SearchCatalog& catalog_;
  LibraryFiles& files_;
  const DuplicateOptions& options_;
  int64_t changed_ = 0;
};

// One path for each file that is there. Of several paths of one file, one without a link if there is any.
std::vector<std::string> Describer::UsablePaths(std::vector<std::string> paths) {
  struct Found {
    std::string path;
    LibraryFile file;
  };
  std::vector<Found> found;
  for (std::string& path : paths) {
    if (options_.allows_path && !options_.allows_path(path)) {
      continue;
    }
    const std::optional<LibraryFile> file = files_.Find(path);
    if (!file.has_value()) {
      ++changed_;
      continue;
    }
    // Stamps include the inode number and times in nanoseconds. They are compared without the device, because a network
    // share that is mounted twice has two.
    const auto same = std::ranges::find(found, file->stamp, [](const Found& one) { return one.file.stamp; });
    if (same == found.end()) {
      found.push_back({.path = std::move(path), .file = *file});
    } else if (same->file.through_link && !file->through_link) {
      *same = {.path = std::move(path), .file = *file};
    }
  }
  // A path through a link is never the first, which is kept.
  std::ranges::stable_partition(found, [](const Found& one) { return !one.file.through_link; });
  std::vector<std::string> usable;
  std::ranges::transform(found, std::back_inserter(usable), [](Found& one) { return std::move(one.path); });
  return usable;
}

StatusOr<CopyCandidate> Describer::Describe(const HashRecord& record) {
  CALOTYPE_ASSIGN_OR_RETURN(PhotoRecord photo, catalog_.GetPhoto(record.photo));
  photo.paths.resize(photo.present_paths);
  std::vector<std::string> paths = UsablePaths(std::move(photo.paths));
  std::vector<std::string> with;
  bool has_raw = false;
  for (const Companion& companion : photo.companions) {
    if (std::ranges::find(paths, companion.photo_path) != paths.end() && files_.Exists(companion.path)) {
      with.push_back(companion.path);
      has_raw = has_raw || companion.kind == CompanionKind::kRaw;
    }
  }
  const PhotoProperties properties = photo.properties.value_or(PhotoProperties{});
  const PhotoFacts& facts = properties.facts;
  return CopyCandidate{.photo = {.photo = photo.id,
                                 .paths = std::move(paths),
                                 .with = std::move(with),
                                 .bytes = photo.bytes,
                                 .width = properties.width,
                                 .height = properties.height,
                                 .format = properties.format,
                                 .distance = 0,
                                 .turn = PdqTurn::kNone,
                                 .kind = CopyKind::kKeeper,
                                 .part = {},
                                 .reason = {}},
                       .hash = record.pdq.hash,
                       .format = FormatMerit(has_raw ? PhotoFormat::kRaw : properties.format),
                       .facts = (facts.taken_at.empty() ? 0 : 1) + (facts.camera.empty() ? 0 : 1) + (facts.gps ? 1 : 0),
                       .camera = facts.camera,
                       .taken_at = facts.taken_at,
                       .text = {.lines = std::move(photo.findings.text).value_or(std::vector<TextFinding>()),
                                .width = properties.width,
                                .height = properties.height},
                       .is_grey = false};
}

// Sets of photos with similar hashes and usable files.
StatusOr<std::vector<std::vector<CopyCandidate>>> CandidatesByHash(const std::vector<HashRecord>& hashes,
                                                                   Describer& describer,
                                                                   const DuplicateOptions& options) {
  std::vector<PdqHash> only;
  std::ranges::transform(hashes, std::back_inserter(only), [](const HashRecord& record) { return record.pdq.hash; });
  std::vector<std::vector<CopyCandidate>> sets;
  for (const std::vector<uint32_t>& linked : GroupHashes(only, options.max_distance, options.turned)) {
    std::vector<CopyCandidate> candidates;
    for (const uint32_t place : linked) {
      CALOTYPE_ASSIGN_OR_RETURN(CopyCandidate candidate, describer.Describe(hashes[place]));
      if (!candidate.photo.paths.empty()) {
        candidates.push_back(std::move(candidate));
      }
    }
    if (candidates.size() > 1) {
      sets.push_back(std::move(candidates));
    }
  }
  return sets;
}

// Decoding takes most of the time, so each thread takes the next set when it has finished one.
std::vector<DuplicateGroup> GroupAll(std::vector<std::vector<CopyCandidate>> sets, LibraryFiles& files,
                                     const DuplicateOptions& options) {
  std::vector<std::vector<DuplicateGroup>> groups(sets.size());
  std::atomic<std::size_t> next = 0;
  const auto work = [&] {
    for (std::size_t i = next++; i < sets.size(); i = next++) {
      groups[i] = GroupCopies(std::move(sets[i]), files, options);
    }
  };
  {
    std::vector<std::jthread> threads;
    for (int i = 1; i < options.threads; ++i) {
      threads.emplace_back(work);
    }
    work();
  }
  std::vector<DuplicateGroup> all;
  for (std::vector<DuplicateGroup>& some : groups) {
    std::ranges::move(some, std::back_inserter(all));
  }
  return all;
}

// Adds the crops to the groups of the photos that they were cut from. Copies are neither.
Status AddCrops(SearchCatalog& catalog, LibraryFiles& files, const DuplicateOptions& options,
                const std::vector<HashRecord>& hashes, std::vector<DuplicateGroup>& groups) {
  const PhotoSet copies = CopiesIn(groups);
  std::vector<PhotoId> photos;
  std::map<PhotoId, PdqFinding> hash_of;
  for (const HashRecord& record : hashes) {
    if (!copies.Contains(record.photo)) {
      photos.push_back(record.photo);
      hash_of.emplace(record.photo, record.pdq);
    }
  }
  // Its count of changed files is not used: most of these photos are no possible copies.
  Describer describer(catalog, files, options);
  const auto describe = [&](PhotoId photo) { return describer.Describe({.photo = photo, .pdq = hash_of.at(photo)}); };
  CALOTYPE_ASSIGN_OR_RETURN(std::vector<FoundCrop> crops,
                            FindCrops(catalog, *options.vectors, files, photos, describe, options.threads));
  for (FoundCrop& found : crops) {
    auto group =
        std::ranges::find(groups, found.whole.photo.photo, [](const DuplicateGroup& one) { return one.front().photo; });
    if (group == groups.end()) {
      found.whole.photo.reason = "the other is a part of it";
      group = groups.insert(groups.end(), {found.whole.photo});
    }
    found.crop.photo.kind = CopyKind::kCrop;
    found.crop.photo.part = found.part;
    found.crop.photo.distance = HammingDistance(found.whole.hash, found.crop.hash);
    group->push_back(std::move(found.crop.photo));
  }
  return absl::OkStatus();
}

// Photos that may be in a group with options.of, itself among them.
StatusOr<PhotoSet> PhotosNear(SearchCatalog& catalog, const std::vector<HashRecord>& hashes,
                              const DuplicateOptions& options) {
  constexpr int kNeighbours = 16;  // by embedding: crops, and what they were cut from
  PhotoSet near;
  near.Add(options.of);
  const auto own = std::ranges::find(hashes, options.of, &HashRecord::photo);
  if (own != hashes.end()) {
    for (int turn = 0; turn < (options.turned ? kPdqTurns : 1); ++turn) {
      const PdqHash turned = TurnedHash(own->pdq.hash, static_cast<PdqTurn>(turn));
      for (const HashRecord& other : hashes) {
        if (HammingDistance(turned, other.pdq.hash) <= options.max_distance) {
          near.Add(other.photo);
        }
      }
    }
  }
  if (options.vectors != nullptr) {
    const StatusOr<std::vector<SimilarPhoto>> similar =
        FindSimilar(catalog, *options.vectors, options.of, kNeighbours, {});
    if (!similar.ok() && !absl::IsFailedPrecondition(similar.status())) {  // it has no embedding yet
      return similar.status();
    }
    for (const SimilarPhoto& photo : similar.ok() ? *similar : std::vector<SimilarPhoto>()) {
      near.Add(photo.photo);
    }
  }
  return near;
}

}  // namespace

std::string_view CopyKindName(const DuplicatePhoto& photo) {
  switch (photo.kind) {
    case CopyKind::kKeeper:
      return "";
    case CopyKind::kCrop:
      return "crop of";
    case CopyKind::kGreyscale:
      return "greyscale";
    case CopyKind::kTurned:
      return PdqTurnName(photo.turn);
    case CopyKind::kResized:
      return "resized";
    case CopyKind::kRecompressed:
      return "recompressed";
  }
  return "";
}

StatusOr<Duplicates> FindDuplicates(SearchCatalog& catalog, LibraryFiles& files, const DuplicateOptions& options) {
  CALOTYPE_ASSIGN_OR_RETURN(std::vector<HashRecord> hashes, catalog.PdqHashes());
  CALOTYPE_ASSIGN_OR_RETURN(const std::vector<PhotoPair> pairs, catalog.Pairs());
  const auto is_excluded = [&](PhotoId photo) {
    return std::ranges::binary_search(pairs, photo, {}, &PhotoPair::raw) ||
           (options.allows_photo && !options.allows_photo(photo));
  };
  std::erase_if(hashes, [&](const HashRecord& hash) { return is_excluded(hash.photo); });
  Duplicates found;
  found.plain = std::erase_if(hashes, [&](const HashRecord& hash) { return hash.pdq.quality < options.min_quality; });
  if (options.of != 0) {
    CALOTYPE_ASSIGN_OR_RETURN(const PhotoSet near, PhotosNear(catalog, hashes, options));
    std::erase_if(hashes, [&](const HashRecord& hash) { return !near.Contains(hash.photo); });
  }
  Describer describer(catalog, files, options);
  CALOTYPE_ASSIGN_OR_RETURN(auto sets, CandidatesByHash(hashes, describer, options));
  found.groups = GroupAll(std::move(sets), files, options);
  std::vector<PhotoId> grouped;
  for (const DuplicateGroup& group : found.groups) {
    std::ranges::transform(group, std::back_inserter(grouped), &DuplicatePhoto::photo);
  }
  std::ranges::sort(grouped);
  CALOTYPE_ASSIGN_OR_RETURN(const std::vector<PhotoId> copied, catalog.PhotosWithCopies());
  for (const PhotoId photo : copied) {
    const bool is_asked_for = options.of == 0 || options.of == photo;
    if (is_asked_for && !std::ranges::binary_search(grouped, photo) && !is_excluded(photo)) {
      CALOTYPE_ASSIGN_OR_RETURN(CopyCandidate candidate, describer.Describe({.photo = photo, .pdq = {}}));
      if (candidate.photo.paths.size() > 1) {
        found.groups.push_back({std::move(candidate.photo)});
      }
    }
  }
  found.changed = describer.changed();
  if (options.vectors != nullptr) {
    CALOTYPE_RETURN_IF_ERROR(AddCrops(catalog, files, options, hashes, found.groups));
  }
  if (options.of != 0) {
    std::erase_if(found.groups, [&](const DuplicateGroup& group) {
      return std::ranges::find(group, options.of, &DuplicatePhoto::photo) == group.end();
    });
  }
  std::ranges::sort(found.groups, {}, [](const DuplicateGroup& group) { return group.front().photo; });
  return found;
}

PhotoSet CopiesIn(const std::vector<DuplicateGroup>& groups) {
  PhotoSet copies;
  for (const DuplicateGroup& group : groups) {
    for (const DuplicatePhoto& photo : group) {
      if (photo.kind != CopyKind::kKeeper && photo.kind != CopyKind::kCrop) {
        copies.Add(photo.photo);
      }
    }
  }
  return copies;
}

}  // namespace calotype
