// Findings that are not shown: those of newer models until they are complete, and those of the previous models for
// rollback. The table "kept" has one blob (CBOR) for each photo, analysis and version. Only this folder includes it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "analysis/findings.h"
#include "base/status.h"
#include "catalog/catalog.h"
#include "catalog/sql.h"

namespace calotype {

// Converts the findings of one analysis to bytes and back. kDataLoss for invalid bytes.
std::vector<uint8_t> PackFindings(std::string_view analysis, const Findings& findings);
StatusOr<Findings> UnpackFindings(std::string_view analysis, Blob bytes);

// Keeps the findings of `outcome`; replaces kept ones of the same version.
Status KeepFindings(Database& database, PhotoId photo, const AnalysisOutcome& outcome, const Findings& findings);

// Shows the kept findings of the wanted version of each analysis of `photo`, and keeps those shown until now. Faces
// keep their people, even a face that is not found by one model and found again by the next.
Status ShowKept(Database& database, PhotoId photo);

// Photos with kept findings of a wanted version, by ascending id.
StatusOr<std::vector<PhotoId>> PhotosThatWait(Database& database);

}  // namespace calotype
