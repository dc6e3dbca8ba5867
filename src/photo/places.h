// Place names without a network: finds the nearest place in an extract of GeoNames (made by tools/setup/fetch_places).
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
#include "photo/other_place_names.h"

namespace calotype {

// The texts are valid as long as the index that returned them.
struct PlaceNames {
  std::string_view city;
  std::string_view region;
  std::string_view country;
  std::string_view time_zone;  // IANA name
};

struct NamedPosition {
  double latitude = 0;
  double longitude = 0;
};

// Thread-safe.
class PlaceIndex {
 public:
  // Reads "places.tsv": the line "# calotype places VERSION SOURCE", then lines of latitude, longitude, population,
  // city, region, country and time zone. kNotFound when the file is missing, kDataLoss when it has another format.
  // 170,000 places take 0.1 s and 20 MB.
  static StatusOr<std::unique_ptr<PlaceIndex>> Load(const std::filesystem::path& file);

  // Returns the most populous place whose area contains the position (its size is estimated with 5,000 people per
  // square kilometre), else the nearest within 25 km, else region and country of the nearest within 100 km, else
  // nullopt.
  std::optional<PlaceNames> Find(double latitude, double longitude) const;

  // Returns the position of the most populous city with this name, else of the most populous one that has it as another
  // name; nullopt for an unknown one. Ignores case and accents. After a comma, `name` may have the region or the
  // country: "Paris, Texas".
  std::optional<NamedPosition> FindCity(std::string_view name, const OtherPlaceNames& others = {}) const;

  // Identifies the extract.
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
  // Each part of a name, without case and accents, in one or more forms: the city, then its region or country.
  const Entry* MostPopulous(const std::vector<std::vector<std::string>>& parts) const;
  PlaceNames NamesOf(const Entry& entry, bool city) const;

  std::string version_;
  std::vector<Entry> entries_;  // a k-d tree: the median of each range splits it
  std::vector<std::string> texts_;
};

// Adds the place nearest to `facts.gps`, and the time zone, unless the photo states them. When `places` is null, only
// the time zone is added, from the photo's own times.
void CompletePlace(const PlaceIndex* places, PhotoFacts& facts);

}  // namespace calotype
