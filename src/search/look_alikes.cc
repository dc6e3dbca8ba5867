#include "search/look_alikes.h"

#include <algorithm>
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "base/half.h"
#include "search/alike_pairs.h"
#include "search/union_find.h"
#include "search/vector_index/dot.h"

namespace calotype {
namespace {

// The number of vectors from which MainDirections is computed.
constexpr std::size_t kSample = 2000;

// A sample of a space's vectors, spread evenly over all of them; one after the other.
StatusOr<std::vector<float>> Sample(SearchCatalog& catalog, const std::string& space) {
  std::vector<float> sample;
  std::size_t taken = 0;
  std::size_t stride = 1;
  std::size_t at = 0;
  CALOTYPE_RETURN_IF_ERROR(
      catalog.ForEachEmbedding(space, /*absent_too=*/false, [&](PhotoId /*photo*/, std::span<const uint16_t> halves) {
        if (at++ % stride != 0 || (taken > 0 && halves.size() != sample.size() / taken)) {
          return;
        }
        if (taken == 2 * kSample) {
          // The sample is full: drop every second vector, and sample half as often from now on.
          for (std::size_t i = 1; i < kSample; ++i) {
            std::copy_n(sample.begin() + static_cast<std::ptrdiff_t>(2 * i * halves.size()), halves.size(),
                        sample.begin() + static_cast<std::ptrdiff_t>(i * halves.size()));
          }
          taken = kSample;
          stride *= 2;
          sample.resize(taken * halves.size());
        }
        const std::vector<float> vector = ToFloat(halves);
        sample.insert(sample.end(), vector.begin(), vector.end());
        ++taken;
      }));
  return sample;
}

// The photos of a space and the groups that they form.
class Linker {
 public:
  Linker(SearchCatalog& catalog, const std::string& space) : catalog_(catalog), space_(space) {}

  Status Read(const PhotoSet& copies);
  Status Link(float min_cosine, int threads);
  std::vector<std::vector<PhotoId>> Groups();

 private:
  // Joins the groups of two photos if they are similar and not in one group yet.
  Status Compare(std::size_t later, std::size_t earlier, float min_cosine);

  SearchCatalog& catalog_;
  const std::string& space_;
  std::vector<PhotoId> photos_;
  std::optional<MainDirections> directions_;
  std::optional<AlikePairs> pairs_;
  UnionFind sets_{0};
  std::size_t own_ = 0;  // index of the photo whose vector own_vector_ is
  std::vector<float> vector_;
};

Status Linker::Read(const PhotoSet& copies) {
  CALOTYPE_ASSIGN_OR_RETURN(const std::vector<float> sample, Sample(catalog_, space_));
  CALOTYPE_RETURN_IF_ERROR(
      catalog_.ForEachEmbedding(space_, /*absent_too=*/false, [&](PhotoId photo, std::span<const uint16_t> halves) {
        if (!directions_.has_value()) {
          directions_.emplace(sample, halves.size());
          pairs_.emplace(*directions_);
        }
        if (!copies.Contains(photo) && halves.size() == directions_->dimension()) {
          photos_.push_back(photo);
          pairs_->Add(ToFloat(halves));
        }
      }));
  sets_ = UnionFind(photos_.size());
  return absl::OkStatus();
}

Status Linker::Link(float min_cosine, int threads) {
  Status status;
  if (pairs_.has_value()) {
    pairs_->ForEach(min_cosine, threads, [&](std::size_t later, std::size_t earlier) {
      status.Update(Compare(later, earlier, min_cosine));
      return status.ok();
    });
  }
  return status;
}

Status Linker::Compare(std::size_t later, std::size_t earlier, float min_cosine) {
  if (sets_.Find(static_cast<uint32_t>(later)) == sets_.Find(static_cast<uint32_t>(earlier))) {
    return absl::OkStatus();
  }
  if (vector_.empty() || own_ != later) {
    CALOTYPE_ASSIGN_OR_RETURN(const auto halves, catalog_.Embedding(space_, photos_[later]));
    vector_ = halves.has_value() ? ToFloat(*halves) : std::vector<float>();
    own_ = later;
  }
  CALOTYPE_ASSIGN_OR_RETURN(const auto other, catalog_.Embedding(space_, photos_[earlier]));
  // A photo whose vector was replaced or deleted meanwhile is not similar to any.
  if (other.has_value() && other->size() == vector_.size() && DotHalves(vector_, *other) >= min_cosine) {
    sets_.Join(static_cast<uint32_t>(later), static_cast<uint32_t>(earlier));
  }
  return absl::OkStatus();
}

std::vector<std::vector<PhotoId>> Linker::Groups() {
  std::map<uint32_t, std::vector<PhotoId>> by_first;
  for (uint32_t i = 0; i < photos_.size(); ++i) {
    by_first[sets_.Find(i)].push_back(photos_[i]);
  }
  std::vector<std::vector<PhotoId>> groups;
  for (auto& [first, group] : by_first) {
    if (group.size() > 1) {
      groups.push_back(std::move(group));
    }
  }
  return groups;
}

StatusOr<std::vector<SimilarPhoto>> Describe(SearchCatalog& catalog, const std::string& space,
                                             const std::vector<PhotoId>& group) {
  CALOTYPE_ASSIGN_OR_RETURN(std::vector<std::string> paths, catalog.PathsOf(group));
  std::vector<float> first;
  std::vector<SimilarPhoto> described;
  for (std::size_t i = 0; i < group.size(); ++i) {
    CALOTYPE_ASSIGN_OR_RETURN(const std::optional<std::vector<uint16_t>> halves, catalog.Embedding(space, group[i]));
    const std::vector<float> vector = halves.has_value() ? ToFloat(*halves) : std::vector<float>();
    if (i == 0) {
      first = vector;
    }
    described.push_back({.photo = group[i], .path = std::move(paths[i]), .cosine = Dot(first, vector)});
  }
  std::stable_sort(described.begin() + 1, described.end(),
                   [](const SimilarPhoto& a, const SimilarPhoto& b) { return a.cosine > b.cosine; });
  return described;
}

}  // namespace

StatusOr<std::vector<std::vector<SimilarPhoto>>> FindLookAlikes(SearchCatalog& catalog, float min_cosine,
                                                                const PhotoSet& copies, int threads) {
  CALOTYPE_ASSIGN_OR_RETURN(const std::vector<std::string> spaces, catalog.Spaces());
  std::vector<std::vector<SimilarPhoto>> result;
  for (const std::string& space : spaces) {
    Linker linker(catalog, space);
    CALOTYPE_RETURN_IF_ERROR(linker.Read(copies));
    CALOTYPE_RETURN_IF_ERROR(linker.Link(min_cosine, threads));
    for (const std::vector<PhotoId>& group : linker.Groups()) {
      CALOTYPE_ASSIGN_OR_RETURN(std::vector<SimilarPhoto> described, Describe(catalog, space, group));
      result.push_back(std::move(described));
    }
  }
  std::ranges::sort(result, {}, [](const std::vector<SimilarPhoto>& group) { return group.front().photo; });
  return result;
}

}  // namespace calotype
