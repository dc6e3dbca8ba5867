// Deletes a person for good.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "app/library.h"
#include "base/status.h"

namespace calotype {

// What was deleted, and what others have to delete.
struct ForgottenPerson {
  int64_t faces = 0;
  int64_t photos = 0;  // with these faces
  // Files that were not changed, each once, sorted. They name the person, or have a name where one of the faces is:
  std::vector<std::string> sidecars;
  std::vector<std::string> named_photos;  // in their own metadata
  // Copies of the catalogue that were made before, if they are still where they were written.
  std::vector<std::string> backups;
  // The Status of rewriting the catalogue's file. On an error the person is deleted, but their bytes are in the file
  // until another call succeeds.
  Status erased;
};

// Deletes the name of the person, the vectors of their faces and everything else about them from the catalogue, and
// then the bytes from its files (see PeopleCatalog::ForgetPerson). Reads the metadata of the person's photos to find
// what still names them, and rewrites the whole catalogue, which needs as much free disk space as the catalogue has.
// Without the person, it erases what an earlier call could not, and returns an empty answer.
//   kNotFound            there is no such person, and nothing is left to erase
//   kFailedPrecondition  a scan runs
StatusOr<ForgottenPerson> ForgetPerson(Library& library, PersonId person);

}  // namespace calotype
