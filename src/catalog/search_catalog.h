// The role of search: reads photos and finds them by text, labels, metadata and hashes. Searches see present photos
// only: those with at least one file that is not missing.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "catalog/mark_catalog.h"
#include "catalog/types.h"
#include "catalog/vector_catalog.h"

namespace calotype {

// Texts that match a query are compared with each other up to this number. A word that is in more of them says little,
// and comparing them takes seconds in a library of a million photos.
inline constexpr int kMostRankedTexts = 20'000;

struct TextMatch {
  PhotoId photo = 0;
  double rank = 0;  // higher is better; 0 when texts were not compared, because more than kMostRankedTexts match
};

struct LabelMatch {
  PhotoId photo = 0;
  int64_t count = 0;    // objects with a matching label; a tag counts as one
  float score = 0;      // of the best
  std::string label;    // of the best, as the model names it
  bool is_tag = false;  // the best is a tag, not an object
};

// A RAW photo and the photo that represents it.
struct PhotoPair {
  PhotoId raw = 0;
  PhotoId shown = 0;
};

struct HashRecord {
  PhotoId photo = 0;
  PdqFinding pdq;
};

struct ShotRecord {
  PhotoId photo = 0;
  std::string camera;
  std::string taken_at;
};

// Photos taken within a distance of a point.
struct PositionFilter {
  double latitude = 0;   // degrees, north positive
  double longitude = 0;  // degrees, east positive
  double kilometres = 0;
};

// Restricts a search to files. One file must pass all of it. Ignores case and accents (FoldCaseAndAccents()), but of
// absolute folders only the form in which accents are stored.
struct PathFilter {
  std::vector<std::string> folders;  // absolute: at or below it; else the whole name of a folder above, at any depth
  std::vector<std::string> names;    // a part of the file's name
};

// Restricts a search by metadata and people. Empty members do not restrict. Texts ignore case and accents
// (FoldCaseAndAccents()).
struct PhotoFilter {
  std::string camera;               // a part of the camera's name
  std::string taken_from;           // "2024", "2024-05" or "2024-05-01": taken then or later, by the camera's clock
  std::string taken_before;         // the same: taken before the start of that time
  std::string taken_on;             // the same: taken within it
  std::string person;               // the name of a person with a face in the photo, or a part of one (NamesMatching())
  std::string lens;                 // a part of the lens's name
  PathFilter file;                  // a present file of the photo passes it
  std::vector<std::string> places;  // its city, region or country has one of these names
  std::string keyword;              // a whole keyword, or adjacent levels of it
  std::optional<int> rating;        // at least
  std::optional<PhotoFormat> format;
  std::optional<UserMark> mark;
  std::optional<PositionFilter> near;
};

class SearchCatalog : public VectorCatalog {
 public:
  // The photo at `path`; kNotFound.
  virtual StatusOr<PhotoId> FindByPath(std::string_view path) = 0;
  // kNotFound.
  virtual StatusOr<PhotoRecord> GetPhoto(PhotoId id) = 0;
  // A present path of each photo, in the order of `ids`; empty for a missing photo.
  virtual StatusOr<std::vector<std::string>> PathsOf(std::span<const PhotoId> ids) = 0;
  // The present paths of each photo that pass `filter`, or all of them if none does, in the order of `ids`.
  virtual StatusOr<std::vector<std::vector<std::string>>> PathsThatPass(std::span<const PhotoId> ids,
                                                                        const PathFilter& filter) = 0;
  // The names of people and of regions in which no face was found, each once, in order.
  virtual StatusOr<std::vector<std::string>> PersonNames() = 0;

  // Photos whose recognised text has all of `words`, in any order, best first; at most `limit`. When more than
  // kMostRankedTexts match, those that were added last come first. Case, accents and
  // punctuation do not matter; Chinese and Japanese characters match anywhere in a line. A last word that ends in * is
  // a prefix. Words without a letter or digit are ignored; if no other word is left, nothing is found. With `phrase`
  // the words must follow each other in one line.
  virtual StatusOr<std::vector<TextMatch>> SearchText(std::string_view words, bool phrase, int limit) = 0;
  // The line of the photo's recognised text with the most matches of SearchText(). Empty when there is none. Ask only
  // for the photos that are shown: a common word is in very many.
  virtual StatusOr<std::string> MatchingLine(PhotoId photo, std::string_view words, bool phrase) = 0;
  // As SearchText(), in the names of the photos' files and of the two folders above each.
  virtual StatusOr<std::vector<TextMatch>> SearchNames(std::string_view words, int limit) = 0;
  // When the photos were taken (as PhotoFacts::taken_at), in the order of `ids`; empty where it is not known.
  virtual StatusOr<std::vector<std::string>> TakenAt(std::span<const PhotoId> ids) = 0;
  // Photos with at least `min_count` objects with this label (case does not matter), best first.
  virtual StatusOr<std::vector<LabelMatch>> FindObjects(std::string_view label, int min_count) = 0;
  // Photos with a tag or an object label that contains `word` (or several words in this order) as whole words, best
  // first. Case and plural do not matter (FoldPlural in labels.h).
  virtual StatusOr<std::vector<LabelMatch>> FindLabels(std::string_view word) = 0;
  // Photos that pass all of `filter`, by ascending id; an empty filter passes all.
  virtual StatusOr<std::vector<PhotoId>> FindPhotos(const PhotoFilter& filter) = 0;
  // Pairs of RAW and JPEG whose JPEG was decoded, by the id of the RAW. A RAW is in a pair when each of its present
  // files has a JPEG beside it.
  virtual StatusOr<std::vector<PhotoPair>> Pairs() = 0;
  // Photos whose content is at two present paths or more, by ascending id.
  virtual StatusOr<std::vector<PhotoId>> PhotosWithCopies() = 0;
  // The perceptual hashes of all photos, by ascending id.
  virtual StatusOr<std::vector<HashRecord>> PdqHashes() = 0;
  // Photos with a known camera and a time that is exact to the second, ordered by camera and time (of the camera's
  // clock).
  virtual StatusOr<std::vector<ShotRecord>> Shots() = 0;
};

}  // namespace calotype
