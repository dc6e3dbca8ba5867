// Writes the journal of decisions: what they changed, found by comparing the catalogue before and after. Only this
// folder includes it.
#pragma once

#include <set>
#include <utility>

#include "base/status.h"
#include "catalog/decided_values.h"
#include "catalog/decision.h"
#include "catalog/people_catalog.h"
#include "catalog/sql.h"

namespace calotype {

// Records one decision, in the transaction that is open: Begin(), then change the catalogue, then Finish().
class DecisionRecorder {
 public:
  static StatusOr<DecisionRecorder> Begin(Database& database, DecisionScope scope);

  // A person who was created since Begin().
  void AddNewPerson(PersonId person) { scope_.people.push_back(person); }
  // Returns nullopt, and records nothing, when nothing in the scope changed.
  StatusOr<Decided> Finish(DecisionKind kind, const DecisionSubject& subject);

 private:
  DecisionRecorder(Database& database, DecisionScope scope, std::set<DecidedKey> keys, DecidedValues before)
      : database_(&database), scope_(std::move(scope)), keys_(std::move(keys)), before_(std::move(before)) {}

  Database* database_;
  DecisionScope scope_;
  std::set<DecidedKey> keys_;
  DecidedValues before_;
};

// What the decision changed, in the order in which the values must be written.
StatusOr<std::vector<DecidedChange>> ChangesOfDecision(Database& database, DecisionId decision);

// Deletes the decisions that concern one of these people.
Status DeleteDecisionsAbout(Database& database, const std::set<PersonId>& people);

}  // namespace calotype
