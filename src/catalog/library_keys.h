// Texts about the library as a whole, by key, in the table "library". Only this folder includes it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/status.h"
#include "catalog/sql.h"

namespace calotype {

// Names this catalogue. Catalog::Restore() gives it another value.
inline constexpr std::string_view kLibraryIdKey = "id";
// Exists while deleted content may still be in the catalogue's files.
inline constexpr std::string_view kEraseKey = "erase.pending";

// Before the name of an embedding space: the list of its index segments (VectorCatalog::SegmentManifest).
inline constexpr std::string_view kSegmentsKeyPrefix = "segments:";
// WorkOwner::random of the process that leads, or led last, and the number under which it does (ProcessCatalog::Lead).
inline constexpr std::string_view kLeaderKey = "leader";
inline constexpr std::string_view kLeaderNumberKey = "leader.number";

// nullopt when there is no such key.
StatusOr<std::optional<std::string>> ReadKey(Database& database, std::string_view key);
Status WriteKey(Database& database, std::string_view key, std::string_view value);
Status DropKey(Database& database, std::string_view key);

}  // namespace calotype
