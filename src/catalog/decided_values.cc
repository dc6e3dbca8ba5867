#include "catalog/decided_values.h"

#include <array>
#include <string_view>
#include <utility>

#include "catalog/forgotten_faces.h"
#include "catalog/library_keys.h"
#include "catalog/row_values.h"

namespace calotype {
namespace {

// Of the key's `id` (?1) and `other` (?2) to its value (?3). `take_away` is for values that are not so any more.
struct ValueSql {
  DecidedKind kind;
  std::string_view read;
  std::string_view write;
  std::string_view take_away;
};

constexpr std::array kValues = {
    ValueSql{DecidedKind::kPerson, "SELECT created_at FROM person WHERE id = ?1 AND ?2 = 0",
             "INSERT INTO person(id, created_at) SELECT ?1, CAST(?3 AS BIGINT) WHERE ?2 = 0",
             "DELETE FROM person WHERE id = ?1 AND ?2 = 0"},
    ValueSql{DecidedKind::kName, "SELECT name FROM person WHERE id = ?1 AND ?2 = 0 AND name <> ''",
             "UPDATE person SET name = ?3 WHERE id = ?1 AND ?2 = 0",
             "UPDATE person SET name = '' WHERE id = ?1 AND ?2 = 0"},
    ValueSql{DecidedKind::kHidden, "SELECT hidden FROM person WHERE id = ?1 AND ?2 = 0 AND hidden <> 0",
             "UPDATE person SET hidden = CAST(?3 AS BIGINT) WHERE id = ?1 AND ?2 = 0",
             "UPDATE person SET hidden = 0 WHERE id = ?1 AND ?2 = 0"},
    ValueSql{DecidedKind::kCover, "SELECT cover_face_id FROM person WHERE id = ?1 AND ?2 = 0 AND cover_face_id > 0",
             "UPDATE person SET cover_face_id = CAST(?3 AS BIGINT) WHERE id = ?1 AND ?2 = 0",
             "UPDATE person SET cover_face_id = NULL WHERE id = ?1 AND ?2 = 0"},
    ValueSql{
        DecidedKind::kMerged, "SELECT into_id FROM merged_person WHERE id = ?1 AND ?2 = 0",
        "INSERT INTO merged_person(id, into_id) SELECT ?1, CAST(?3 AS BIGINT) WHERE ?2 = 0 ON CONFLICT(id) DO UPDATE"
        " SET into_id = excluded.into_id",
        "DELETE FROM merged_person WHERE id = ?1 AND ?2 = 0"},
    ValueSql{DecidedKind::kExcluded, "SELECT 1 FROM face_not_person WHERE face_id = ?1 AND person_id = ?2",
             "INSERT INTO face_not_person(face_id, person_id) SELECT ?1, id FROM person WHERE id = ?2 AND ?3 <> ''"
             " ON CONFLICT DO NOTHING",
             "DELETE FROM face_not_person WHERE face_id = ?1 AND person_id = ?2"},
    ValueSql{DecidedKind::kMark, "SELECT 1 FROM photo_mark WHERE photo_id = ?1 AND mark = ?2",
             "INSERT INTO photo_mark(photo_id, mark) SELECT id, ?2 FROM photo WHERE id = ?1 AND ?3 <> ''"
             " ON CONFLICT DO NOTHING",
             "DELETE FROM photo_mark WHERE photo_id = ?1 AND mark = ?2"},
};

const ValueSql* FindSql(DecidedKind kind) {
  for (const ValueSql& sql : kValues) {
    if (sql.kind == kind) {
      return &sql;
    }
  }
  return nullptr;
}

StatusOr<std::optional<std::string>> FirstText(Statement rows) {
  CALOTYPE_ASSIGN_OR_RETURN(const bool found, rows.Step());
  return found && !rows.IsNull(0) ? std::optional(rows.Text(0)) : std::nullopt;
}

struct FacePlace {
  PhotoId photo = 0;
  Box box;
};

StatusOr<std::optional<FacePlace>> PlaceOf(Database& database, FaceId face) {
  CALOTYPE_ASSIGN_OR_RETURN(Statement row,
                            database.Query("SELECT photo_id, x, y, width, height FROM face WHERE id = ?1", face));
  CALOTYPE_ASSIGN_OR_RETURN(const bool found, row.Step());
  return found ? std::optional(FacePlace{.photo = row.Int(0), .box = BoxFromRow(row, 1)}) : std::nullopt;
}

StatusOr<std::optional<std::string>> ReadForgotten(Database& database, FaceId face) {
  CALOTYPE_ASSIGN_OR_RETURN(const std::optional<FacePlace> place, PlaceOf(database, face));
  if (!place.has_value()) {
    return std::nullopt;
  }
  CALOTYPE_ASSIGN_OR_RETURN(const std::vector<Box> places, ForgottenPlaces(database, place->photo));
  return IsAtOneOf(places, place->box) ? std::optional<std::string>("1") : std::nullopt;
}

// The face was given back by a decision that is undone now. A scan may have stored its vector meanwhile.
Status ForgetAgain(Database& database, FaceId face) {
  CALOTYPE_ASSIGN_OR_RETURN(const std::optional<FacePlace> place, PlaceOf(database, face));
  if (!place.has_value()) {
    return absl::OkStatus();
  }
  CALOTYPE_RETURN_IF_ERROR(ForgetPlace(database, place->photo, place->box));
  CALOTYPE_RETURN_IF_ERROR(database.Execute("UPDATE face SET embedding = NULL, sharpness = NULL WHERE id = ?1", face));
  return WriteKey(database, kEraseKey, "yes");
}

Status WriteFaceState(Database& database, FaceId face, const FaceState& state) {
  const std::optional<int64_t> person = state.person == 0 ? std::nullopt : std::optional(state.person);
  return database.Execute("UPDATE face SET person_id = ?2, decided = ?3 WHERE id = ?1", face, person, state.decided);
}

// Adds a key for each row of `rows`, whose columns are `id` and `other`.
Status AddKeys(Statement rows, DecidedKind kind, std::set<DecidedKey>& keys) {
  return rows.ForEach(
      [&keys, kind](const Statement& row) { keys.insert({.kind = kind, .id = row.Int(0), .other = row.Int(1)}); });
}

void AddPropertiesOf(PersonId person, std::set<DecidedKey>& keys) {
  for (const DecidedKind kind : {DecidedKind::kPerson, DecidedKind::kName, DecidedKind::kHidden, DecidedKind::kCover}) {
    keys.insert({.kind = kind, .id = person});
  }
}

}  // namespace

StatusOr<std::set<DecidedKey>> KeysIn(Database& database, const DecisionScope& scope) {
  std::set<DecidedKey> keys(scope.keys.begin(), scope.keys.end());
  for (const FaceId face : scope.faces) {
    keys.insert({.kind = DecidedKind::kFace, .id = face});
    keys.insert({.kind = DecidedKind::kForgotten, .id = face});
    CALOTYPE_ASSIGN_OR_RETURN(
        Statement rows, database.Query("SELECT face_id, person_id FROM face_not_person WHERE face_id = ?1", face));
    CALOTYPE_RETURN_IF_ERROR(AddKeys(std::move(rows), DecidedKind::kExcluded, keys));
  }
  for (const PersonId person : scope.people) {
    AddPropertiesOf(person, keys);
  }
  for (const PersonId person : scope.merging) {
    AddPropertiesOf(person, keys);
    keys.insert({.kind = DecidedKind::kMerged, .id = person});
    CALOTYPE_ASSIGN_OR_RETURN(Statement numbers,
                              database.Query("SELECT id, 0 FROM merged_person WHERE into_id = ?1", person));
    CALOTYPE_RETURN_IF_ERROR(AddKeys(std::move(numbers), DecidedKind::kMerged, keys));
    CALOTYPE_ASSIGN_OR_RETURN(
        Statement excluded,
        database.Query("SELECT face_id, person_id FROM face_not_person WHERE person_id = ?1", person));
    CALOTYPE_RETURN_IF_ERROR(AddKeys(std::move(excluded), DecidedKind::kExcluded, keys));
  }
  return keys;
}

StatusOr<std::optional<std::string>> ReadDecided(Database& database, const DecidedKey& key) {
  if (key.kind == DecidedKind::kForgotten) {
    return ReadForgotten(database, key.id);
  }
  if (key.kind == DecidedKind::kFace) {
    CALOTYPE_ASSIGN_OR_RETURN(Statement row,
                              database.Query("SELECT coalesce(person_id, 0), decided FROM face WHERE id = ?1", key.id));
    CALOTYPE_ASSIGN_OR_RETURN(const bool found, row.Step());
    return found ? std::optional(FormatFaceState({.person = row.Int(0), .decided = row.Int(1)})) : std::nullopt;
  }
  const ValueSql* const sql = FindSql(key.kind);
  if (sql == nullptr) {
    return std::nullopt;
  }
  CALOTYPE_ASSIGN_OR_RETURN(Statement rows, database.Query(sql->read, key.id, key.other));
  return FirstText(std::move(rows));
}

StatusOr<DecidedValues> ReadDecided(Database& database, const std::set<DecidedKey>& keys) {
  DecidedValues values;
  for (const DecidedKey& key : keys) {
    CALOTYPE_ASSIGN_OR_RETURN(std::optional<std::string> value, ReadDecided(database, key));
    if (value.has_value()) {
      values.insert_or_assign(key, *std::move(value));
    }
  }
  return values;
}

StatusOr<bool> SubjectExists(Database& database, const DecidedKey& key) {
  const bool is_face =
      key.kind == DecidedKind::kFace || key.kind == DecidedKind::kForgotten || key.kind == DecidedKind::kExcluded;
  if (!is_face && key.kind != DecidedKind::kMark) {
    return true;
  }
  CALOTYPE_ASSIGN_OR_RETURN(
      const auto subject,
      database.QueryInt(is_face ? "SELECT id FROM face WHERE id = ?1" : "SELECT id FROM photo WHERE id = ?1", key.id));
  return subject.has_value();
}

Status WriteDecided(Database& database, const DecidedKey& key, const std::optional<std::string>& value) {
  if (key.kind == DecidedKind::kForgotten) {
    return value.has_value() ? ForgetAgain(database, key.id) : absl::OkStatus();
  }
  if (key.kind == DecidedKind::kFace) {
    return value.has_value() ? WriteFaceState(database, key.id, ParseFaceState(*value)) : absl::OkStatus();
  }
  const ValueSql* const sql = FindSql(key.kind);
  if (sql == nullptr) {
    return absl::OkStatus();
  }
  return value.has_value() ? database.Execute(sql->write, key.id, key.other, *value)
                           : database.Execute(sql->take_away, key.id, key.other);
}

}  // namespace calotype
