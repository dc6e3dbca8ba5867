// Writes and reads the findings of each analysis in their tables. Only this folder includes it.
#pragma once

#include <span>
#include <string_view>

#include "analysis/findings.h"
#include "base/status.h"
#include "catalog/catalog.h"
#include "catalog/sql.h"

namespace calotype {

// The findings of one photo.
struct FindingsOfPhoto {
  PhotoId photo = 0;
  const Findings* findings = nullptr;
  std::string_view version;
  bool has_earlier = true;  // may have findings of this analysis in the tables
};

struct FindingsTable {
  std::string_view analysis;
  bool (*is_set)(const Findings& findings);
  // Replaces the photo's findings of this analysis. A face that is found again (its box overlaps an earlier one by
  // half) keeps its id and its person.
  Status (*write)(Database& database, PhotoId photo, const Findings& findings, std::string_view version);
  // Adds the photo's findings of this analysis to `findings`, empty ones if it has none. For "faces.recognise" the
  // faces have their embeddings.
  Status (*read)(Database& database, PhotoId photo, Findings& findings);
  // As `write`, for several photos at once, where Dialect::has_arrays. Null: there are only single ones.
  Status (*write_all)(Database& database, std::span<const FindingsOfPhoto> photos) = nullptr;
};

// Every analysis that has findings, in the order in which to write them: faces before their embeddings.
std::span<const FindingsTable> FindingsTables();

// The entry for `analysis`; null when it has no findings ("decode").
const FindingsTable* FindFindingsTable(std::string_view analysis);

}  // namespace calotype
