#include "search/duplicates.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <string>
#include <tuple>
#include <utility>

#include "analysis/pdq/pdq.h"
#include "search/hash_groups.h"

namespace calotype {
namespace {

using HashRecord = Catalog::HashRecord;

// The members of each group of two or more, by the photo that names it.
std::map<PhotoId, std::vector<HashRecord>> GroupByDistance(const std::vector<HashRecord>& hashes, int max_distance) {
  std::vector<PdqHash> only;
  std::ranges::transform(hashes, std::back_inserter(only), [](const HashRecord& record) { return record.pdq.hash; });
  std::map<PhotoId, std::vector<HashRecord>> groups;
  for (const std::vector<uint32_t>& group : GroupHashes(only, max_distance)) {
    for (const uint32_t place : group) {
      groups[hashes[group.front()].photo].push_back(hashes[place]);
    }
  }
  return groups;
}

struct Member {
  DuplicatePhoto photo;
  PdqHash hash;
  int format = 0;  // the higher, the more of the picture it keeps
  int facts = 0;   // how many of those that cannot be had again it has
  std::string taken_at;
};

// Raw data, then what loses nothing, then what loses little, then the rest.
int FormatMerit(PhotoFormat format) {
  switch (format) {
    case PhotoFormat::kRaw:
      return 4;
    case PhotoFormat::kTiff:
    case PhotoFormat::kPng:
      return 3;
    case PhotoFormat::kHeic:
    case PhotoFormat::kAvif:
    case PhotoFormat::kJpegXl:
      return 2;
    case PhotoFormat::kJpeg:
      return 1;
    default:
      return 0;
  }
}

StatusOr<Member> Describe(Catalog& catalog, const HashRecord& record) {
  CALOTYPE_ASSIGN_OR_RETURN(PhotoRecord photo, catalog.GetPhoto(record.photo));
  photo.paths.resize(photo.present_paths);
  std::vector<std::string> with;
  bool has_raw = false;
  for (const Companion& companion : photo.companions) {
    if (std::ranges::find(photo.paths, companion.photo_path) != photo.paths.end()) {
      with.push_back(companion.path);
      has_raw = has_raw || companion.kind == CompanionKind::kRaw;
    }
  }
  const PhotoProperties properties = photo.properties.value_or(PhotoProperties{});
  const PhotoFacts& facts = properties.facts;
  return Member{.photo = {.photo = photo.id,
                          .paths = std::move(photo.paths),
                          .with = std::move(with),
                          .bytes = photo.bytes,
                          .width = properties.width,
                          .height = properties.height,
                          .format = properties.format,
                          .distance = 0,
                          .reason = {}},
                .hash = record.pdq.hash,
                .format = FormatMerit(has_raw ? PhotoFormat::kRaw : properties.format),
                .facts = (facts.taken_at.empty() ? 0 : 1) + (facts.camera.empty() ? 0 : 1) + (facts.gps ? 1 : 0),
                .taken_at = facts.taken_at};
}

int64_t Pixels(const Member& member) { return int64_t{member.photo.width} * member.photo.height; }

// What speaks for `keeper`: the first thing in which the two differ.
std::string WhyKeep(const Member& keeper, const Member& other) {
  if (Pixels(keeper) != Pixels(other)) {
    return fmt::format("{}x{} against {}x{}", keeper.photo.width, keeper.photo.height, other.photo.width,
                       other.photo.height);
  }
  if (keeper.format != other.format) {
    return FormatMerit(keeper.photo.format) < keeper.format
               ? "it has its RAW"
               : fmt::format("{} against {}", FormatName(keeper.photo.format), FormatName(other.photo.format));
  }
  if (keeper.facts != other.facts) {
    return "it has more of date, camera and place";
  }
  if (keeper.taken_at != other.taken_at) {
    return "it says that it was taken earlier";
  }
  return keeper.photo.bytes != other.photo.bytes
             ? fmt::format("{} bytes against {}", keeper.photo.bytes, other.photo.bytes)
             : "it was there first";
}

// An earlier date is more likely to be that of the shutter; one that is missing is the latest.
bool IsBetterKeeper(const Member& a, const Member& b) {
  const auto merit = [](const Member& one) { return std::tuple(Pixels(one), one.format, one.facts); };
  if (merit(a) != merit(b)) {
    return merit(a) > merit(b);
  }
  if (a.taken_at != b.taken_at) {
    return !a.taken_at.empty() && (b.taken_at.empty() || a.taken_at < b.taken_at);
  }
  return std::tuple(a.photo.bytes, -a.photo.photo) > std::tuple(b.photo.bytes, -b.photo.photo);
}

StatusOr<DuplicateGroup> MakeGroup(Catalog& catalog, const std::vector<HashRecord>& records) {
  std::vector<Member> members;
  for (const HashRecord& record : records) {
    CALOTYPE_ASSIGN_OR_RETURN(Member member, Describe(catalog, record));
    members.push_back(std::move(member));
  }
  std::ranges::sort(members, IsBetterKeeper);
  DuplicateGroup group;
  std::string reason = members.size() > 1 ? WhyKeep(members[0], members[1]) : std::string();
  for (Member& member : members) {
    member.photo.distance = HammingDistance(members.front().hash, member.hash);
    member.photo.reason = std::exchange(reason, {});
    group.push_back(std::move(member.photo));
  }
  return group;
}

}  // namespace

StatusOr<std::vector<DuplicateGroup>> FindDuplicates(Catalog& catalog, const DuplicateOptions& options) {
  CALOTYPE_ASSIGN_OR_RETURN(std::vector<HashRecord> hashes, catalog.PdqHashes());
  CALOTYPE_ASSIGN_OR_RETURN(const std::vector<PhotoPair> pairs, catalog.Pairs());
  const auto is_paired = [&pairs](PhotoId photo) {
    return std::ranges::binary_search(pairs, photo, {}, &PhotoPair::raw);
  };
  std::erase_if(
      hashes, [&](const HashRecord& hash) { return hash.pdq.quality < options.min_quality || is_paired(hash.photo); });
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
    if (!std::ranges::binary_search(grouped, photo) && !is_paired(photo)) {
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
