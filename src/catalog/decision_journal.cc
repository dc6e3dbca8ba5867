#include "catalog/decision_journal.h"

#include <optional>
#include <vector>

#include "catalog/row_values.h"

namespace calotype {

StatusOr<DecisionRecorder> DecisionRecorder::Begin(Database& database, DecisionScope scope) {
  CALOTYPE_ASSIGN_OR_RETURN(std::set<DecidedKey> keys, KeysIn(database, scope));
  CALOTYPE_ASSIGN_OR_RETURN(DecidedValues before, ReadDecided(database, keys));
  return DecisionRecorder(database, std::move(scope), std::move(keys), std::move(before));
}

StatusOr<Decided> DecisionRecorder::Finish(DecisionKind kind, const DecisionSubject& subject) {
  CALOTYPE_ASSIGN_OR_RETURN(const std::set<DecidedKey> keys_now, KeysIn(*database_, scope_));
  keys_.insert(keys_now.begin(), keys_now.end());
  CALOTYPE_ASSIGN_OR_RETURN(const DecidedValues after, ReadDecided(*database_, keys_));
  const std::vector<DecidedChange> changes = Difference(before_, after);
  if (changes.empty()) {
    return std::nullopt;
  }
  CALOTYPE_ASSIGN_OR_RETURN(const DecisionId decision,
                            database_->Insert("INSERT INTO decision(kind, text, made_at) VALUES (?1, ?2, unixepoch())",
                                              static_cast<int>(kind), DescribeDecision(kind, subject)));
  for (const DecidedChange& change : changes) {
    CALOTYPE_RETURN_IF_ERROR(database_->Execute(
        "INSERT INTO decision_change(decision_id, kind, about, other, before, after)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        decision, static_cast<int>(change.key.kind), change.key.id, change.key.other, change.before, change.after));
  }
  std::set<PersonId> people = PeopleIn(changes);
  if (subject.person != 0) {
    people.insert(subject.person);
  }
  for (const PersonId person : people) {
    CALOTYPE_RETURN_IF_ERROR(
        database_->Execute("INSERT INTO decision_person(person_id, decision_id) VALUES (?1, ?2)", person, decision));
  }
  return decision;
}

StatusOr<std::vector<DecidedChange>> ChangesOfDecision(Database& database, DecisionId decision) {
  CALOTYPE_ASSIGN_OR_RETURN(Statement rows, database.Query("SELECT kind, about, other, before, after"
                                                           " FROM decision_change WHERE decision_id = ?1"
                                                           " ORDER BY kind, about, other",
                                                           decision));
  const auto text = [](const Statement& row, int column) {
    return row.IsNull(column) ? std::nullopt : std::optional(row.Text(column));
  };
  return ReadRows(std::move(rows), [&text](const Statement& row) {
    return DecidedChange{.key = {.kind = static_cast<DecidedKind>(row.Int(0)), .id = row.Int(1), .other = row.Int(2)},
                         .before = text(row, 3),
                         .after = text(row, 4)};
  });
}

Status DeleteDecisionsAbout(Database& database, const std::set<PersonId>& people) {
  for (const PersonId person : people) {
    CALOTYPE_RETURN_IF_ERROR(database.Execute(
        "DELETE FROM decision WHERE id IN (SELECT decision_id FROM decision_person WHERE person_id = ?1)", person));
  }
  return absl::OkStatus();
}

}  // namespace calotype
