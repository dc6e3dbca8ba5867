// DecisionCatalog.
#include <fmt/format.h>

#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "catalog/decided_values.h"
#include "catalog/decision_journal.h"
#include "catalog/row_values.h"
#include "catalog/sql_catalog.h"

namespace calotype {
namespace {

DecisionRecord DecisionOf(const Statement& row) {
  return {.id = row.Int(0),
          .kind = static_cast<DecisionKind>(row.Int(1)),
          .text = row.Text(2),
          .made_at = row.Int(3),
          .undone_at = OptionalInt(row, 4),
          .obstacle = ""};
}

// Why a decision cannot be undone, or an empty text. `later` selects a decision, its columns `id` and `text`.
StatusOr<std::string> LaterDecision(Statement later) {
  CALOTYPE_ASSIGN_OR_RETURN(const bool found, later.Step());
  return found
             ? fmt::format("decision {} changed the same later ({}): undo that one first", later.Int(0), later.Text(1))
             : std::string();
}

StatusOr<std::string> LaterAboutPerson(Database& database, DecisionId decision, PersonId person) {
  CALOTYPE_ASSIGN_OR_RETURN(
      Statement later,
      database.Query("SELECT decision.id, text FROM decision_person JOIN decision ON decision.id = decision_id"
                     " WHERE person_id = ?1 AND decision_id > ?2 AND undone_at IS NULL"
                     " ORDER BY decision_id DESC LIMIT 1",
                     person, decision));
  return LaterDecision(std::move(later));
}

// Checks whether a decision can be undone. Each function returns the obstacle, or an empty text.
class UndoCheck {
 public:
  UndoCheck(Database& database, const DecisionRecord& decision, const std::vector<DecidedChange>& changes)
      : database_(database), decision_(decision), changes_(changes) {}

  StatusOr<std::string> Obstacle();

 private:
  StatusOr<std::string> TrashObstacle() const;
  StatusOr<std::string> LaterChange();
  StatusOr<std::string> Check(const DecidedChange& change);
  // The person whom the decision created, and whom the undo deletes, has nothing but what the decision gave them.
  StatusOr<std::string> CheckCreated(PersonId person);
  // The person to whom the undo assigns a face exists, or the undo creates them.
  StatusOr<std::string> CheckAssigned(PersonId person);
  static std::string ChangedSince(const DecidedKey& key) {
    return fmt::format("{} has changed since, by a scan or by names in photos", DescribeKey(key));
  }

  Database& database_;
  const DecisionRecord& decision_;
  const std::vector<DecidedChange>& changes_;
};

StatusOr<std::string> UndoCheck::Obstacle() {
  if (decision_.undone_at.has_value()) {
    return "it was undone already";
  }
  if (decision_.kind == DecisionKind::kTrash) {
    return TrashObstacle();
  }
  CALOTYPE_ASSIGN_OR_RETURN(std::string obstacle, LaterChange());
  bool anything_left = false;
  for (auto change = changes_.begin(); obstacle.empty() && change != changes_.end(); ++change) {
    CALOTYPE_ASSIGN_OR_RETURN(const bool exists, SubjectExists(database_, change->key));
    if (exists) {
      anything_left = true;
      CALOTYPE_ASSIGN_OR_RETURN(obstacle, Check(*change));
    }
  }
  return obstacle.empty() && !anything_left ? "its photos were deleted" : obstacle;
}

StatusOr<std::string> UndoCheck::TrashObstacle() const {
  CALOTYPE_ASSIGN_OR_RETURN(const auto moving,
                            database_.QueryInt("SELECT 1 FROM decision WHERE id = ?1 AND moving = 1", decision_.id));
  return moving.has_value() ? "its files are being moved" : std::string();
}

StatusOr<std::string> UndoCheck::LaterChange() {
  CALOTYPE_ASSIGN_OR_RETURN(
      Statement later,
      database_.Query("SELECT decision.id, decision.text FROM decision_change AS mine JOIN decision_change AS theirs"
                      " ON theirs.kind = mine.kind AND theirs.about = mine.about AND theirs.other = mine.other"
                      " JOIN decision ON decision.id = theirs.decision_id"
                      " WHERE mine.decision_id = ?1 AND theirs.decision_id > ?1 AND undone_at IS NULL"
                      " ORDER BY decision.id DESC LIMIT 1",
                      decision_.id));
  return LaterDecision(std::move(later));
}

StatusOr<std::string> UndoCheck::Check(const DecidedChange& change) {
  CALOTYPE_ASSIGN_OR_RETURN(const std::optional<std::string> now, ReadDecided(database_, change.key));
  if (!StillHolds(change, now)) {
    return ChangedSince(change.key);
  }
  if (change.key.kind == DecidedKind::kPerson && !change.before.has_value()) {
    return CheckCreated(change.key.id);
  }
  if (change.key.kind == DecidedKind::kFace && change.before.has_value()) {
    return CheckAssigned(ParseFaceState(*change.before).person);
  }
  return std::string();
}

StatusOr<std::string> UndoCheck::CheckCreated(PersonId person) {
  CALOTYPE_ASSIGN_OR_RETURN(std::string later, LaterAboutPerson(database_, decision_.id, person));
  if (!later.empty()) {
    return later;
  }
  // Names in photos give the person a name, or faces.
  CALOTYPE_ASSIGN_OR_RETURN(
      const auto more,
      database_.QueryInt("SELECT 1 FROM person WHERE id = ?1 AND (name <> '' OR EXISTS (SELECT 1 FROM face WHERE"
                         " person_id = ?1 AND decided <> 0 AND id NOT IN (SELECT about FROM decision_change WHERE"
                         " decision_id = ?2 AND kind = ?3)))",
                         person, decision_.id, static_cast<int>(DecidedKind::kFace)));
  return more.has_value() ? ChangedSince({.kind = DecidedKind::kPerson, .id = person}) : std::string();
}

StatusOr<std::string> UndoCheck::CheckAssigned(PersonId person) {
  const DecidedKey key = {.kind = DecidedKind::kPerson, .id = person};
  for (const DecidedChange& change : changes_) {
    if (person == 0 || change.key == key) {
      return std::string();
    }
  }
  CALOTYPE_ASSIGN_OR_RETURN(const std::optional<std::string> exists, ReadDecided(database_, key));
  if (exists.has_value()) {
    return std::string();
  }
  CALOTYPE_ASSIGN_OR_RETURN(std::string later, LaterAboutPerson(database_, decision_.id, person));
  return later.empty() ? fmt::format("person {} does not exist any more", person) : later;
}

// Writes what was before. The changes are by kind, and people come first: those who are created must exist before they
// get faces, and those who are deleted must have none left.
Status RestoreBefore(Database& database, const std::vector<DecidedChange>& changes) {
  std::vector<PersonId> created;
  for (const DecidedChange& change : changes) {
    if (change.key.kind == DecidedKind::kPerson && !change.before.has_value()) {
      created.push_back(change.key.id);
    } else {
      CALOTYPE_RETURN_IF_ERROR(WriteDecided(database, change.key, change.before));
    }
  }
  for (const PersonId person : created) {
    // Those that clustering added.
    CALOTYPE_RETURN_IF_ERROR(database.Execute("UPDATE face SET person_id = NULL WHERE person_id = ?1", person));
    CALOTYPE_RETURN_IF_ERROR(WriteDecided(database, {.kind = DecidedKind::kPerson, .id = person}, std::nullopt));
  }
  return absl::OkStatus();
}

StatusOr<DecisionRecord> FindDecision(Database& database, DecisionId decision) {
  CALOTYPE_ASSIGN_OR_RETURN(
      Statement row, database.Query("SELECT id, kind, text, made_at, undone_at FROM decision WHERE id = ?1", decision));
  CALOTYPE_ASSIGN_OR_RETURN(const bool found, row.Step());
  if (!found) {
    return absl::NotFoundError(fmt::format("there is no decision {} (calotype people history)", decision));
  }
  return DecisionOf(row);
}

Status AddObstacle(Database& database, DecisionRecord& decision) {
  CALOTYPE_ASSIGN_OR_RETURN(const auto changes, ChangesOfDecision(database, decision.id));
  CALOTYPE_ASSIGN_OR_RETURN(decision.obstacle, UndoCheck(database, decision, changes).Obstacle());
  return absl::OkStatus();
}

}  // namespace

StatusOr<std::vector<DecisionRecord>> SqlCatalog::Decisions(std::optional<DecisionId> before, int limit) {
  const MutexLock lock(&mutex_);
  CALOTYPE_ASSIGN_OR_RETURN(Statement rows,
                            database_->Query("SELECT id, kind, text, made_at, undone_at FROM decision WHERE id < ?1"
                                             " ORDER BY id DESC LIMIT ?2",
                                             before.value_or(std::numeric_limits<DecisionId>::max()), limit));
  CALOTYPE_ASSIGN_OR_RETURN(std::vector<DecisionRecord> decisions, ReadRows(std::move(rows), DecisionOf));
  for (DecisionRecord& decision : decisions) {
    CALOTYPE_RETURN_IF_ERROR(AddObstacle(*database_, decision));
  }
  return decisions;
}

StatusOr<DecisionRecord> SqlCatalog::Decision(DecisionId decision) {
  const MutexLock lock(&mutex_);
  CALOTYPE_ASSIGN_OR_RETURN(DecisionRecord record, FindDecision(*database_, decision));
  CALOTYPE_RETURN_IF_ERROR(AddObstacle(*database_, record));
  return record;
}

StatusOr<DecisionRecord> SqlCatalog::UndoDecision(DecisionId decision) {
  const MutexLock lock(&mutex_);
  CALOTYPE_ASSIGN_OR_RETURN(DatabaseTransaction transaction, DatabaseTransaction::Begin(*database_));
  CALOTYPE_ASSIGN_OR_RETURN(const DecisionRecord record, FindDecision(*database_, decision));
  CALOTYPE_ASSIGN_OR_RETURN(const auto changes, ChangesOfDecision(*database_, decision));
  CALOTYPE_ASSIGN_OR_RETURN(const std::string obstacle, UndoCheck(*database_, record, changes).Obstacle());
  if (obstacle.empty() && record.kind == DecisionKind::kTrash) {
    return absl::FailedPreconditionError(fmt::format("the files of decision {} must be moved back first", decision));
  }
  if (!obstacle.empty()) {
    return absl::FailedPreconditionError(fmt::format("decision {} cannot be undone: {}", decision, obstacle));
  }
  CALOTYPE_RETURN_IF_ERROR(RestoreBefore(*database_, changes));
  CALOTYPE_RETURN_IF_ERROR(database_->Execute("UPDATE decision SET undone_at = unixepoch() WHERE id = ?1", decision));
  CALOTYPE_ASSIGN_OR_RETURN(DecisionRecord undone, FindDecision(*database_, decision));
  undone.obstacle = "it was undone already";
  CALOTYPE_RETURN_IF_ERROR(transaction.Commit());
  return undone;
}

}  // namespace calotype
