// Finds the RAW photos that a JPEG represents. Only this folder includes it.
#pragma once

#include <string_view>

namespace calotype {

// Rows (raw_id, shown_id) of PhotoPair: each file of the RAW stands beside a decoded JPEG. ?1 is CompanionKind::kRaw.
inline constexpr std::string_view kSelectPairs =
    "SELECT raw.photo_id AS raw_id, min(shown.photo_id) AS shown_id"
    " FROM companion JOIN file AS raw ON raw.path = companion.path"
    " JOIN file AS shown ON shown.path = companion.photo_path JOIN photo ON photo.id = shown.photo_id"
    " WHERE kind = ?1 AND raw.missing = 0 AND shown.missing = 0 AND photo.format IS NOT NULL"
    " AND raw.photo_id <> shown.photo_id GROUP BY raw.photo_id"
    " HAVING count(DISTINCT raw.path) = (SELECT count(*) FROM file WHERE photo_id = raw.photo_id AND missing = 0)";

}  // namespace calotype
