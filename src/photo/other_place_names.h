// Names of places in other languages: Wien for Vienna (made by tools/setup/fetch_places).
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/status.h"

namespace calotype {

// Thread-safe.
class OtherPlaceNames {
 public:
  // Knows no names.
  OtherPlaceNames() = default;
  // Reads "other_names.tsv": the line "# calotype other place names VERSION", then lines of a name in places.tsv and
  // its other names, these without case and accents (FoldCaseAndAccents()). kNotFound when the file is missing,
  // kDataLoss when it has another format. Takes as much memory as the file, 7 MB.
  static StatusOr<OtherPlaceNames> Load(const std::filesystem::path& file);

  // The names in places.tsv of the cities, regions and countries that `name` stands for as another name. Ignores case
  // and accents. Empty for an unknown name. Takes milliseconds.
  std::vector<std::string> Find(std::string_view name) const;

 private:
  explicit OtherPlaceNames(std::string text) : text_(std::move(text)) {}

  std::string text_;
};

}  // namespace calotype
