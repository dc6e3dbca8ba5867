// Names of places, offline: the nearest one of an extract of GeoNames (tools/setup/fetch_places makes it).
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "photo/facts.h"

namespace calotype {

// Texts live as long as the index that they came from.
struct PlaceNames {
  std::string_view city;
  std::string_view region;
  std::string_view country;
  std::string_view time_zone;  // IANA name
};

// Thread-safe.
class PlaceIndex {
 public:
  // Reads "places.tsv": "# calotype places VERSION SOURCE", then latitude, longitude, population, city, region, country
  // and time zone in each line. kNotFound when it is not there, kDataLoss when it is another kind of file. 170,000
  // places take a tenth of a second and 20 MB.
  static StatusOr<std::unique_ptr<PlaceIndex>> Load(const std::filesystem::path& file);

  // The most populous place that reaches so far (5,000 people to a square kilometre), else the nearest within 25 km;
  // up to 100 km the nearest without its city. nullopt beyond.
  std::optional<PlaceNames> Find(double latitude, double longitude) const;

  // What the extract is called: another one has another name.
  const std::string& version() const { return version_; }
  std::size_t size() const { return entries_.size(); }

 private:
  using Vector = std::array<float, 3>;  // on the unit sphere
  struct Entry {
    Vector at;
    float extent;  // of the place, as a chord
    uint32_t population;
    std::array<uint32_t, 4> names;  // of city, region, country, time zone
  };
  struct Search;

  Status Read(std::string_view text, const std::string& file);
  void Build(std::size_t first, std::size_t last, int axis);
  void Visit(std::size_t first, std::size_t last, int axis, Search& search) const;
  PlaceNames NamesOf(const Entry& entry, bool city) const;

  std::string version_;
  std::vector<Entry> entries_;  // a k-d tree: the middle of each range splits it
  std::vector<std::string> texts_;
};

// Fills in place and time zone: what somebody wrote stays, the rest is that of the place nearest to `facts.gps`.
// `places` may be null: then only the time is completed, by what the photo says.
void CompletePlace(const PlaceIndex* places, PhotoFacts& facts);

}  // namespace calotype
