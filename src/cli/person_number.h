// Numbers of people on the command line. The number of a person who was merged into another one means the other one.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "app/client/library_client.h"
#include "app/people.h"
#include "base/status.h"

namespace calotype {

enum class PersonUse : uint8_t { kShow, kChange };

// The person whom `number` means. If they were merged into another person, says so. A command that changes something
// goes on only after a yes on a terminal, because the user may have remembered the number of somebody else.
//   kNotFound            there is no such person
//   kFailedPrecondition  merged, to be changed, and there was no yes; the message names the other person
StatusOr<KnownPerson> PersonOfNumber(LibraryClient& library, PersonId number, PersonUse use);

// What is printed after a merge.
std::string MergedText(PersonId into);

// If somebody apart from `person` has this name, offers on a terminal to merge the two; elsewhere, or when several
// people have it, prints the command that does.
Status OfferMerge(LibraryClient& library, PersonId person, std::string_view name);

}  // namespace calotype
