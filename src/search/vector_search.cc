#include "search/vector_search.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <system_error>
#include <utility>

#include "base/file_lock.h"
#include "base/log.h"
#include "search/vector_index/dot.h"
#include "search/vector_index/vector_file.h"

namespace calotype {
namespace {

namespace fs = std::filesystem;

// An index of which more than this part is deleted entries is rebuilt.
constexpr double kMaxGone = 0.25;

// Opening an index takes milliseconds, building one of a million vectors much longer than reading them once. So a
// thread waits this long for another one that may only be opening it, then reads the catalogue.
constexpr std::chrono::seconds kLongestWait{1};

StatusOr<std::vector<ScoredPhoto>> ReadAll(VectorCatalog& catalog, std::string_view space, std::span<const float> query,
                                           std::size_t count, float floor, const PhotoChoice& choice) {
  TopHits top(count);
  CALOTYPE_RETURN_IF_ERROR(
      catalog.ForEachEmbedding(space, /*absent_too=*/false, [&](PhotoId photo, std::span<const uint16_t> halves) {
        const float cosine = DotHalves(query, halves);
        if (cosine >= floor && cosine <= kMaxCosine && choice.Allows(photo)) {
          top.Add({.photo = photo, .score = cosine});
        }
      }));
  return top.Take();
}

bool IsOutOfDate(const VectorFileState& state, const VectorChanges& changes) {
  return state.last_change != changes.last;
}

bool IsUpToDate(const VectorIndex* index, std::size_t dimension, const VectorChanges& changes) {
  return index != nullptr && index->dimension() == dimension && index->library() == changes.library &&
         !IsOutOfDate(index->state(), changes);
}

// True for an index of this catalogue that may lack its latest changes. One that has later changes than the catalogue
// does not fit to it.
bool IsMerelyBehind(const VectorIndex* index, std::size_t dimension, const VectorChanges& changes) {
  return index != nullptr && index->dimension() == dimension && index->library() == changes.library &&
         index->state().last_change <= changes.last;
}

// True when the catalogue no longer keeps the changes since the index was updated, or too much of it is deleted.
bool MustBeRebuilt(const VectorFileState& state, const VectorChanges& changes) {
  return state.last_change > changes.last || state.last_change + 1 < changes.first ||
         static_cast<double>(state.gone) > kMaxGone * static_cast<double>(std::max<uint64_t>(state.count, 1));
}

StatusOr<FileLock> LockIndex(const fs::path& folder) {
  return FileLock::Take(fs::path(folder.string() + ".lock"), "update of this vector index");
}

}  // namespace

// Lets the next thread update the space's index when it is destroyed.
class VectorSearch::UpdateEnd {
 public:
  explicit UpdateEnd(Space& space) : space_(space) {}
  UpdateEnd(const UpdateEnd&) = delete;
  UpdateEnd& operator=(const UpdateEnd&) = delete;
  ~UpdateEnd() {
    const MutexLock lock(&space_.mutex);
    space_.updating = false;
  }

 private:
  Space& space_;
};

VectorSearch::Space& VectorSearch::SpaceOf(std::string_view name) {
  const MutexLock lock(&mutex_);
  const auto found = spaces_.find(name);
  return found != spaces_.end() ? found->second
                                : spaces_.try_emplace(std::string(name), std::string(name)).first->second;
}

bool VectorSearch::IsLargeEnough(const VectorChanges& changes) const {
  return !folder_.empty() && changes.vectors >= index_from_;
}

fs::path VectorSearch::FolderOf(const Space& space) const { return folder_ / FolderOfSpace(space.name); }

Status VectorSearch::CatchUp(VectorCatalog& catalog, const std::string& space, const VectorChanges& changes,
                             VectorIndex& index) {
  Status status;
  if (index.state().count == 0) {
    CALOTYPE_RETURN_IF_ERROR(
        catalog.ForEachEmbedding(space, /*absent_too=*/true, [&](PhotoId photo, std::span<const uint16_t> halves) {
          if (status.ok() && halves.size() == index.dimension()) {
            status = index.Append(photo, halves);
          }
        }));
    CALOTYPE_RETURN_IF_ERROR(status);
    return index.Commit(changes.last);
  }
  CALOTYPE_ASSIGN_OR_RETURN(const std::vector<PhotoId> changed,
                            catalog.VectorsChangedSince(space, index.state().last_change));
  CALOTYPE_RETURN_IF_ERROR(index.RemovePhotos({changed.begin(), changed.end()}));
  for (const PhotoId photo : changed) {
    CALOTYPE_ASSIGN_OR_RETURN(const std::optional<std::vector<uint16_t>> halves, catalog.Embedding(space, photo));
    if (halves.has_value() && halves->size() == index.dimension()) {
      CALOTYPE_RETURN_IF_ERROR(index.Append(photo, *halves));
    }
  }
  return index.Commit(changes.last);
}

StatusOr<VectorSearch::Snapshot> VectorSearch::UsableIndex(VectorCatalog& catalog, Space& space,
                                                           std::size_t dimension) const {
  CALOTYPE_ASSIGN_OR_RETURN(const VectorChanges changes, catalog.ChangesOfVectors(space.name, index_from_));
  if (!IsLargeEnough(changes)) {
    return nullptr;
  }
  {
    const MutexLock lock(&space.mutex);
    const VectorIndex* const index = space.snapshot.get();
    if (IsUpToDate(index, dimension, changes) || (space.updating && IsMerelyBehind(index, dimension, changes))) {
      return space.snapshot;
    }
  }
  if (!BeginUpdate(space)) {
    return nullptr;
  }
  return FinishUpdate(catalog, space, dimension);
}

bool VectorSearch::BeginUpdate(Space& space) {
  const MutexLock lock(&space.mutex);
  const auto nobody_updates = [&space]() ABSL_NO_THREAD_SAFETY_ANALYSIS { return !space.updating; };
  if (!space.mutex.AwaitWithTimeout(nobody_updates, kLongestWait)) {
    return false;
  }
  space.updating = true;
  return true;
}

StatusOr<VectorSearch::Snapshot> VectorSearch::FinishUpdate(VectorCatalog& catalog, Space& space,
                                                            std::size_t dimension) const {
  const UpdateEnd end(space);
  Snapshot former;
  {
    const MutexLock lock(&space.mutex);
    former = space.snapshot;
  }
  StatusOr<Snapshot> index = OpenAndCatchUp(catalog, space, dimension, former);
  if (index.ok() && *index != nullptr) {
    const MutexLock lock(&space.mutex);
    space.snapshot = *index;
  }
  return index;
}

StatusOr<VectorSearch::Snapshot> VectorSearch::OpenAndCatchUp(VectorCatalog& catalog, const Space& space,
                                                              std::size_t dimension, const Snapshot& former) const {
  const fs::path folder = FolderOf(space);
  std::error_code error;
  fs::create_directories(folder_, error);
  const StatusOr<FileLock> lock = LockIndex(folder);
  // Asked under the lock: an answer from before could be older than what another updater has written since, and the
  // index would seem to know the future. Asked before the vectors are read: what changes in between is read twice.
  CALOTYPE_ASSIGN_OR_RETURN(const VectorChanges changes, catalog.ChangesOfVectors(space.name, index_from_));
  if (IsUpToDate(former.get(), dimension, changes)) {
    return former;
  }
  if (!lock.ok()) {
    // While another process updates the index, the former one is good enough, as it is while another thread does so.
    if (absl::IsFailedPrecondition(lock.status()) && IsMerelyBehind(former.get(), dimension, changes)) {
      return former;
    }
    if (!fs::exists(folder, error)) {
      return nullptr;
    }
  }
  StatusOr<std::unique_ptr<VectorIndex>> opened = VectorIndex::Open(folder, dimension, changes.library);
  if (!lock.ok()) {
    // It cannot be updated now, so it is of use only if nothing is missing.
    return opened.ok() && !IsOutOfDate((*opened)->state(), changes) ? Snapshot(*std::move(opened)) : nullptr;
  }
  const bool too_old = opened.ok() && MustBeRebuilt((*opened)->state(), changes);
  const bool other_version = absl::IsFailedPrecondition(opened.status());
  if (absl::IsDataLoss(opened.status()) || other_version || too_old) {
    if (!too_old) {
      // A new version of the program rebuilds the index once, which is no reason to worry a user.
      Log(other_version ? LogLevel::kInfo : LogLevel::kWarning,
          fmt::format("rebuilding the vector index {}: {}", folder.string(), Message(opened.status())));
    }
    opened = absl::UnknownError("");  // unmaps the files
    CALOTYPE_RETURN_IF_ERROR(VectorFile::Remove(folder));
    opened = VectorIndex::Open(folder, dimension, changes.library);
  }
  CALOTYPE_RETURN_IF_ERROR(opened.status());
  if (IsOutOfDate((*opened)->state(), changes)) {
    CALOTYPE_RETURN_IF_ERROR(CatchUp(catalog, space.name, changes, **opened));
  }
  return Snapshot(*std::move(opened));
}

StatusOr<bool> VectorSearch::Discard(Space& space, const Snapshot& damaged) const {
  if (!BeginUpdate(space)) {
    return false;
  }
  const UpdateEnd end(space);
  {
    const MutexLock lock(&space.mutex);
    if (space.snapshot != damaged) {
      return true;
    }
    space.snapshot = nullptr;
  }
  const StatusOr<FileLock> lock = LockIndex(FolderOf(space));
  if (!lock.ok()) {
    return false;
  }
  CALOTYPE_RETURN_IF_ERROR(VectorFile::Remove(FolderOf(space)));
  return true;
}

StatusOr<bool> VectorSearch::Update(VectorCatalog& catalog, std::string_view space_name) {
  Space& space = SpaceOf(space_name);
  CALOTYPE_ASSIGN_OR_RETURN(const VectorChanges changes, catalog.ChangesOfVectors(space.name, index_from_));
  if (!IsLargeEnough(changes)) {
    return false;
  }
  while (!BeginUpdate(space)) {
  }
  CALOTYPE_ASSIGN_OR_RETURN(const Snapshot index, FinishUpdate(catalog, space, changes.dimension));
  return index != nullptr;
}

StatusOr<std::vector<ScoredPhoto>> VectorSearch::Nearest(VectorCatalog& catalog, std::string_view space_name,
                                                         std::span<const float> query, std::size_t count, float floor,
                                                         const PhotoChoice& choice) {
  if (segments_ != nullptr) {
    CALOTYPE_ASSIGN_OR_RETURN(SegmentFollower::Answer answer,
                              segments_->Nearest(catalog, space_name, query, count, floor, choice));
    if (answer.state == SegmentFollower::State::kReady) {
      return std::move(answer.photos);
    }
    if (answer.state == SegmentFollower::State::kFetching) {
      return ReadAll(catalog, space_name, query, count, floor, choice);
    }
  }
  Space& space = SpaceOf(space_name);
  for (int attempt = 0; attempt < 2; ++attempt) {
    const StatusOr<Snapshot> index = UsableIndex(catalog, space, query.size());
    if (!index.ok() || *index == nullptr) {
      if (!index.ok()) {
        LogWarning("searching without the vector index of {}: {}", space.name, Message(index.status()));
      }
      break;
    }
    CALOTYPE_ASSIGN_OR_RETURN(const std::vector<PhotoId> absent, catalog.AbsentPhotos());
    PhotoSet except = choice.except == nullptr ? PhotoSet() : *choice.except;  // one bit per photo: cheap to copy
    for (const PhotoId photo : absent) {
      except.Add(photo);
    }
    StatusOr<std::vector<ScoredPhoto>> found =
        (*index)->Nearest(query, count, floor, {.only = choice.only, .except = &except});
    if (!absl::IsDataLoss(found.status())) {
      return found;
    }
    LogWarning("rebuilding the vector index {}: {}", FolderOf(space).string(), Message(found.status()));
    CALOTYPE_ASSIGN_OR_RETURN(const bool discarded, Discard(space, *index));
    if (!discarded) {
      break;
    }
  }
  return ReadAll(catalog, space.name, query, count, floor, choice);
}

}  // namespace calotype
