// The role of following a library: which photos changed, in the order of their latest changes. A change is one of a
// photo's paths, facts, findings, results of analyses, marks, or of the people of its faces and their names; also that
// it is, or is no longer, one of a pair of RAW and JPEG. Work that begins or becomes pending is none; its result is.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/status.h"
#include "catalog/types.h"

namespace calotype {

enum class PhotoPresence : uint8_t {
  kPresent,
  kMissing,  // the catalogue knows the photo, but none of its files was there at the latest scan
  kDeleted,  // the catalogue does not know it any more
};

struct PhotoChange {
  int64_t number = 0;  // of the latest change of this photo; higher than those of all earlier changes
  PhotoId photo = 0;
  PhotoPresence presence = PhotoPresence::kPresent;
  std::string path;     // a present one, else one that it had; empty if none is known
  Sha256Digest sha256;  // zero for a deleted photo
};

struct PhotoChanges {
  std::string library;               // names this catalogue; another one after a restore
  int64_t last = 0;                  // the number of the latest change of all; 0: none
  std::vector<PhotoChange> changes;  // by number
};

class ChangeCatalog {
 public:
  virtual ~ChangeCatalog() = default;

  // Up to `limit` photos whose latest change has a number above `since`; 0 is before all. Once a change can be read,
  // no change with a lower number appears later, whichever process makes it.
  virtual StatusOr<PhotoChanges> ChangesSince(int64_t since, int limit) = 0;
};

}  // namespace calotype
