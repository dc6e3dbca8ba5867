// The libraries that decode photos, as a whole.
#pragma once

#include <string>
#include <vector>

namespace calotype {

// Starts the libraries and opens what they would open later: plug-ins, tables of characters, the time zone; with
// `for_text`, the list of fonts instead of the loaders. A process that gives up its access to files calls it before.
void LoadLibraries(bool for_text);

// "libvips 8.14.1", "LibRaw 0.20.2" ...
std::vector<std::string> LibraryVersions();

// Some libraries end the process when they get no memory. `handler` is called before.
void SetLackOfMemoryHandler(void (*handler)());

}  // namespace calotype
