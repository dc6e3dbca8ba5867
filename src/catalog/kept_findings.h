// Findings that are not shown: those of newer models, until they are complete, and those of the models before, so that
// a switch can be undone. One blob (CBOR) for each photo, analysis and version, in the table "kept".
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "analysis/findings.h"
#include "base/status.h"
#include "catalog/catalog.h"
#include "catalog/sqlite.h"

namespace calotype {

// The findings of one analysis as bytes, and back. kDataLoss for bytes that are none.
std::vector<uint8_t> PackFindings(std::string_view analysis, const Findings& findings);
StatusOr<Findings> UnpackFindings(std::string_view analysis, Blob bytes);

// Keeps the findings of `outcome`, in place of earlier ones of its version.
Status KeepFindings(Database& database, PhotoId photo, const AnalysisOutcome& outcome, const Findings& findings);

// Shows the kept findings of the version that each analysis of `photo` wants, and keeps what was shown. People stay
// with the faces that they were given to, also with one that is found no more and comes back.
Status ShowKept(Database& database, PhotoId photo);

// Photos of which kept findings of a wanted version are not shown yet, by rising id.
StatusOr<std::vector<PhotoId>> PhotosThatWait(Database& database);

}  // namespace calotype
