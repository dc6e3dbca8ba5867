#include "search/bursts.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <iterator>
#include <string_view>
#include <utility>

namespace calotype {
namespace {

using Shot = ShotRecord;

int NumberAt(std::string_view text, std::size_t at, std::size_t length) {
  int number = 0;
  std::from_chars(text.data() + at, text.data() + at + length, number);
  return number;
}

// Seconds since 1970 for a time such as "2024-05-01T12:34:56.123+02:00", by the camera's clock: the offset is ignored,
// since it is the same for a whole burst.
double SecondsOf(std::string_view time) {
  using namespace std::chrono;  // for its literals and operators, in this function only
  const sys_days day = year(NumberAt(time, 0, 4)) / NumberAt(time, 5, 2) / NumberAt(time, 8, 2);
  const int of_day = NumberAt(time, 11, 2) * 3600 + NumberAt(time, 14, 2) * 60 + NumberAt(time, 17, 2);
  double fraction = 0;
  if (constexpr std::size_t kPoint = 19; time.size() > kPoint && time[kPoint] == '.') {
    std::from_chars(time.data() + kPoint, time.data() + time.size(), fraction);
  }
  return static_cast<double>(day.time_since_epoch().count()) * 86'400 + of_day + fraction;
}

StatusOr<Burst> Describe(SearchCatalog& catalog, std::vector<Shot> shots) {
  std::vector<PhotoId> ids;
  std::ranges::transform(shots, std::back_inserter(ids), &Shot::photo);
  CALOTYPE_ASSIGN_OR_RETURN(std::vector<std::string> paths, catalog.PathsOf(ids));
  Burst burst{.camera = shots.front().camera, .photos = {}};
  for (std::size_t i = 0; i < shots.size(); ++i) {
    burst.photos.push_back(
        {.photo = shots[i].photo, .path = std::move(paths[i]), .taken_at = std::move(shots[i].taken_at)});
  }
  return burst;
}

}  // namespace

StatusOr<std::vector<Burst>> FindBursts(SearchCatalog& catalog, const BurstOptions& options, const PhotoSet& copies) {
  CALOTYPE_ASSIGN_OR_RETURN(std::vector<Shot> shots, catalog.Shots());
  std::erase_if(shots, [&copies](const Shot& shot) { return copies.Contains(shot.photo); });
  std::vector<Burst> bursts;
  for (std::size_t first = 0; first < shots.size();) {
    std::size_t end = first + 1;
    while (end < shots.size() && shots[end].camera == shots[first].camera &&
           SecondsOf(shots[end].taken_at) - SecondsOf(shots[end - 1].taken_at) <= options.within_s) {
      ++end;
    }
    if (end - first >= static_cast<std::size_t>(options.at_least)) {
      const auto begin = shots.begin() + static_cast<std::ptrdiff_t>(first);
      CALOTYPE_ASSIGN_OR_RETURN(Burst burst,
                                Describe(catalog, {begin, shots.begin() + static_cast<std::ptrdiff_t>(end)}));
      bursts.push_back(std::move(burst));
    }
    first = end;
  }
  return bursts;
}

}  // namespace calotype
