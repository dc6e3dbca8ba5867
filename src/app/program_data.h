// Files that belong to the program but are no part of it.
#pragma once

#include <filesystem>
#include <string>

namespace calotype {

// The file or folder `name` ("samples", "tools/starter_pack/build") of the source tree in which this program was built,
// or of its installation (share/calotype). Empty if there is none.
std::filesystem::path FindProgramData(const std::string& name);

}  // namespace calotype
