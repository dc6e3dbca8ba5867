#include "photo/places.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <numbers>
#include <unordered_map>

#include "base/file.h"
#include "base/text.h"
#include "base/unicode.h"
#include "photo/time_zone.h"

namespace calotype {
namespace {

constexpr std::string_view kHead = "# calotype places ";
constexpr float kEarthRadius = 6371.0088F;  // mean, in kilometres (IUGG)
constexpr float kCityKilometres = 25;
constexpr float kMaxKilometres = 100;
// The radius of a city of millions: places whose area can contain a position are within this distance.
constexpr float kMaxExtent = 30;
constexpr float kPeoplePerSquareKilometre = 5000;
constexpr std::size_t kColumns = 7;

// The length of the straight line between two points of the unit sphere at this distance.
float Chord(float kilometres) { return 2 * std::sin(kilometres / kEarthRadius / 2); }

float Extent(double population) {
  const double radius = std::sqrt(population / kPeoplePerSquareKilometre / std::numbers::pi);
  return Chord(std::min(static_cast<float>(radius), kMaxExtent));
}

std::array<float, 3> OnSphere(double latitude, double longitude) {
  constexpr double kDegree = std::numbers::pi / 180;
  const double up = latitude * kDegree;
  const double east = longitude * kDegree;
  return {static_cast<float>(std::cos(up) * std::cos(east)), static_cast<float>(std::cos(up) * std::sin(east)),
          static_cast<float>(std::sin(up))};
}

float Distance(const std::array<float, 3>& a, const std::array<float, 3>& b) {
  return std::hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);
}

std::string_view TakeUntil(std::string_view& text, char end) {
  const std::size_t at = std::min(text.find(end), text.size());
  const std::string_view head = text.substr(0, at);
  text.remove_prefix(std::min(at + 1, text.size()));
  return head;
}

bool ParseNumber(std::string_view text, double& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size();
}

}  // namespace

// The best places so far.
struct PlaceIndex::Search {
  Vector at;
  const Entry* nearest = nullptr;
  float distance = Chord(kMaxKilometres);
  const Entry* covering = nullptr;  // the most populous one that reaches here
};

StatusOr<std::unique_ptr<PlaceIndex>> PlaceIndex::Load(const std::filesystem::path& file) {
  CALOTYPE_ASSIGN_OR_RETURN(const std::string text, ReadTextFile(file));
  auto index = std::make_unique<PlaceIndex>();
  CALOTYPE_RETURN_IF_ERROR(index->Read(text, file.string()));
  index->Build(0, index->entries_.size(), 0);
  return index;
}

Status PlaceIndex::Read(std::string_view text, const std::string& file) {
  std::string_view head = TakeUntil(text, '\n');
  if (!head.starts_with(kHead)) {
    return absl::DataLossError(
        fmt::format("{} is not a file of places (its first line is not \"{}...\"); "
                    "tools/setup/fetch_places creates it again",
                    file, kHead));
  }
  head.remove_prefix(kHead.size());
  version_ = head;
  std::unordered_map<std::string_view, uint32_t> known;  // of views into `text`
  const auto id_of = [&](std::string_view name) {
    const auto [found, is_new] = known.emplace(name, static_cast<uint32_t>(texts_.size()));
    if (is_new) {
      texts_.emplace_back(name);
    }
    return found->second;
  };
  for (std::size_t number = 2; !text.empty(); ++number) {
    std::string_view line = TakeUntil(text, '\n');
    std::array<std::string_view, kColumns> column;
    for (std::string_view& value : column) {
      value = TakeUntil(line, '\t');
    }
    double latitude = 0;
    double longitude = 0;
    double population = 0;
    if (!ParseNumber(column[0], latitude) || !ParseNumber(column[1], longitude) ||
        !ParseNumber(column[2], population) || column[3].empty() || population < 0) {
      return absl::DataLossError(
          fmt::format("{}:{} is not a place; tools/setup/fetch_places creates the file again", file, number));
    }
    entries_.push_back({.at = OnSphere(latitude, longitude),
                        .extent = Extent(population),
                        .population = static_cast<uint32_t>(std::min(population, 4e9)),
                        .names = {id_of(column[3]), id_of(column[4]), id_of(column[5]), id_of(column[6])}});
  }
  return absl::OkStatus();
}

void PlaceIndex::Build(std::size_t first, std::size_t last, int axis) {
  if (last - first < 2) {
    return;
  }
  const std::size_t middle = first + (last - first) / 2;
  const auto at = [this](std::size_t place) { return entries_.begin() + static_cast<std::ptrdiff_t>(place); };
  std::nth_element(at(first), at(middle), at(last), [axis](const Entry& a, const Entry& b) {
    return a.at[static_cast<std::size_t>(axis)] < b.at[static_cast<std::size_t>(axis)];
  });
  Build(first, middle, (axis + 1) % 3);
  Build(middle + 1, last, (axis + 1) % 3);
}

void PlaceIndex::Visit(std::size_t first, std::size_t last, int axis, Search& search) const {
  if (first >= last) {
    return;
  }
  const std::size_t middle = first + (last - first) / 2;
  const Entry& entry = entries_[middle];
  const float distance = Distance(entry.at, search.at);
  if (distance < search.distance) {
    search.distance = distance;
    search.nearest = &entry;
  }
  if (distance <= entry.extent && (search.covering == nullptr || entry.population > search.covering->population)) {
    search.covering = &entry;
  }
  const auto side = static_cast<std::size_t>(axis);
  const float beyond = search.at[side] - entry.at[side];
  const bool left_first = beyond < 0;
  for (const bool left : {left_first, !left_first}) {
    // Search the far side when it may contain a nearer place, or one large enough to reach the position.
    if (left == left_first || std::abs(beyond) <= std::max(search.distance, Chord(kMaxExtent))) {
      Visit(left ? first : middle + 1, left ? middle : last, (axis + 1) % 3, search);
    }
  }
}

PlaceNames PlaceIndex::NamesOf(const Entry& entry, bool city) const {
  return {.city = city ? std::string_view(texts_[entry.names[0]]) : std::string_view(),
          .region = texts_[entry.names[1]],
          .country = texts_[entry.names[2]],
          .time_zone = texts_[entry.names[3]]};
}

std::optional<PlaceNames> PlaceIndex::Find(double latitude, double longitude) const {
  Search search{.at = OnSphere(latitude, longitude)};
  Visit(0, entries_.size(), 0, search);
  if (search.covering != nullptr) {
    return NamesOf(*search.covering, true);
  }
  if (search.nearest == nullptr) {
    return std::nullopt;
  }
  return NamesOf(*search.nearest, search.distance <= Chord(kCityKilometres));
}

const PlaceIndex::Entry* PlaceIndex::MostPopulous(const std::vector<std::vector<std::string>>& parts) const {
  const auto is = [this](uint32_t text, const std::vector<std::string>& part) {
    return std::ranges::find(part, FoldCaseAndAccents(texts_[text])) != part.end();
  };
  const Entry* best = nullptr;
  for (const Entry& entry : entries_) {
    if ((best == nullptr || entry.population > best->population) && is(entry.names[0], parts.front()) &&
        std::all_of(parts.begin() + 1, parts.end(), [&](const std::vector<std::string>& part) {
          return is(entry.names[1], part) || is(entry.names[2], part);
        })) {
      best = &entry;
    }
  }
  return best;
}

std::optional<NamedPosition> PlaceIndex::FindCity(std::string_view name, const OtherPlaceNames& others) const {
  std::vector<std::vector<std::string>> parts;
  std::vector<std::vector<std::string>> other_parts;
  while (!name.empty()) {
    const std::string_view part = Trim(TakeUntil(name, ','));
    parts.push_back({FoldCaseAndAccents(part)});
    other_parts.push_back(parts.back());
    for (const std::string& other : others.Find(part)) {
      other_parts.back().push_back(FoldCaseAndAccents(other));
    }
  }
  if (parts.empty()) {
    return std::nullopt;
  }
  const Entry* best = MostPopulous(parts);
  if (best == nullptr) {
    best = MostPopulous(other_parts);
  }
  if (best == nullptr) {
    return std::nullopt;
  }
  constexpr double kDegree = std::numbers::pi / 180;
  return NamedPosition{.latitude = std::asin(std::clamp<double>(best->at[2], -1, 1)) / kDegree,
                       .longitude = std::atan2(best->at[1], best->at[0]) / kDegree};
}

void CompletePlace(const PlaceIndex* places, PhotoFacts& facts) {
  const std::optional<PlaceNames> place =
      places != nullptr && facts.gps ? places->Find(facts.gps->latitude, facts.gps->longitude) : std::nullopt;
  if (place && facts.city.empty() && facts.region.empty() && facts.country.empty()) {
    facts.city = place->city;
    facts.region = place->region;
    facts.country = place->country;
  }
  CompleteTime(facts, place ? place->time_zone : std::string_view());
}

}  // namespace calotype
