// Draws findings on their photo.
#pragma once

#include "analysis/findings.h"
#include "photo/decode.h"

namespace calotype {

// Draws objects (green), faces with their landmarks (orange) and lines of text (blue) on the decoded photo. Draws only
// what is on `page`, the page of a document that `photo` shows.
void RenderFindings(DecodedPhoto& photo, const Findings& findings, int page);

}  // namespace calotype
