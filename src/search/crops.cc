#include "search/crops.h"

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <thread>
#include <utility>

#include "base/half.h"
#include "base/mutex.h"
#include "search/text_match.h"
#include "search/vector_index/dot.h"
#include "search/vector_index/top_hits.h"

namespace calotype {
namespace {

constexpr std::size_t kNeighbours = 8;
constexpr float kLeastCosine = 0.7F;

// Judged without pixels.
bool MayBeCrop(const CopyCandidate& crop, const CopyCandidate& whole) {
  return !crop.photo.paths.empty() && !whole.photo.paths.empty() &&
         static_cast<double>(Pixels(crop)) <= kLargestCrop * static_cast<double>(Pixels(whole)) &&
         !AreDifferentShots(crop, whole);
}

// Calls `visit` for each photo and each of its nearest photos.
Status ForEachNeighbour(SearchCatalog& catalog, VectorSearch& vectors, const std::string& space,
                        const std::vector<PhotoId>& photos, const std::function<void(PhotoId, PhotoId)>& visit) {
  PhotoSet wanted;
  for (const PhotoId photo : photos) {
    wanted.Add(photo);
  }
  // Without an index, each search would read all vectors from the catalogue.
  const bool in_memory = std::ssize(photos) <= kIndexFrom;
  std::vector<std::pair<PhotoId, std::vector<uint16_t>>> own;
  CALOTYPE_RETURN_IF_ERROR(
      catalog.ForEachEmbedding(space, /*absent_too=*/false, [&](PhotoId photo, std::span<const uint16_t> halves) {
        if (wanted.Contains(photo)) {
          own.emplace_back(photo, in_memory ? std::vector(halves.begin(), halves.end()) : std::vector<uint16_t>());
        }
      }));
  for (const auto& [photo, halves] : own) {
    std::vector<ScoredPhoto> nearest;
    if (in_memory) {
      TopHits top(kNeighbours + 1);
      const std::vector<float> vector = ToFloat(halves);
      for (const auto& [other, other_halves] : own) {
        if (other_halves.size() == vector.size()) {
          top.Add({.photo = other, .score = DotHalves(vector, other_halves)});
        }
      }
      nearest = top.Take();
    } else {
      CALOTYPE_ASSIGN_OR_RETURN(const auto stored, catalog.Embedding(space, photo));
      if (stored.has_value()) {
        CALOTYPE_ASSIGN_OR_RETURN(nearest, vectors.Nearest(catalog, space, ToFloat(*stored), kNeighbours + 1,
                                                           kLeastCosine, {.only = &wanted}));
      }
    }
    for (const ScoredPhoto& one : nearest) {
      if (one.photo != photo && one.score >= kLeastCosine) {
        visit(photo, one.photo);
      }
    }
  }
  return absl::OkStatus();
}

// The lines of text of the whole photo within the part, and those of the crop at their places in the whole photo. Lines
// that the edge may cut are left out.
PhotoText TextWithin(const CopyCandidate& whole, const PicturePart& part) {
  constexpr double kSlack = 0.003;
  PhotoText text{.lines = {}, .width = whole.text.width, .height = whole.text.height};
  for (const TextFinding& line : whole.text.lines) {
    const bool inside = std::ranges::all_of(line.quad, [&](const Point& point) {
      const double x = double{point.x} / text.width;
      const double y = double{point.y} / text.height;
      return x > part.x - kSlack && x < part.x + part.width + kSlack && y > part.y - kSlack &&
             y < part.y + part.height + kSlack;
    });
    if (inside) {
      text.lines.push_back(line);
    }
  }
  return text;
}
PhotoText TextMoved(const CopyCandidate& crop, const CopyCandidate& whole, const PicturePart& part) {
  constexpr double kEdge = 0.02;  // lines nearer to the edge may be cut
  PhotoText text{.lines = {}, .width = whole.text.width, .height = whole.text.height};
  for (TextFinding line : crop.text.lines) {
    bool is_whole = true;
    for (Point& point : line.quad) {
      const double x = double{point.x} / crop.text.width;
      const double y = double{point.y} / crop.text.height;
      is_whole = is_whole && x > kEdge && x < 1 - kEdge && y > kEdge && y < 1 - kEdge;
      point.x = static_cast<float>((part.x + part.width * x) * text.width);
      point.y = static_cast<float>((part.y + part.height * y) * text.height);
    }
    if (is_whole) {
      text.lines.push_back(std::move(line));
    }
  }
  return text;
}

class CropSearch {
 public:
  explicit CropSearch(LibraryFiles& files) : files_(files) {}

  Status CollectPairs(SearchCatalog& catalog, VectorSearch& vectors, const std::vector<PhotoId>& photos,
                      const std::function<StatusOr<CopyCandidate>(PhotoId)>& describe);
  void Compare(int threads);
  std::vector<FoundCrop> Resolve();

 private:
  struct Match {
    PhotoId whole = 0;
    CropMatch match;
  };

  std::optional<Thumbnail> ThumbnailOf(PhotoId photo);
  std::optional<CropMatch> Align(PhotoId crop, PhotoId whole);
  std::optional<Match> Check(PhotoId crop, const Match& aligned);
  std::vector<Match> MatchesOf(PhotoId crop, const std::set<PhotoId>& wholes);

  LibraryFiles& files_;
  std::map<PhotoId, CopyCandidate> candidates_;
  std::map<PhotoId, std::set<PhotoId>> wholes_;  // of each photo that may be a crop
  std::map<PhotoId, std::vector<Match>> matches_;
  Mutex mutex_;
  std::map<PhotoId, std::optional<Thumbnail>> thumbnails_ ABSL_GUARDED_BY(mutex_);
};

Status CropSearch::CollectPairs(SearchCatalog& catalog, VectorSearch& vectors, const std::vector<PhotoId>& photos,
                                const std::function<StatusOr<CopyCandidate>(PhotoId)>& describe) {
  std::set<std::pair<PhotoId, PhotoId>> pairs;
  CALOTYPE_ASSIGN_OR_RETURN(const std::vector<std::string> spaces, catalog.Spaces());
  for (const std::string& space : spaces) {
    CALOTYPE_RETURN_IF_ERROR(ForEachNeighbour(
        catalog, vectors, space, photos, [&](PhotoId a, PhotoId b) { pairs.emplace(std::min(a, b), std::max(a, b)); }));
  }
  for (const auto& [a, b] : pairs) {
    for (const PhotoId photo : {a, b}) {
      if (!candidates_.contains(photo)) {
        CALOTYPE_ASSIGN_OR_RETURN(candidates_[photo], describe(photo));
      }
    }
    const bool a_is_larger = Pixels(candidates_[a]) > Pixels(candidates_[b]);
    const PhotoId crop = a_is_larger ? b : a;
    const PhotoId whole = a_is_larger ? a : b;
    if (MayBeCrop(candidates_[crop], candidates_[whole])) {
      wholes_[crop].insert(whole);
    }
  }
  return absl::OkStatus();
}

// nullopt for a photo that cannot be read or has several pages, of which only the first is seen.
std::optional<Thumbnail> CropSearch::ThumbnailOf(PhotoId photo) {
  {
    const MutexLock lock(&mutex_);
    if (const auto known = thumbnails_.find(photo); known != thumbnails_.end()) {
      return known->second;
    }
  }
  const auto picture = files_.Read(candidates_.at(photo).photo.paths.front());
  std::optional<Thumbnail> thumbnail;
  if (picture.ok() && (*picture)->pages <= 1) {
    thumbnail = MakeThumbnail(**picture);
  }
  const MutexLock lock(&mutex_);
  return thumbnails_[photo] = std::move(thumbnail);
}

// The best place of `crop` in `whole`.
std::optional<CropMatch> CropSearch::Align(PhotoId crop, PhotoId whole) {
  const std::optional<Thumbnail> crop_thumbnail = ThumbnailOf(crop);
  const std::optional<Thumbnail> whole_thumbnail = ThumbnailOf(whole);
  if (!crop_thumbnail.has_value() || !whole_thumbnail.has_value()) {
    return std::nullopt;
  }
  std::optional<CropMatch> best;
  for (const PicturePart& place : FindCrop(*whole_thumbnail, *crop_thumbnail)) {
    const auto crop_picture = files_.Read(candidates_.at(crop).photo.paths.front());
    const auto whole_picture = files_.Read(candidates_.at(whole).photo.paths.front());
    if (!crop_picture.ok() || !whole_picture.ok()) {
      return std::nullopt;
    }
    const std::optional<CropMatch> match = AlignCrop(**whole_picture, **crop_picture, place);
    if (match.has_value() && (!best.has_value() || match->correlation > best->correlation)) {
      best = match;
    }
  }
  return best;
}

std::optional<CropSearch::Match> CropSearch::Check(PhotoId crop, const Match& aligned) {
  const CopyCandidate& part = candidates_.at(crop);
  const CopyCandidate& whole = candidates_.at(aligned.whole);
  const PhotoText whole_text = TextWithin(whole, aligned.match.part);
  if (TextsDiffer(whole_text, TextMoved(part, whole, aligned.match.part))) {
    return std::nullopt;
  }
  const bool fine = !whole_text.lines.empty() && !part.text.lines.empty();
  const auto crop_picture = files_.Read(part.photo.paths.front());
  const auto usual = files_.Read(whole.photo.paths.front());
  if (!crop_picture.ok() || !usual.ok()) {
    return std::nullopt;
  }
  const int side = SideToCheck(**usual, **crop_picture, aligned.match.part, fine);
  const auto large = side > kPictureSide ? files_.ReadLarge(whole.photo.paths.front(), side) : usual;
  const auto match =
      large.ok() ? CheckCrop(**large, **crop_picture, aligned.match.part, fine) : std::optional<CropMatch>();
  return match.has_value() ? std::optional(Match{.whole = aligned.whole, .match = *match}) : std::nullopt;
}

// The photos among `wholes` that `crop` was cut from, the most similar first.
std::vector<CropSearch::Match> CropSearch::MatchesOf(PhotoId crop, const std::set<PhotoId>& wholes) {
  std::vector<Match> matches;
  for (const PhotoId whole : wholes) {
    if (const std::optional<CropMatch> aligned = Align(crop, whole); aligned.has_value()) {
      if (const std::optional<Match> match = Check(crop, {.whole = whole, .match = *aligned}); match.has_value()) {
        matches.push_back(*match);
      }
    }
  }
  std::ranges::stable_sort(matches, std::ranges::greater(), [](const Match& one) { return one.match.correlation; });
  return matches;
}

void CropSearch::Compare(int threads) {
  std::vector<PhotoId> crops;
  for (const auto& [crop, wholes] : wholes_) {
    crops.push_back(crop);
    matches_[crop];  // so that the threads change no map
  }
  std::atomic<std::size_t> next = 0;
  const auto work = [&] {
    for (std::size_t i = next++; i < crops.size(); i = next++) {
      matches_.at(crops[i]) = MatchesOf(crops[i], wholes_.at(crops[i]));
    }
  };
  std::vector<std::jthread> workers;
  for (int i = 1; i < threads; ++i) {
    workers.emplace_back(work);
  }
  work();
}

// Gives each crop the most similar photo that is not a crop itself. A crop of a crop is compared with the photo that
// the larger crop was cut from, even if their embeddings are far from each other.
std::vector<FoundCrop> CropSearch::Resolve() {
  std::vector<PhotoId> crops;
  for (const auto& [crop, matches] : matches_) {
    if (!matches.empty()) {
      crops.push_back(crop);
    }
  }
  // A crop has fewer pixels than the photo it was cut from, so that one's turn is earlier.
  std::ranges::stable_sort(crops, std::ranges::greater(), [&](PhotoId crop) { return Pixels(candidates_.at(crop)); });
  std::map<PhotoId, Match> found;
  for (const PhotoId crop : crops) {
    std::vector<Match> matches = matches_.at(crop);
    std::set<PhotoId> further;
    std::erase_if(matches, [&](const Match& one) {
      const auto larger = found.find(one.whole);
      if (larger != found.end() && MayBeCrop(candidates_.at(crop), candidates_.at(larger->second.whole))) {
        further.insert(larger->second.whole);
      }
      return larger != found.end();
    });
    if (matches.empty()) {
      matches = MatchesOf(crop, further);
    }
    if (!matches.empty()) {
      found.emplace(crop, matches.front());
    }
  }
  std::vector<FoundCrop> result;
  for (const auto& [crop, match] : found) {
    result.push_back({.crop = candidates_.at(crop), .whole = candidates_.at(match.whole), .part = match.match.part});
  }
  return result;
}

}  // namespace

StatusOr<std::vector<FoundCrop>> FindCrops(SearchCatalog& catalog, VectorSearch& vectors, LibraryFiles& files,
                                           const std::vector<PhotoId>& photos,
                                           const std::function<StatusOr<CopyCandidate>(PhotoId)>& describe,
                                           int threads) {
  CropSearch search(files);
  CALOTYPE_RETURN_IF_ERROR(search.CollectPairs(catalog, vectors, photos, describe));
  search.Compare(threads);
  return search.Resolve();
}

}  // namespace calotype
