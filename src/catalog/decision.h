// What a decision of a user changes, as values that can be compared and restored. Pure functions.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/decision_catalog.h"
#include "catalog/mark_catalog.h"
#include "catalog/types.h"

namespace calotype {

// Values are stored: never renumber.
enum class DecidedKind : uint8_t {
  kPerson = 1,     // a person exists: when they were created
  kName = 2,       // of a person
  kHidden = 3,     // a person is hidden: "1"
  kCover = 4,      // the face that a user chose to represent a person
  kMerged = 5,     // a number means another person: that person
  kFace = 6,       // FaceState
  kExcluded = 7,   // the face is not the person `other`: "1"
  kForgotten = 8,  // the face is where a person was forgotten: "1"
  kMark = 9,       // the photo has the mark `other`: "1"
};

struct DecidedKey {
  DecidedKind kind = DecidedKind::kPerson;
  int64_t id = 0;  // of a person, a face or a photo
  int64_t other = 0;

  auto operator<=>(const DecidedKey&) const = default;
};

// What is not in the map is not so: the person has no name, the face does not exist.
using DecidedValues = std::map<DecidedKey, std::string>;

struct DecidedChange {
  DecidedKey key;
  std::optional<std::string> before;  // nullopt: not in the map
  std::optional<std::string> after;
};

// To whom a face belongs, as the text "PERSON DECIDED": columns of the table face; 0 for nobody.
struct FaceState {
  PersonId person = 0;
  int64_t decided = 0;
};
std::string FormatFaceState(const FaceState& state);
FaceState ParseFaceState(std::string_view text);

// The differences, by key.
std::vector<DecidedChange> Difference(const DecidedValues& before, const DecidedValues& after);
// The people whom the changes concern, with the numbers of those who were merged.
std::set<PersonId> PeopleIn(std::span<const DecidedChange> changes);
// True while what a decision made of the key holds. Clustering may have assigned a face that nobody decided about.
bool StillHolds(const DecidedChange& change, const std::optional<std::string>& now);
// "face 12", "the name of person 5": what the key is about.
std::string DescribeKey(const DecidedKey& key);

// What the text of a decision mentions.
struct DecisionSubject {
  PersonId person = 0;
  std::string name;      // of the person before the decision; after a merge. Empty: no name
  std::string new_name;  // that kName gave
  int64_t count = 0;     // of faces, of the others who were merged, or of photos
  UserMark mark = UserMark::kDelete;
};
std::string DescribeDecision(DecisionKind kind, const DecisionSubject& subject);

}  // namespace calotype
