#include "search/duplicates.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <tuple>
#include <utility>

#include "analysis/pdq/pdq.h"

namespace calotype {
namespace {

using HashRecord = Catalog::HashRecord;

// Sets of indices; joining keeps the lower index as the name of both.
class UnionFind {
 public:
  explicit UnionFind(std::size_t size) : parent_(size) { std::iota(parent_.begin(), parent_.end(), std::size_t{0}); }

  std::size_t Find(std::size_t i) {
    while (parent_[i] != i) {
      parent_[i] = parent_[parent_[i]];
      i = parent_[i];
    }
    return i;
  }
  void Join(std::size_t a, std::size_t b) {
    const std::size_t root_a = Find(a);
    const std::size_t root_b = Find(b);
    parent_[std::max(root_a, root_b)] = std::min(root_a, root_b);
  }

 private:
  std::vector<std::size_t> parent_;
};

// The members of each group of two or more, by the photo that names it.
std::map<PhotoId, std::vector<HashRecord>> GroupByDistance(const std::vector<HashRecord>& hashes, int max_distance) {
  UnionFind sets(hashes.size());
  for (std::size_t i = 0; i < hashes.size(); ++i) {
    for (std::size_t j = i + 1; j < hashes.size(); ++j) {
      if (HammingDistance(hashes[i].pdq.hash, hashes[j].pdq.hash) <= max_distance) {
        sets.Join(i, j);
      }
    }
  }
  std::map<PhotoId, std::vector<HashRecord>> groups;
  for (std::size_t i = 0; i < hashes.size(); ++i) {
    groups[hashes[sets.Find(i)].photo].push_back(hashes[i]);
  }
  std::erase_if(groups, [](const auto& group) { return group.second.size() < 2; });
  return groups;
}

struct Member {
  DuplicatePhoto photo;
  PdqHash hash;
};

StatusOr<Member> Describe(Catalog& catalog, const HashRecord& record) {
  CALOTYPE_ASSIGN_OR_RETURN(PhotoRecord photo, catalog.GetPhoto(record.photo));
  photo.paths.resize(photo.present_paths);
  return Member{.photo = {.photo = photo.id,
                          .paths = std::move(photo.paths),
                          .bytes = photo.bytes,
                          .width = photo.properties.has_value() ? photo.properties->width : 0,
                          .height = photo.properties.has_value() ? photo.properties->height : 0,
                          .distance = 0},
                .hash = record.pdq.hash};
}

bool IsBetterKeeper(const Member& a, const Member& b) {
  const auto merit = [](const DuplicatePhoto& photo) {
    return std::tuple(int64_t{photo.width} * photo.height, photo.bytes, -photo.photo);
  };
  return merit(a.photo) > merit(b.photo);
}

StatusOr<DuplicateGroup> MakeGroup(Catalog& catalog, const std::vector<HashRecord>& records) {
  std::vector<Member> members;
  for (const HashRecord& record : records) {
    CALOTYPE_ASSIGN_OR_RETURN(Member member, Describe(catalog, record));
    members.push_back(std::move(member));
  }
  std::ranges::sort(members, IsBetterKeeper);
  DuplicateGroup group;
  for (Member& member : members) {
    member.photo.distance = HammingDistance(members.front().hash, member.hash);
    group.push_back(std::move(member.photo));
  }
  return group;
}

}  // namespace

StatusOr<std::vector<DuplicateGroup>> FindDuplicates(Catalog& catalog, const DuplicateOptions& options) {
  CALOTYPE_ASSIGN_OR_RETURN(std::vector<HashRecord> hashes, catalog.PdqHashes());
  std::erase_if(hashes, [&options](const HashRecord& hash) { return hash.pdq.quality < options.min_quality; });
  auto groups = GroupByDistance(hashes, options.max_distance);
  std::vector<PhotoId> grouped;
  for (const auto& [name, records] : groups) {
    for (const HashRecord& record : records) {
      grouped.push_back(record.photo);
    }
  }
  std::ranges::sort(grouped);
  CALOTYPE_ASSIGN_OR_RETURN(const std::vector<PhotoId> copied, catalog.PhotosWithCopies());
  for (const PhotoId photo : copied) {
    if (!std::ranges::binary_search(grouped, photo)) {
      groups[photo].push_back({.photo = photo, .pdq = {}});
    }
  }
  std::vector<DuplicateGroup> result;
  for (const auto& [name, records] : groups) {
    CALOTYPE_ASSIGN_OR_RETURN(DuplicateGroup group, MakeGroup(catalog, records));
    result.push_back(std::move(group));
  }
  std::ranges::sort(result, {}, [](const DuplicateGroup& group) { return group.front().photo; });
  return result;
}

}  // namespace calotype
