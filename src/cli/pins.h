// Packages by exact version and hash, as pip's requirements files write them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace calotype {

struct Pin {
  std::string name;
  std::string version;
  std::string line;  // the whole requirement, which pip understands
};

// One for each "name==version --hash=..." line; comments and everything else are passed over.
std::vector<Pin> ParsePins(std::string_view requirements);

// What `calotype models pull runtime-cuda` installs: tools/setup/pins/runtime-cuda.txt, as it was at build time.
extern const std::string_view kRuntimeCudaPins;

}  // namespace calotype
