// Divides photos with similar hashes into keepers and their copies. The rules are described in duplicates.h.
#pragma once

#include <string>
#include <vector>

#include "search/duplicates.h"
#include "search/text_match.h"

namespace calotype {

// A photo that may be in a group of copies.
struct CopyCandidate {
  DuplicatePhoto photo;  // has at least one path
  PdqHash hash{};
  int format = 0;  // FormatMerit(), or that of the RAW of a pair
  int facts = 0;   // how many of the facts that cannot be restored it has
  std::string camera;
  std::string taken_at;
  PhotoText text;
  bool is_grey = false;  // filled in by GroupCopies()
};

// Of the upright original; 0 if it was never decoded.
int64_t Pixels(const CopyCandidate& one);

// True if one camera took the two at different times: to the second, or to its fraction if both have one.
bool AreDifferentShots(const CopyCandidate& a, const CopyCandidate& b);

// Higher for formats that preserve more: raw data, then lossless formats, then formats with little loss, then JPEG.
int FormatMerit(PhotoFormat format);

// Groups of two or more. Compares at most eight keepers with each photo, those with the nearest hashes.
std::vector<DuplicateGroup> GroupCopies(std::vector<CopyCandidate> candidates, LibraryFiles& files,
                                        const DuplicateOptions& options);

}  // namespace calotype
