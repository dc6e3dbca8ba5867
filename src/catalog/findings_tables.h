// Findings in their tables: for each analysis how they are written, and how they are read back.
#pragma once

#include <span>
#include <string_view>

#include "analysis/findings.h"
#include "base/status.h"
#include "catalog/catalog.h"
#include "catalog/sqlite.h"

namespace calotype {

struct FindingsTable {
  std::string_view analysis;
  bool (*is_set)(const Findings& findings);
  // Replaces what the photo has of this analysis. A face that is found again (its box overlaps an earlier one by half)
  // keeps its id and its person.
  Status (*write)(Database& database, PhotoId photo, const Findings& findings, std::string_view version);
  // Adds to `findings` what the photo has of this analysis; empty findings when there are none. Faces read as those of
  // "faces.recognise" carry their embeddings.
  Status (*read)(Database& database, PhotoId photo, Findings& findings);
};

// Every analysis that has findings, in an order in which they can be written: faces before their embeddings.
std::span<const FindingsTable> FindingsTables();

// The one of `analysis`; null when it has no findings ("decode").
const FindingsTable* FindFindingsTable(std::string_view analysis);

}  // namespace calotype
