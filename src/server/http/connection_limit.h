// How many connections the system lets this process have.
#pragma once

#include <cstdint>

namespace calotype {

// Raises the process's limit of open files as far as it may, and returns how many connections fit under it, at most
// `wanted`. Some descriptors are left for the catalogue, models and photos.
int64_t MaxConnections(int64_t wanted);

}  // namespace calotype
