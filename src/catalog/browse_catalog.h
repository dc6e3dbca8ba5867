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

// How exact a date counts.
enum class DatePart : uint8_t { kMonth, kDay };

// The photos that were taken on one local date. "2024-05" as a month has the photos of all its days; as a day it has
// only those of which no more is known. The empty date has the photos without one.
struct PhotoDate {
  DatePart part = DatePart::kMonth;
  std::string text;  // "2024-05", "2024-05-17", or as much as is known ("2024")
};

struct PhotoPage {
  bool oldest_first = false;
  std::optional<PhotoDate> date;   // nullopt: all
  std::optional<PhotoMark> after;  // nullopt: from the start
  int limit = 100;                 // at least 1
};

struct DateCount {
  std::string date;  // as PhotoDate::text
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
  // The same rows for these photos, in the order of `photos`. Those without a present path, or that do not exist, have
  // the id 0.
  virtual StatusOr<std::vector<PhotoRow>> PhotoRows(std::span<const PhotoId> photos) = 0;
  // How many photos there are of each month or day. The newest date first; photos without a date last.
  virtual StatusOr<std::vector<DateCount>> CountByDate(DatePart part) = 0;
};

}  // namespace calotype
