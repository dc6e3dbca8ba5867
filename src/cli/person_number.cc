#include "cli/person_number.h"

#include <fmt/format.h>

#include <vector>

#include "cli/terminal.h"

namespace calotype {

StatusOr<KnownPerson> PersonOfNumber(LibraryClient& library, PersonId number, PersonUse use) {
  CALOTYPE_ASSIGN_OR_RETURN(KnownPerson person, library.Person(number));
  if (!person.merged) {
    return person;
  }
  if (use == PersonUse::kShow) {
    PrintError(DescribeMerged(number, person));
    return person;
  }
  if (!CanAsk()) {
    return RefuseMerged(number, person);
  }
  if (!AskYesOrNo(fmt::format("{}. Change this person?", DescribeMerged(number, person)))) {
    return absl::FailedPreconditionError("nothing was changed");
  }
  return person;
}

Status OfferMerge(LibraryClient& library, PersonId person, std::string_view name) {
  CALOTYPE_ASSIGN_OR_RETURN(const Namesakes others, library.Others(person, name));
  if (others.people.empty()) {
    return absl::OkStatus();
  }
  const PersonId other = others.people.front();
  if (others.people.size() > 1 || !CanAsk()) {
    PrintError(fmt::format("{}; if {} the same person: calotype people merge {} {}", others.text,
                           others.people.size() > 1 ? "two of them are" : "they are", other, person));
    return absl::OkStatus();
  }
  if (!AskYesOrNo(fmt::format("{}. Are they the same person? Merge {} into {}?", others.text, person, other))) {
    return absl::OkStatus();
  }
  CALOTYPE_RETURN_IF_ERROR(library.Merge(other, std::vector{person}));
  Print(MergedText(other));
  return absl::OkStatus();
}

std::string MergedText(PersonId into) {
  return fmt::format("merged into person {}; the old numbers point to it\n", into);
}

}  // namespace calotype
