// TrashCatalog.
#include <fmt/format.h>

#include <string>
#include <utility>

#include "catalog/decision.h"
#include "catalog/row_values.h"
#include "catalog/sql_catalog.h"

namespace calotype {
namespace {

Status AddTrashFiles(Database& database, DecisionId decision, std::span<const TrashMove> moves) {
  for (const TrashMove& move : moves) {
    CALOTYPE_RETURN_IF_ERROR(
        database.Execute("INSERT INTO trash_file(decision_id, path, trash_path) VALUES (?1, ?2, ?3)", decision,
                         PathBytes(move.path), PathBytes(move.trash_path)));
  }
  return absl::OkStatus();
}

// The files of the decision are missing now.
Status LoseTrashFiles(Database& database, DecisionId decision) {
  return database.Execute(
      "UPDATE file SET missing = 1, missing_since = unixepoch() WHERE missing = 0 AND path IN"
      " (SELECT path FROM trash_file WHERE decision_id = ?1)",
      decision);
}

// A commit waits until it is on the disk, as long as this object lives. Not within a transaction.
class DurableCommits {
 public:
  static StatusOr<DurableCommits> Begin(Database& database) {
    CALOTYPE_RETURN_IF_ERROR(database.SetDurable(true));
    return DurableCommits(database);
  }
  DurableCommits(DurableCommits&& other) noexcept : database_(std::exchange(other.database_, nullptr)) {}
  DurableCommits& operator=(DurableCommits&&) = delete;
  ~DurableCommits() {
    if (database_ != nullptr) {
      database_->SetDurable(false).IgnoreError();
    }
  }

 private:
  explicit DurableCommits(Database& database) : database_(&database) {}

  Database* database_;
};

}  // namespace

StatusOr<DecisionId> SqlCatalog::PlanTrash(std::span<const TrashMove> moves, int64_t photos) {
  const MutexLock lock(&mutex_);
  CALOTYPE_ASSIGN_OR_RETURN(const DurableCommits durable, DurableCommits::Begin(*database_));
  CALOTYPE_ASSIGN_OR_RETURN(DatabaseTransaction transaction, DatabaseTransaction::Begin(*database_));
  CALOTYPE_ASSIGN_OR_RETURN(
      const DecisionId decision,
      database_->Insert("INSERT INTO decision(kind, text, made_at, moving) VALUES (?1, ?2, unixepoch(), 1)",
                        static_cast<int>(DecisionKind::kTrash),
                        DescribeDecision(DecisionKind::kTrash, {.count = photos})));
  CALOTYPE_RETURN_IF_ERROR(AddTrashFiles(*database_, decision, moves));
  CALOTYPE_RETURN_IF_ERROR(transaction.Commit());
  return decision;
}

Status SqlCatalog::CompleteTrash(DecisionId decision) {
  const MutexLock lock(&mutex_);
  CALOTYPE_ASSIGN_OR_RETURN(DatabaseTransaction transaction, DatabaseTransaction::Begin(*database_));
  CALOTYPE_RETURN_IF_ERROR(LoseTrashFiles(*database_, decision));
  CALOTYPE_RETURN_IF_ERROR(database_->Execute("UPDATE decision SET moving = 0 WHERE id = ?1", decision));
  return transaction.Commit();
}

Status SqlCatalog::PlanReturn(DecisionId decision) {
  const MutexLock lock(&mutex_);
  CALOTYPE_ASSIGN_OR_RETURN(const DurableCommits durable, DurableCommits::Begin(*database_));
  CALOTYPE_ASSIGN_OR_RETURN(DatabaseTransaction transaction, DatabaseTransaction::Begin(*database_));
  CALOTYPE_ASSIGN_OR_RETURN(const auto moved,
                            database_->QueryInt("SELECT 1 FROM trash_file WHERE decision_id = ?1 LIMIT 1", decision));
  if (!moved.has_value()) {
    return absl::NotFoundError(fmt::format("there is no decision {} that moved files to the trash", decision));
  }
  CALOTYPE_RETURN_IF_ERROR(database_->Execute(
      "UPDATE decision SET moving = 1 WHERE id = ?1 AND moving = 0 AND undone_at IS NULL", decision));
  if (database_->changes() != 1) {
    return absl::FailedPreconditionError(
        fmt::format("decision {} cannot be undone: it was undone already, or its files are being moved", decision));
  }
  return transaction.Commit();
}

Status SqlCatalog::CompleteReturn(DecisionId decision, std::span<const TrashMove> left) {
  const MutexLock lock(&mutex_);
  CALOTYPE_ASSIGN_OR_RETURN(DatabaseTransaction transaction, DatabaseTransaction::Begin(*database_));
  CALOTYPE_RETURN_IF_ERROR(
      database_->Execute("UPDATE file SET missing = 0, missing_since = NULL WHERE missing = 1 AND"
                         " path IN (SELECT path FROM trash_file WHERE decision_id = ?1)",
                         decision));
  if (left.empty()) {
    CALOTYPE_RETURN_IF_ERROR(
        database_->Execute("UPDATE decision SET moving = 0, undone_at = unixepoch() WHERE id = ?1", decision));
  } else {
    CALOTYPE_RETURN_IF_ERROR(database_->Execute("DELETE FROM trash_file WHERE decision_id = ?1", decision));
    CALOTYPE_RETURN_IF_ERROR(AddTrashFiles(*database_, decision, left));
    CALOTYPE_RETURN_IF_ERROR(LoseTrashFiles(*database_, decision));
    CALOTYPE_RETURN_IF_ERROR(database_->Execute("UPDATE decision SET moving = 0 WHERE id = ?1", decision));
  }
  return transaction.Commit();
}

StatusOr<std::vector<TrashMove>> SqlCatalog::TrashMoves(DecisionId decision) {
  const MutexLock lock(&mutex_);
  CALOTYPE_ASSIGN_OR_RETURN(
      Statement rows,
      database_->Query("SELECT path, trash_path FROM trash_file WHERE decision_id = ?1 ORDER BY path", decision));
  return ReadRows(std::move(rows),
                  [](const Statement& row) { return TrashMove{.path = row.Text(0), .trash_path = row.Text(1)}; });
}

StatusOr<std::vector<DecisionId>> SqlCatalog::UnfinishedTrash() {
  const MutexLock lock(&mutex_);
  CALOTYPE_ASSIGN_OR_RETURN(Statement rows, database_->Query("SELECT id FROM decision WHERE moving = 1 ORDER BY id"));
  return ReadRows(std::move(rows), [](const Statement& row) { return DecisionId{row.Int(0)}; });
}

}  // namespace calotype
