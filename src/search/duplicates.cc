#include "search/duplicates.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>

#include "search/hash_groups.h"

namespace calotype {
namespace {

constexpr std::size_t kSecondsLength = std::string_view("2024-05-01T12:34:56").size();

struct Member {
  DuplicatePhoto photo;
  PdqHash hash;
  int format = 0;  // higher: preserves more of the picture
  int facts = 0;   // how many of the facts that cannot be restored it has
  std::string camera;
  std::string taken_at;
};

// Raw data, then lossless formats, then formats with little loss, then the others.
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

StatusOr<Member> Describe(SearchCatalog& catalog, const HashRecord& record) {
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
                          .turn = PdqTurn::kNone,
                          .reason = {}},
                .hash = record.pdq.hash,
                .format = FormatMerit(has_raw ? PhotoFormat::kRaw : properties.format),
                .facts = (facts.taken_at.empty() ? 0 : 1) + (facts.camera.empty() ? 0 : 1) + (facts.gps ? 1 : 0),
                .camera = facts.camera,
                .taken_at = facts.taken_at};
}

int64_t Pixels(const Member& member) { return int64_t{member.photo.width} * member.photo.height; }

// The reason for `keeper`: the first criterion in which the two differ.
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

// The earlier date is more likely the time of capture. A missing date counts as the latest.
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

// The distance of two hashes, at the turn where it is smallest.
std::pair<int, PdqTurn> Compare(const PdqHash& keeper, const PdqHash& copy, bool turned) {
  std::pair<int, PdqTurn> best(HammingDistance(keeper, copy), PdqTurn::kNone);
  for (int turn = 1; turned && turn < kPdqTurns; ++turn) {
    const auto way = static_cast<PdqTurn>(turn);
    best = std::min(best, std::pair(HammingDistance(TurnedHash(keeper, way), copy), way));
  }
  return best;
}

// Camera and time to the second; empty if the photo lacks one of them.
std::string ShotOf(const Member& member) {
  return member.camera.empty() || member.taken_at.size() < kSecondsLength
             ? std::string()
             : member.camera + '\n' + member.taken_at.substr(0, kSecondsLength);
}

// The fraction ".123" in "2024-05-01T12:34:56.123+02:00".
std::string FractionOf(const Member& member) {
  const std::string& time = member.taken_at;
  if (time.size() <= kSecondsLength || time[kSecondsLength] != '.') {
    return {};
  }
  return time.substr(kSecondsLength, time.find_first_not_of("0123456789", kSecondsLength + 1) - kSecondsLength);
}

// Splits `members` by shot and keeps their order; the entry "" has those without camera or time. Fractions of a second
// count only if every photo of that second has one.
std::map<std::string, std::vector<Member>> ByShot(std::vector<Member> members) {
  std::map<std::string, bool> has_fractions;
  for (const Member& member : members) {
    const auto [at, is_new] = has_fractions.emplace(ShotOf(member), true);
    at->second = at->second && !FractionOf(member).empty();
  }
  std::map<std::string, std::vector<Member>> shots;
  for (Member& member : members) {
    const std::string shot = ShotOf(member);
    shots[!shot.empty() && has_fractions[shot] ? shot + FractionOf(member) : shot].push_back(std::move(member));
  }
  return shots;
}

// Splits a group of photos with similar hashes into shots.
std::vector<std::vector<Member>> SplitByShot(std::vector<Member> members, bool turned) {
  std::map<std::string, std::vector<Member>> shots = ByShot(std::move(members));
  std::vector<Member> unsaid = std::move(shots[""]);
  shots.erase("");
  if (shots.empty()) {
    return {std::move(unsaid)};
  }
  std::vector<std::pair<PdqHash, std::vector<Member>*>> dated;
  for (auto& [name, shot] : shots) {
    for (const Member& member : shot) {
      dated.emplace_back(member.hash, &shot);
    }
  }
  for (Member& member : unsaid) {
    const auto nearest = std::ranges::min_element(
        dated, {}, [&](const auto& one) { return Compare(one.first, member.hash, turned).first; });
    nearest->second->push_back(std::move(member));
  }
  std::vector<std::vector<Member>> groups;
  for (auto& [name, shot] : shots) {
    groups.push_back(std::move(shot));
  }
  return groups;
}

DuplicateGroup MakeGroup(std::vector<Member> members, bool turned) {
  std::ranges::sort(members, IsBetterKeeper);
  DuplicateGroup group;
  std::string reason = members.size() > 1 ? WhyKeep(members[0], members[1]) : std::string();
  const PdqHash keeper = members.front().hash;
  for (Member& member : members) {
    std::tie(member.photo.distance, member.photo.turn) = Compare(keeper, member.hash, turned);
    member.photo.reason = std::exchange(reason, {});
    group.push_back(std::move(member.photo));
  }
  return group;
}

// The groups of photos whose hashes match.
StatusOr<std::vector<DuplicateGroup>> CopiesByHash(SearchCatalog& catalog, const std::vector<HashRecord>& hashes,
                                                   const DuplicateOptions& options) {
  std::vector<PdqHash> only;
  std::ranges::transform(hashes, std::back_inserter(only), [](const HashRecord& record) { return record.pdq.hash; });
  std::vector<DuplicateGroup> groups;
  for (const std::vector<uint32_t>& linked : GroupHashes(only, options.max_distance, options.turned)) {
    std::vector<Member> members;
    for (const uint32_t place : linked) {
      CALOTYPE_ASSIGN_OR_RETURN(Member member, Describe(catalog, hashes[place]));
      members.push_back(std::move(member));
    }
    for (std::vector<Member>& shot : SplitByShot(std::move(members), options.turned)) {
      if (shot.size() > 1) {
        groups.push_back(MakeGroup(std::move(shot), options.turned));
      }
    }
  }
  return groups;
}

}  // namespace

StatusOr<Duplicates> FindDuplicates(SearchCatalog& catalog, const DuplicateOptions& options) {
  CALOTYPE_ASSIGN_OR_RETURN(std::vector<HashRecord> hashes, catalog.PdqHashes());
  CALOTYPE_ASSIGN_OR_RETURN(const std::vector<PhotoPair> pairs, catalog.Pairs());
  const auto is_paired = [&pairs](PhotoId photo) {
    return std::ranges::binary_search(pairs, photo, {}, &PhotoPair::raw);
  };
  std::erase_if(hashes, [&](const HashRecord& hash) { return is_paired(hash.photo); });
  Duplicates found;
  found.plain = static_cast<int64_t>(
      std::erase_if(hashes, [&options](const HashRecord& hash) { return hash.pdq.quality < options.min_quality; }));
  CALOTYPE_ASSIGN_OR_RETURN(found.groups, CopiesByHash(catalog, hashes, options));
  std::vector<PhotoId> grouped;
  for (const DuplicateGroup& group : found.groups) {
    std::ranges::transform(group, std::back_inserter(grouped), &DuplicatePhoto::photo);
  }
  std::ranges::sort(grouped);
  CALOTYPE_ASSIGN_OR_RETURN(const std::vector<PhotoId> copied, catalog.PhotosWithCopies());
  for (const PhotoId photo : copied) {
    if (!std::ranges::binary_search(grouped, photo) && !is_paired(photo)) {
      CALOTYPE_ASSIGN_OR_RETURN(Member member, Describe(catalog, {.photo = photo, .pdq = {}}));
      found.groups.push_back({std::move(member.photo)});
    }
  }
  std::ranges::sort(found.groups, {}, [](const DuplicateGroup& group) { return group.front().photo; });
  return found;
}

StatusOr<PhotoSet> CopiesOfOthers(SearchCatalog& catalog) {
  CALOTYPE_ASSIGN_OR_RETURN(const Duplicates duplicates, FindDuplicates(catalog, {}));
  PhotoSet copies;
  for (const DuplicateGroup& group : duplicates.groups) {
    for (std::size_t i = 1; i < group.size(); ++i) {
      copies.Add(group[i].photo);
    }
  }
  return copies;
}

}  // namespace calotype
