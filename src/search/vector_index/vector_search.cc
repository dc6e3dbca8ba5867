#include "search/vector_index/vector_search.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <system_error>
#include <unordered_set>
#include <utility>

#include "base/file_lock.h"
#include "base/log.h"
#include "search/dot.h"

namespace calotype {
namespace {

namespace fs = std::filesystem;

// Cosines of unit vectors in f16 may pass 1 by a rounding; what passes it by more is no vector.
constexpr float kMaxCosine = 1.01F;

// When more than this part of an index is gone, it is made anew.
constexpr double kMaxGone = 0.25;

StatusOr<std::vector<ScoredPhoto>> ReadAll(Catalog& catalog, std::string_view space, std::span<const float> query,
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

// True when the journal does not reach back to what the index knows, or the index is mostly gone.
bool MustBeMadeAnew(const VectorFileState& state, const VectorChanges& changes) {
  return state.last_change > changes.last || state.last_change + 1 < changes.first ||
         static_cast<double>(state.gone) > kMaxGone * static_cast<double>(std::max<uint64_t>(state.count, 1));
}

}  // namespace

fs::path VectorSearch::FolderOf(std::string_view space) const {
  std::string name(space);
  std::ranges::replace_if(name, [](char c) { return c == '/' || c == '.' || c == '\0'; }, '_');
  return folder_ / name;
}

Status VectorSearch::CatchUp(Catalog& catalog, const std::string& space, const VectorChanges& changes,
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

// Null when the index cannot be used at the moment.
StatusOr<VectorIndex*> VectorSearch::UpToDate(Catalog& catalog, const std::string& space, std::size_t dimension) {
  // Asked before the vectors are read: what changes in between is read twice, not missed.
  CALOTYPE_ASSIGN_OR_RETURN(const VectorChanges changes, catalog.ChangesOfVectors(space, index_from_));
  if (folder_.empty() || changes.vectors < index_from_) {
    return nullptr;
  }
  std::unique_ptr<VectorIndex>& index = indices_[space];
  if (index != nullptr && index->dimension() == dimension && !IsOutOfDate(index->state(), changes)) {
    return index.get();
  }
  index.reset();
  const fs::path folder = FolderOf(space);
  std::error_code error;
  fs::create_directories(folder_, error);
  const StatusOr<FileLock> lock = FileLock::Take(fs::path(folder.string() + ".lock"), "update of this vector index");
  if (!lock.ok() && !fs::exists(folder, error)) {
    return nullptr;
  }
  StatusOr<std::unique_ptr<VectorIndex>> opened = VectorIndex::Open(folder, dimension, changes.library);
  if (!lock.ok()) {
    // Somebody else brings it up to date: good for now only if nothing is missing.
    if (opened.ok() && !IsOutOfDate((*opened)->state(), changes)) {
      index = *std::move(opened);
    }
    return index.get();
  }
  const bool anew = opened.ok() && MustBeMadeAnew((*opened)->state(), changes);
  const bool other_version = absl::IsFailedPrecondition(opened.status());
  if (absl::IsDataLoss(opened.status()) || other_version || anew) {
    if (!anew) {
      // Nobody need worry about what a new version of the program does once.
      Log(other_version ? LogLevel::kInfo : LogLevel::kWarning,
          fmt::format("the vector index {} is made anew: {}", folder.string(), Message(opened.status())));
    }
    opened = absl::UnknownError("");
    CALOTYPE_RETURN_IF_ERROR(VectorFile::Remove(folder));
    opened = VectorIndex::Open(folder, dimension, changes.library);
  }
  CALOTYPE_RETURN_IF_ERROR(opened.status());
  if (IsOutOfDate((*opened)->state(), changes)) {
    CALOTYPE_RETURN_IF_ERROR(CatchUp(catalog, space, changes, **opened));
  }
  index = *std::move(opened);
  return index.get();
}

StatusOr<bool> VectorSearch::Update(Catalog& catalog, std::string_view space) {
  const MutexLock lock(&mutex_);
  CALOTYPE_ASSIGN_OR_RETURN(const VectorChanges changes, catalog.ChangesOfVectors(space, 1));
  CALOTYPE_ASSIGN_OR_RETURN(const VectorIndex* const index, UpToDate(catalog, std::string(space), changes.dimension));
  return index != nullptr;
}

StatusOr<std::vector<ScoredPhoto>> VectorSearch::Nearest(Catalog& catalog, std::string_view space,
                                                         std::span<const float> query, std::size_t count, float floor,
                                                         const PhotoChoice& choice) {
  const MutexLock lock(&mutex_);
  const std::string name(space);
  for (int attempt = 0; attempt < 2; ++attempt) {
    const StatusOr<VectorIndex*> index = UpToDate(catalog, name, query.size());
    if (!index.ok() || *index == nullptr) {
      if (!index.ok()) {
        LogWarning("the vector index of {} is not used: {}", name, Message(index.status()));
      }
      break;
    }
    CALOTYPE_ASSIGN_OR_RETURN(const std::vector<PhotoId> absent, catalog.AbsentPhotos());
    PhotoSet except = choice.except == nullptr ? PhotoSet() : *choice.except;  // a bit a photo: quickly copied
    for (const PhotoId photo : absent) {
      except.Add(photo);
    }
    StatusOr<std::vector<ScoredPhoto>> found =
        (*index)->Nearest(query, count, floor, {.only = choice.only, .except = &except});
    if (!absl::IsDataLoss(found.status())) {
      return found;
    }
    LogWarning("the vector index {} is made anew: {}", FolderOf(space).string(), Message(found.status()));
    indices_.erase(name);
    const StatusOr<FileLock> exclusive =
        FileLock::Take(fs::path(FolderOf(space).string() + ".lock"), "update of this vector index");
    if (!exclusive.ok()) {
      break;
    }
    CALOTYPE_RETURN_IF_ERROR(VectorFile::Remove(FolderOf(space)));
  }
  return ReadAll(catalog, space, query, count, floor, choice);
}

}  // namespace calotype
