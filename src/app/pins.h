// Python packages pinned by exact version and hash, in the format of pip's requirements files.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace calotype {

struct Pin {
  std::string name;
  std::string version;
  std::string line;  // the whole line, in pip's format
};

// One pin for each line "name==version --hash=sha256:..."; skips all other lines.
std::vector<Pin> ParsePins(std::string_view requirements);

// What `calotype models pull runtime-cuda` installs: the text of tools/setup/pins/runtime-cuda.txt at build time.
extern const std::string_view kRuntimeCudaPins;

}  // namespace calotype
