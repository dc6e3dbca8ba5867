// An image with all faces of a person, so that a user sees at once if somebody else is among them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

#include "app/people.h"
#include "base/status.h"

namespace calotype {

// The most faces on one sheet; more would be too small on a screen, and every photo is read.
inline constexpr std::size_t kMaxSheetFaces = 500;

struct ContactSheet {
  std::size_t faces = 0;       // of the person, in present photos
  std::size_t cells = 0;       // of the sheet: the first kMaxSheetFaces of the faces
  std::size_t unreadable = 0;  // cells without a picture
};

// Writes a JPEG with a cell for each face of `person`, in the order of ListFaces(): the face, its number and the name
// of its photo. Reads each photo, so it takes about a second for ten faces. A photo that is gone or cannot be read
// leaves its cell without a picture; `on_unreadable` gets a message with its path. Replaces an existing file in one
// step.
//   kNotFound         no such person, or no face of them is in a present photo
//   kInvalidArgument  the name does not end in .jpg or .jpeg, or the file is a photo of the library
StatusOr<ContactSheet> WriteContactSheet(Library& library, PersonId person, const std::string& file,
                                         const std::function<void(const std::string& message)>& on_unreadable);

}  // namespace calotype
