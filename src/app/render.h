// Draws findings on their photo.
#pragma once

#include <cstddef>
#include <string>

#include "catalog/catalog.h"
#include "photo/decode.h"

namespace calotype {

// Draws objects (green), faces with their landmarks (orange) and lines of text (blue) on the decoded photo. Above a
// face is its person (FaceCaption), below it its number, by which commands name it. Draws only what is on
// `page`, the page of a document that `photo` shows.
void RenderFindings(DecodedPhoto& photo, const PhotoRecord& record, int page);

// "Ada (1)", for a picture.
std::string NameAndNumber(const std::string& name, PersonId person);

// The person of a face of the photo: "Ada (1)", "person 1" without a name, "unknown" when it is nobody's.
std::string FaceCaption(const PhotoRecord& record, std::size_t face);

}  // namespace calotype
