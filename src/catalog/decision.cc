#include "catalog/decision.h"

#include <fmt/format.h>

#include <charconv>
#include <string_view>

#include "base/units.h"

namespace calotype {
namespace {

std::string Called(PersonId person, const std::string& name) {
  return name.empty() ? fmt::format("person {}", person) : name;
}

std::string DescribeNaming(const DecisionSubject& subject) {
  if (subject.new_name.empty()) {
    return fmt::format("Removed the name {}", subject.name);
  }
  return subject.name.empty() ? fmt::format("Named person {} {}", subject.person, subject.new_name)
                              : fmt::format("Renamed {} to {}", subject.name, subject.new_name);
}

std::string_view MarkPurpose(const DecisionSubject& subject) {
  const std::string_view favourite = subject.count == 1 ? "as a favourite" : "as favourites";
  return subject.mark == UserMark::kDelete ? "for deletion" : favourite;
}

void AddPerson(PersonId person, std::set<PersonId>& people) {
  if (person != 0) {
    people.insert(person);
  }
}

// The person whom a value names.
PersonId PersonIn(DecidedKind kind, const std::optional<std::string>& value) {
  return value.has_value() && (kind == DecidedKind::kFace || kind == DecidedKind::kMerged)
             ? ParseFaceState(*value).person
             : 0;
}

}  // namespace

std::string FormatFaceState(const FaceState& state) { return fmt::format("{} {}", state.person, state.decided); }

FaceState ParseFaceState(std::string_view text) {
  FaceState state;
  const char* const end = text.data() + text.size();
  const auto person = std::from_chars(text.data(), end, state.person);
  if (person.ptr != end) {
    std::from_chars(person.ptr + 1, end, state.decided);
  }
  return state;
}

std::vector<DecidedChange> Difference(const DecidedValues& before, const DecidedValues& after) {
  std::map<DecidedKey, DecidedChange> changes;
  for (const auto& [key, value] : before) {
    changes[key] = {.key = key, .before = value, .after = std::nullopt};
  }
  for (const auto& [key, value] : after) {
    changes[key].key = key;
    changes[key].after = value;
  }
  std::vector<DecidedChange> different;
  for (auto& [key, change] : changes) {
    if (change.before != change.after) {
      different.push_back(std::move(change));
    }
  }
  return different;
}

std::set<PersonId> PeopleIn(std::span<const DecidedChange> changes) {
  std::set<PersonId> people;
  for (const DecidedChange& change : changes) {
    switch (change.key.kind) {
      case DecidedKind::kPerson:
      case DecidedKind::kName:
      case DecidedKind::kHidden:
      case DecidedKind::kCover:
      case DecidedKind::kMerged:
        AddPerson(change.key.id, people);
        break;
      case DecidedKind::kExcluded:
        AddPerson(change.key.other, people);
        break;
      case DecidedKind::kFace:
      case DecidedKind::kForgotten:
      case DecidedKind::kMark:
        break;
    }
    AddPerson(PersonIn(change.key.kind, change.before), people);
    AddPerson(PersonIn(change.key.kind, change.after), people);
  }
  return people;
}

bool StillHolds(const DecidedChange& change, const std::optional<std::string>& now) {
  if (change.after == now) {
    return true;
  }
  return change.key.kind == DecidedKind::kFace && change.after.has_value() && now.has_value() &&
         ParseFaceState(*change.after).decided == 0 && ParseFaceState(*now).decided == 0;
}

std::string DescribeKey(const DecidedKey& key) {
  switch (key.kind) {
    case DecidedKind::kPerson:
      return fmt::format("person {}", key.id);
    case DecidedKind::kName:
      return fmt::format("the name of person {}", key.id);
    case DecidedKind::kHidden:
      return fmt::format("whether person {} is hidden", key.id);
    case DecidedKind::kCover:
      return fmt::format("the cover of person {}", key.id);
    case DecidedKind::kMerged:
      return fmt::format("the number {}", key.id);
    case DecidedKind::kFace:
    case DecidedKind::kForgotten:
      return fmt::format("face {}", key.id);
    case DecidedKind::kExcluded:
      return fmt::format("whether face {} may be person {}", key.id, key.other);
    case DecidedKind::kMark:
      return fmt::format("the marks of photo {}", key.id);
  }
  return "";
}

std::string DescribeDecision(DecisionKind kind, const DecisionSubject& subject) {
  const std::string person = Called(subject.person, subject.name);
  const std::string faces = Counted(subject.count, "face");
  const std::string photos = Counted(subject.count, "photo");
  switch (kind) {
    case DecisionKind::kName:
      return DescribeNaming(subject);
    case DecisionKind::kMerge:
      return fmt::format("Merged {} into {}", Counted(subject.count, "person", "people"), person);
    case DecisionKind::kSplit:
      return fmt::format("Moved {} to a new person, person {}", faces, subject.person);
    case DecisionKind::kConfirm:
      return fmt::format("Confirmed {} as {}", faces, person);
    case DecisionKind::kReject:
      return fmt::format("Rejected {} as {}", faces, person);
    case DecisionKind::kHide:
      return fmt::format("Hid {}", person);
    case DecisionKind::kShow:
      return fmt::format("Showed {} again", person);
    case DecisionKind::kCover:
      return fmt::format("Chose another cover for {}", person);
    case DecisionKind::kChange:
      return fmt::format("Changed {}", person);
    case DecisionKind::kMark:
      return fmt::format("Marked {} {}", photos, MarkPurpose(subject));
    case DecisionKind::kUnmark:
      return fmt::format("Unmarked {}, no longer {}", photos, MarkPurpose(subject));
    case DecisionKind::kTrash:
      return fmt::format("Moved {} to the trash", photos);
  }
  return "";
}

}  // namespace calotype
