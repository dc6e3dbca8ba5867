#include "search/copy_groups.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string_view>
#include <tuple>
#include <utility>

namespace calotype {
namespace {

constexpr std::size_t kSecondsLength = std::string_view("2024-05-01T12:34:56").size();
constexpr std::size_t kMostKeepersTried = 8;

// The reason for `keeper`: the first criterion in which the two differ.
std::string WhyKeep(const CopyCandidate& keeper, const CopyCandidate& other) {
  if (keeper.is_grey != other.is_grey) {
    return "colour against greyscale";
  }
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
bool IsBetterKeeper(const CopyCandidate& a, const CopyCandidate& b) {
  const auto merit = [](const CopyCandidate& one) {
    return std::tuple(!one.is_grey, Pixels(one), one.format, one.facts);
  };
  if (merit(a) != merit(b)) {
    return merit(a) > merit(b);
  }
  if (a.taken_at != b.taken_at) {
    return !a.taken_at.empty() && (b.taken_at.empty() || a.taken_at < b.taken_at);
  }
  return std::tuple(a.photo.bytes, -a.photo.photo) > std::tuple(b.photo.bytes, -b.photo.photo);
}

// The distance of two hashes, at the turn where it is smallest.
std::pair<int, PdqTurn> Distance(const PdqHash& keeper, const PdqHash& copy, bool turned) {
  std::pair<int, PdqTurn> best(HammingDistance(keeper, copy), PdqTurn::kNone);
  for (int turn = 1; turned && turn < kPdqTurns; ++turn) {
    const auto way = static_cast<PdqTurn>(turn);
    best = std::min(best, std::pair(HammingDistance(TurnedHash(keeper, way), copy), way));
  }
  return best;
}

// When one camera took a photo. Empty if the photo lacks camera or time of day.
struct CaptureMoment {
  std::string camera;
  std::string time;
  bool empty() const { return camera.empty(); }
};

CaptureMoment SecondOf(const CopyCandidate& one) {
  return one.camera.empty() || one.taken_at.size() < kSecondsLength
             ? CaptureMoment()
             : CaptureMoment{.camera = one.camera, .time = one.taken_at.substr(0, kSecondsLength)};
}

// The fraction ".123" in "2024-05-01T12:34:56.123+02:00".
std::string FractionOf(const CopyCandidate& one) {
  const std::string& time = one.taken_at;
  if (time.size() <= kSecondsLength || time[kSecondsLength] != '.') {
    return {};
  }
  return time.substr(kSecondsLength, time.find_first_not_of("0123456789", kSecondsLength + 1) - kSecondsLength);
}

// A capture moment as numbers, which are compared faster than texts. Photos of one camera at different moments are
// different photos.
struct ShotNumber {
  int camera = 0;  // 0: the photo lacks camera or time of day
  int moment = 0;  // numbers of two cameras may be equal
  bool empty() const { return camera == 0; }
};

bool Conflict(const ShotNumber& a, const ShotNumber& b) {
  return !a.empty() && a.camera == b.camera && a.moment != b.moment;
}

// The shot of each candidate. Fractions of a second count only if every photo of that second has one.
std::vector<ShotNumber> ShotsOf(const std::vector<CopyCandidate>& candidates) {
  std::map<std::pair<std::string, std::string>, bool> has_fractions;
  std::vector<CaptureMoment> moments;
  for (const CopyCandidate& one : candidates) {
    const CaptureMoment& moment = moments.emplace_back(SecondOf(one));
    const auto [at, is_new] = has_fractions.emplace(std::pair(moment.camera, moment.time), true);
    at->second = at->second && !FractionOf(one).empty();
  }
  std::map<std::string, std::pair<int, std::map<std::string, int>>> cameras;
  std::vector<ShotNumber> shots(candidates.size());
  for (std::size_t i = 0; i < moments.size(); ++i) {
    CaptureMoment& moment = moments[i];
    if (moment.empty()) {
      continue;
    }
    if (has_fractions[{moment.camera, moment.time}]) {
      moment.time += FractionOf(candidates[i]);
    }
    const int next_camera = static_cast<int>(cameras.size()) + 1;
    auto& [camera, times] = cameras.try_emplace(moment.camera, next_camera, std::map<std::string, int>()).first->second;
    const int next_moment = static_cast<int>(times.size());
    shots[i] = {.camera = camera, .moment = times.try_emplace(moment.time, next_moment).first->second};
  }
  return shots;
}

// Makes the groups of one set of candidates.
class Grouping {
 public:
  Grouping(std::vector<CopyCandidate> candidates, LibraryFiles& files, const DuplicateOptions& options)
      : candidates_(std::move(candidates)), files_(files), options_(options) {}

  std::vector<DuplicateGroup> Make();

 private:
  struct Near {
    int distance = 0;
    PdqTurn turn = PdqTurn::kNone;
    std::size_t index = 0;  // of a candidate, or of a group
  };
  using Group = std::vector<std::size_t>;  // indices of candidates, the keeper first

  std::optional<Near> CompareCheaply(std::size_t keeper, std::size_t copy, std::size_t index) const;
  std::optional<PictureMatch> ComparePixels(std::size_t keeper, const Near& near, std::size_t copy);
  void RemoveLonely();
  void ReadColours();
  void AdoptShots();
  void Place(std::size_t copy);
  DuplicateGroup Finish(const Group& group) const;

  std::vector<CopyCandidate> candidates_;
  std::vector<ShotNumber> shots_;
  std::vector<Group> groups_;
  LibraryFiles& files_;
  const DuplicateOptions& options_;
};

// nullopt if `copy` cannot be a copy of `keeper`, judged without their pixels.
std::optional<Grouping::Near> Grouping::CompareCheaply(std::size_t keeper, std::size_t copy, std::size_t index) const {
  const CopyCandidate& kept = candidates_[keeper];
  const CopyCandidate& other = candidates_[copy];
  const auto [distance, turn] = Distance(kept.hash, other.hash, options_.turned);
  if (distance > options_.max_distance || Pixels(kept) < Pixels(other)) {
    return std::nullopt;
  }
  if (turn == PdqTurn::kNone && TextsDiffer(kept.text, other.text)) {
    return std::nullopt;
  }
  return Near{.distance = distance, .turn = turn, .index = index};
}

std::optional<PictureMatch> Grouping::ComparePixels(std::size_t keeper, const Near& near, std::size_t copy) {
  const CopyCandidate& kept = candidates_[keeper];
  const CopyCandidate& other = candidates_[copy];
  const auto keeper_picture = files_.Read(kept.photo.paths.front());
  const auto copy_picture = files_.Read(other.photo.paths.front());
  if (!keeper_picture.ok() || !copy_picture.ok()) {
    return std::nullopt;
  }
  const bool fine = !kept.text.lines.empty() && !other.text.lines.empty();
  const PictureMatch match = MatchPictures(**keeper_picture, near.turn, **copy_picture, fine);
  return match.is_copy ? std::optional(match) : std::nullopt;
}

// Removes candidates that cannot be in a group, so that their files are not decoded. A time-lapse is a large set of
// similar photos that one camera took at different times: these are not compared with each other.
void Grouping::RemoveLonely() {
  std::map<int, std::vector<std::size_t>> by_camera;
  std::map<std::pair<int, int>, std::vector<std::size_t>> by_shot;
  for (std::size_t i = 0; i < candidates_.size(); ++i) {
    by_camera[shots_[i].camera].push_back(i);
    by_shot[{shots_[i].camera, shots_[i].moment}].push_back(i);
  }
  std::vector<bool> has_partner(candidates_.size());
  const auto find_partner = [&](std::size_t i, const std::vector<std::size_t>& others) {
    for (std::size_t at = 0; at < others.size() && !has_partner[i]; ++at) {
      const std::size_t j = others[at];
      if (i != j && (CompareCheaply(i, j, 0) || CompareCheaply(j, i, 0))) {
        has_partner[i] = true;
        has_partner[j] = true;
      }
    }
  };
  for (std::size_t i = 0; i < candidates_.size(); ++i) {
    const ShotNumber& shot = shots_[i];
    find_partner(i, by_shot[{shot.camera, shot.moment}]);
    for (const auto& [camera, others] : by_camera) {
      if (camera != shot.camera) {
        find_partner(i, others);
      }
    }
  }
  std::vector<CopyCandidate> rest;
  for (std::size_t i = 0; i < candidates_.size(); ++i) {
    if (has_partner[i]) {
      rest.push_back(std::move(candidates_[i]));
    }
  }
  candidates_ = std::move(rest);
}

// Also removes what cannot be compared: files that cannot be decoded, and files with several pages or frames, because
// only the first is seen.
void Grouping::ReadColours() {
  std::erase_if(candidates_, [&](CopyCandidate& one) {
    const auto picture = files_.Read(one.photo.paths.front());
    one.is_grey = picture.ok() && (*picture)->is_grey;
    return !picture.ok() || (*picture)->pages > 1;
  });
}

// Gives photos without camera or time the shot of the most similar photo that they are a copy of, or that is a copy of
// them. Otherwise one photo could unite several shots of a series in its group.
void Grouping::AdoptShots() {
  const std::vector<ShotNumber> dated = shots_;
  for (std::size_t i = 0; i < candidates_.size(); ++i) {
    if (!dated[i].empty()) {
      continue;
    }
    std::vector<Near> nearest;
    for (std::size_t j = 0; j < candidates_.size(); ++j) {
      const auto near = dated[j].empty() ? std::nullopt : CompareCheaply(std::min(i, j), std::max(i, j), j);
      if (near.has_value()) {
        nearest.push_back(*near);
      }
    }
    std::ranges::stable_sort(nearest, {}, &Near::distance);
    nearest.resize(std::min(nearest.size(), kMostKeepersTried));
    for (const Near& near : nearest) {
      if (ComparePixels(std::min(i, near.index), near, std::max(i, near.index))) {
        shots_[i] = dated[near.index];
        break;
      }
    }
  }
}

// Adds the photo to the group with the nearest keeper that it is a copy of, or makes it the keeper of a new group.
void Grouping::Place(std::size_t copy) {
  std::vector<Near> nearest;
  for (std::size_t i = 0; i < groups_.size(); ++i) {
    const bool fits =
        std::ranges::none_of(groups_[i], [&](std::size_t member) { return Conflict(shots_[member], shots_[copy]); });
    if (const auto near = fits ? CompareCheaply(groups_[i].front(), copy, i) : std::nullopt; near.has_value()) {
      nearest.push_back(*near);
    }
  }
  std::ranges::stable_sort(nearest, {}, &Near::distance);
  nearest.resize(std::min(nearest.size(), kMostKeepersTried));
  for (const Near& near : nearest) {
    Group& group = groups_[near.index];
    const std::optional<PictureMatch> match = ComparePixels(group.front(), near, copy);
    if (match.has_value()) {
      const DuplicatePhoto& keeper = candidates_[group.front()].photo;
      DuplicatePhoto& photo = candidates_[copy].photo;
      photo.distance = near.distance;
      photo.turn = near.turn;
      photo.kind = match->lost_colour                                             ? CopyKind::kGreyscale
                   : near.turn != PdqTurn::kNone                                  ? CopyKind::kTurned
                   : photo.width != keeper.width || photo.height != keeper.height ? CopyKind::kResized
                                                                                  : CopyKind::kRecompressed;
      group.push_back(copy);
      return;
    }
  }
  groups_.push_back({copy});
}

DuplicateGroup Grouping::Finish(const Group& group) const {
  DuplicateGroup finished;
  for (const std::size_t member : group) {
    finished.push_back(candidates_[member].photo);
  }
  finished.front().reason = WhyKeep(candidates_[group[0]], candidates_[group[1]]);
  return finished;
}

std::vector<DuplicateGroup> Grouping::Make() {
  shots_ = ShotsOf(candidates_);
  RemoveLonely();
  ReadColours();
  std::ranges::sort(candidates_, IsBetterKeeper);
  shots_ = ShotsOf(candidates_);
  AdoptShots();
  for (std::size_t i = 0; i < candidates_.size(); ++i) {
    Place(i);
  }
  std::vector<DuplicateGroup> finished;
  for (const Group& group : groups_) {
    if (group.size() > 1) {
      finished.push_back(Finish(group));
    }
  }
  return finished;
}

}  // namespace

int64_t Pixels(const CopyCandidate& one) { return int64_t{one.photo.width} * one.photo.height; }

bool AreDifferentShots(const CopyCandidate& a, const CopyCandidate& b) {
  const CaptureMoment first = SecondOf(a);
  const CaptureMoment second = SecondOf(b);
  if (first.empty() || first.camera != second.camera) {
    return false;
  }
  const std::string fraction = FractionOf(a);
  const std::string other_fraction = FractionOf(b);
  return first.time != second.time || (!fraction.empty() && !other_fraction.empty() && fraction != other_fraction);
}

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

std::vector<DuplicateGroup> GroupCopies(std::vector<CopyCandidate> candidates, LibraryFiles& files,
                                        const DuplicateOptions& options) {
  return Grouping(std::move(candidates), files, options).Make();
}

}  // namespace calotype
