// Reads and writes what a decision changes. Only this folder includes it.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/status.h"
#include "catalog/decision.h"
#include "catalog/sql.h"

namespace calotype {

// What a decision may change; `keys` is for what the others do not have.
struct DecisionScope {
  std::vector<FaceId> faces;     // with the people whom they are not
  std::vector<PersonId> people;  // their own properties
  std::vector<DecidedKey> keys;
  // People to be merged: also the numbers that mean them, and the faces that are not them.
  std::vector<PersonId> merging;
};

// The keys of the scope that there are now. Numbers of people and exclusions come and go with a decision.
StatusOr<std::set<DecidedKey>> KeysIn(Database& database, const DecisionScope& scope);
StatusOr<DecidedValues> ReadDecided(Database& database, const std::set<DecidedKey>& keys);
StatusOr<std::optional<std::string>> ReadDecided(Database& database, const DecidedKey& key);
// False for a photo that was deleted, and for its faces.
StatusOr<bool> SubjectExists(Database& database, const DecidedKey& key);
// A person who does not exist is created when their DecidedKind::kPerson is written, and deleted when it is taken away.
// Properties of people and faces that do not exist are not written.
Status WriteDecided(Database& database, const DecidedKey& key, const std::optional<std::string>& value);

}  // namespace calotype
