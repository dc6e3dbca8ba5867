// Calls that hang in a library and that nobody waits for any more.
#pragma once

namespace calotype {

// Notes that a call was left to its thread, which may use its library for ever.
void NoteCallGivenUp();

// True once a call was given up. Then the process must end with _exit(): exit() would wait for the library's threads,
// or destroy what the call uses.
bool AnyCallGivenUp();

}  // namespace calotype
