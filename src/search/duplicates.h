// Finds copies of a picture in other files, sizes, formats or compressions. (Similar photos: similar.h.)
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "analysis/pdq/pdq.h"
#include "base/status.h"
#include "catalog/search_catalog.h"
#include "search/crop_match.h"
#include "search/library_files.h"
#include "search/vector_index/photo_set.h"
#include "search/vector_search.h"

namespace calotype {

// The defaults are from "The TMK+PDQF Video-Hashing Algorithm and the PDQ Image-Hashing Algorithm" (Meta,
// ThreatExchange): 31 bits is the recommended distance for a match; a hash with a quality below 50 has too little
// detail.
struct DuplicateOptions {
  int max_distance = 31;
  int min_quality = 50;
  bool turned = false;  // also find rotated and mirrored copies
  int threads = 1;      // that compare pictures
  // Also find crops, by the nearest image embeddings. Null: do not. Must outlive the search.
  VectorSearch* vectors = nullptr;
  // Restrict the search: other photos and other paths do not exist for it. Null: all do.
  std::function<bool(PhotoId)> allows_photo;
  std::function<bool(std::string_view)> allows_path;
  // Only the groups that this photo is in, among photos with a hash or an embedding near its own. 0: all.
  PhotoId of = 0;
};

// What was done to the picture of the keeper to get this copy. If several things were, the first of these.
enum class CopyKind : uint8_t { kKeeper, kCrop, kGreyscale, kTurned, kResized, kRecompressed };

struct DuplicatePhoto {
  PhotoId photo = 0;
  std::vector<std::string> paths;  // files with the same bytes that were there and unchanged when this was made
  std::vector<std::string> with;   // existing companion files: the RAW of a pair, sidecars, the video of a live photo
  int64_t bytes = 0;
  int width = 0;  // pixels of the upright original; 0 if it was never decoded
  int height = 0;
  PhotoFormat format = PhotoFormat::kUnknown;
  int distance = 0;               // number of PDQ bits that differ from the keeper's; 0 for the keeper
  PdqTurn turn = PdqTurn::kNone;  // the turn that makes the keeper equal this photo; only with `turned`
  CopyKind kind = CopyKind::kKeeper;
  PicturePart part;    // of kCrop: the part of the keeper that it shows
  std::string reason;  // for the keeper: why it is preferred to the second best; else empty
};

// "crop of", "greyscale", "resized"; the name of the turn for kTurned; empty for the keeper. The other paths of a photo
// are "same bytes".
std::string_view CopyKindName(const DuplicatePhoto& photo);
inline constexpr std::string_view kSameBytes = "same bytes";

// The first photo is the keeper: one in colour rather than greyscale, then the one with the most pixels, then the best
// format (raw, lossless, HEIC and similar, JPEG, others), then the most of date, camera and position, the earliest
// date, the largest file, the lowest id. A RAW and JPEG pair is one photo (the JPEG) and counts as raw. The
// other files show the same picture as the keeper's first path, as far as MatchPictures() can tell: it can miss a small
// date stamp.
using DuplicateGroup = std::vector<DuplicatePhoto>;

struct Duplicates {
  std::vector<DuplicateGroup> groups;
  int64_t plain = 0;    // photos whose hash is below `min_quality`; only identical files count as their copies
  int64_t changed = 0;  // files of possible copies that are gone or were changed since the last scan: left out
};

// Finds photos with several identical files, and groups of photos that are each a copy of the keeper. A photo is a copy
// only if
// - its hash is within `max_distance` of the keeper's,
// - the pixels of both files agree (MatchPictures()), which `files` decodes now,
// - text was not read on both that differs (TextsDiffer()),
// - one camera did not take both at different times, however similar they are. Photos without camera or time get
//   those of the most similar photo that they are a copy of,
// - it has no more pixels than the keeper, and both are single pictures: no pages, no animation.
// A damaged photo, of which a part is missing, is neither keeper nor copy, except of the same bytes.
//
// A crop (FindCrops()) follows the copies of the photo that it was cut from. It may be the work of the user, so it is
// no copy to be deleted without asking. It may have copies, too: then it is also the keeper of its own group. Apart
// from that, each photo is in at most one group. One file with several names (hard links, links to a folder) is listed
// once, and a symbolic link never. Ordered by the id of the keeper.
//
// Grouping a million hashes takes five seconds (GroupHashes()). Most of the time, photos are decoded: those that have a
// similar one, each once or, in a set of more than 64, a few times.
StatusOr<Duplicates> FindDuplicates(SearchCatalog& catalog, LibraryFiles& files, const DuplicateOptions& options);

// The photos of `groups` that are neither keepers nor crops. Other ways of grouping photos leave these out, so that a
// copy is reported as a copy only.
PhotoSet CopiesIn(const std::vector<DuplicateGroup>& groups);

}  // namespace calotype
