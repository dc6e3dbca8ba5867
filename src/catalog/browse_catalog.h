// The role of browsing: photos in the order in which they were taken, page by page, and how many of each month. Present
// photos only; the RAW of a pair is left out, since its JPEG represents it.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/status.h"
#include "catalog/types.h"

namespace calotype {

// A photo in a list.
struct PhotoRow {
  PhotoId id = 0;
  std::string path;      // a present one
  std::string taken_at;  // as PhotoFacts::taken_at; empty if unknown
  Sha256Digest sha256;
  int width = 0;  // 0: not known yet
  int height = 0;
  std::vector<uint8_t> thumb_hash;  // photo/thumb_hash.h; empty: not known
};

// A place in the list: after this photo.
struct PhotoMark {
  std::string taken_at;
  PhotoId id = 0;
};

struct PhotoPage {
  bool oldest_first = false;
  std::optional<PhotoMark> after;  // nullopt: from the start
  int limit = 100;                 // at least 1
};

struct MonthCount {
  std::string month;  // "2024-05", or as much as is known ("2024"); empty for photos without a date
  int64_t photos = 0;
};

class BrowseCatalog {
 public:
  virtual ~BrowseCatalog() = default;

  // Up to `limit` photos by time of capture, then by id; photos without a date come last in both orders. A page costs
  // the same wherever it lies.
  virtual StatusOr<std::vector<PhotoRow>> ListPhotos(const PhotoPage& page) = 0;
  // Keeps the ThumbHash of a photo that has none yet. It is no change of the photo.
  virtual Status SetThumbHash(PhotoId photo, std::span<const uint8_t> thumb_hash) = 0;
  // The newest month first; photos without a date last.
  virtual StatusOr<std::vector<MonthCount>> CountByMonth() = 0;
};

}  // namespace calotype
