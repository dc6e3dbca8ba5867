// Values that several roles of the catalogue share.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "analysis/photo_result.h"
#include "base/file_stamp.h"
#include "base/sha256.h"

namespace calotype {

using FaceId = int64_t;
using PersonId = int64_t;
using DecisionId = int64_t;

// Kinds of files that belong to a photo. Values are stored: never renumber.
enum class CompanionKind : uint8_t {
  kSidecar = 1,  // XMP
  kVideo = 2,    // of a live photo
  kRaw = 3,      // the RAW of a RAW and JPEG pair: a photo too, which the JPEG represents
};

// A path at which the photo's content was last seen, and the stamp that the file had then. A file that has another
// stamp now may have other content (CompareStamps): do not analyse it as this photo.
struct PhotoFile {
  std::string path;
  FileStamp stamp;
};

// A file that belongs to the photo at `photo_path`.
struct Companion {
  std::string photo_path;
  std::string path;
  CompanionKind kind = CompanionKind::kSidecar;
  FileStamp stamp;
};

// All that is known about one photo.
struct PhotoRecord {
  PhotoId id = 0;
  Sha256Digest sha256;
  int64_t bytes = 0;
  std::vector<std::string> paths;     // present ones first
  std::size_t present_paths = 0;      // the number of these
  std::vector<Companion> companions;  // of the present paths; for a RAW of a pair also the pair itself
  std::optional<PhotoProperties> properties;
  Findings findings;             // faces carry no embeddings
  std::vector<FaceId> face_ids;  // one per face, as the two below
  std::vector<std::optional<PersonId>> face_people;
  std::vector<std::string> face_names;  // the names of these people; empty for no person or no name
  std::vector<AnalysisOutcome> outcomes;
  // One per outcome: when a scan retries it without being asked, in seconds since 1970; 0: it does not.
  std::vector<int64_t> next_tries;
};

}  // namespace calotype
