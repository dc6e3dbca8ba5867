// The role of marks: what users mark photos for. A mark changes nothing else; above all it deletes nothing.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "catalog/decision_catalog.h"
#include "catalog/types.h"

namespace calotype {

// Values are stored: never renumber.
enum class UserMark : uint8_t { kDelete = 1, kFavourite = 2 };

struct NamedMark {
  UserMark mark;
  std::string_view name;  // in queries and in the API
};
inline constexpr std::array kUserMarks = {NamedMark{UserMark::kDelete, "delete"},
                                          NamedMark{UserMark::kFavourite, "favourite"}};

// nullopt when no mark has this name.
constexpr std::optional<UserMark> FindUserMark(std::string_view name) {
  for (const NamedMark& one : kUserMarks) {
    if (one.name == name) {
      return one.mark;
    }
  }
  return std::nullopt;
}

class MarkCatalog {
 public:
  virtual ~MarkCatalog() = default;

  // Marks the photos, or takes the mark from them; a decision in the journal. kNotFound, and nothing is changed, when
  // one of the photos does not exist.
  virtual StatusOr<Decided> MarkPhotos(UserMark mark, std::span<const PhotoId> photos, bool set) = 0;
  // Up to `limit` present photos with the mark and a number above `after`, by ascending number.
  virtual StatusOr<std::vector<PhotoId>> PhotosWithMark(UserMark mark, PhotoId after, int limit) = 0;
  // The number of present photos with the mark.
  virtual StatusOr<int64_t> CountMarked(UserMark mark) = 0;
};

}  // namespace calotype
