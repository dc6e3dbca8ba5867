#include "base/given_up.h"

#include <atomic>

namespace calotype {
namespace {

std::atomic<bool> any_given_up = false;

}  // namespace

void NoteCallGivenUp() { any_given_up = true; }

bool AnyCallGivenUp() { return any_given_up; }

}  // namespace calotype
