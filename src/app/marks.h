// What users mark photos for.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "app/library.h"
#include "base/status.h"
#include "catalog/browse_catalog.h"
#include "catalog/mark_catalog.h"

namespace calotype {

struct MarkCount {
  std::string name;    // of the mark
  int64_t photos = 0;  // present ones
};

struct MarkedPage {
  std::vector<PhotoRow> photos;  // by ascending number
  std::optional<PhotoId> next;   // pass it as `after` for the next page; nullopt: there is none
};

// All marks.
StatusOr<std::vector<MarkCount>> CountMarks(Library& library);
// Up to `limit` photos with the mark, those after the number `after`.
StatusOr<MarkedPage> ListMarked(Library& library, UserMark mark, PhotoId after, int limit);
// Marks photos, or takes the mark from them. kNotFound when one of them does not exist; then nothing is changed.
StatusOr<Decided> MarkPhotos(Library& library, UserMark mark, std::span<const PhotoId> photos, bool set);

}  // namespace calotype
