#include "search/segments/segment_follower.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "search/vector_index/dot.h"

namespace calotype {
Status SegmentFollower::Follow(VectorCatalog& catalog, const std::stop_token& stop) {
  CALOTYPE_ASSIGN_OR_RETURN(const std::vector<std::string> spaces, catalog.SegmentSpaces());
  Status first;
  for (const std::string& space : spaces) {
    first.Update(FollowSpace(catalog, space, stop));
  }
  return first;
}

Status SegmentFollower::FollowSpace(VectorCatalog& catalog, const std::string& name, const std::stop_token& stop) {
  CALOTYPE_ASSIGN_OR_RETURN(const std::optional<std::string> text, catalog.SegmentManifest(name));
  if (!text.has_value()) {
    return absl::OkStatus();
  }
  {
    const MutexLock lock(&mutex_);
    const Space& space = spaces_[name];
    if (space.ready != nullptr && space.text == *text) {
      return absl::OkStatus();
    }
  }
  CALOTYPE_ASSIGN_OR_RETURN(const IndexManifest manifest, ParseIndexManifest(*text));
  const SegmentCache cache(store_, folder_, name);
  const auto report = [&](const SegmentProgress& progress) {
    const MutexLock lock(&mutex_);
    spaces_[name].progress = progress;
  };
  CALOTYPE_ASSIGN_OR_RETURN(std::shared_ptr<const SegmentSet> set, cache.Get(manifest, report, stop));
  auto ready = std::make_shared<Ready>(std::move(set));
  // Before others search with it: they would all read the same changes.
  CALOTYPE_ASSIGN_OR_RETURN(const VectorChanges changes, catalog.ChangesOfVectors(name, 1));
  if (manifest.Continues(changes)) {
    CALOTYPE_RETURN_IF_ERROR(ready->recent.CatchUp(catalog, name, changes));
  }
  {
    const MutexLock lock(&mutex_);
    Space& space = spaces_[name];
    space.ready = std::move(ready);
    space.text = *text;
  }
  return cache.Tidy(manifest);
}

void SegmentFollower::Discard(std::string_view name, const std::shared_ptr<Ready>& damaged) {
  const MutexLock lock(&mutex_);
  const auto space = spaces_.find(name);
  if (space == spaces_.end() || space->second.ready != damaged) {
    return;
  }
  space->second.ready = nullptr;
  space->second.progress.segments = space->second.progress.photos = 0;
  if (const Status tidied = SegmentCache(store_, folder_, std::string(name)).Tidy({}); !tidied.ok()) {
    LogWarning("{}", Message(tidied));
  }
}

StatusOr<SegmentFollower::Answer> SegmentFollower::Nearest(VectorCatalog& catalog, std::string_view space_name,
                                                           std::span<const float> query, std::size_t count, float floor,
                                                           const PhotoChoice& choice) {
  std::shared_ptr<Ready> ready;
  {
    const MutexLock lock(&mutex_);
    const auto space = spaces_.find(space_name);
    if (space == spaces_.end()) {
      return Answer{};
    }
    ready = space->second.ready;
  }
  if (ready == nullptr) {
    return Answer{.state = State::kFetching, .photos = {}};
  }
  CALOTYPE_ASSIGN_OR_RETURN(const VectorChanges changes, catalog.ChangesOfVectors(space_name, 1));
  const IndexManifest& manifest = ready->set->manifest();
  if (manifest.dimension != query.size() || !manifest.Continues(changes)) {
    return Answer{};
  }
  CALOTYPE_RETURN_IF_ERROR(ready->recent.CatchUp(catalog, space_name, changes));
  CALOTYPE_ASSIGN_OR_RETURN(const std::vector<PhotoId> absent, catalog.AbsentPhotos());
  PhotoSet except = choice.except == nullptr ? PhotoSet() : *choice.except;
  for (const PhotoId photo : absent) {
    except.Add(photo);
  }
  TopHits top(count);
  ready->recent.Compare(query, floor, kMaxCosine, {.only = choice.only, .except = &except}, top);
  // What was just compared raises the bound for the segments.
  const float bound = count > 0 && top.full() ? std::max(floor, top.worst().score) : floor;
  ready->recent.AddChanged(except);
  const StatusOr<std::vector<ScoredPhoto>> found =
      ready->set->Nearest(query, count, bound, {.only = choice.only, .except = &except});
  if (absl::IsDataLoss(found.status())) {
    LogWarning("fetching the index segments of {} again: {}", space_name, Message(found.status()));
    Discard(space_name, ready);
    return Answer{.state = State::kFetching, .photos = {}};
  }
  CALOTYPE_RETURN_IF_ERROR(found.status());
  for (const ScoredPhoto& photo : *found) {
    top.Add(photo);
  }
  return Answer{.state = State::kReady, .photos = top.Take()};
}

SegmentProgress SegmentFollower::Progress() const {
  const MutexLock lock(&mutex_);
  SegmentProgress sum;
  for (const auto& [name, space] : spaces_) {
    sum.segments += space.progress.segments;
    sum.all_segments += space.progress.all_segments;
    sum.photos += space.progress.photos;
    sum.all_photos += space.progress.all_photos;
  }
  return sum;
}

}  // namespace calotype
