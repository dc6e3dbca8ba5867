// Landlock: the kernel's own rules for what files and ports a process may reach. The newest constants are defined here,
// since the headers of distributions are years older than kernels.
#pragma once

#include <span>
#include <string>

#include "base/status.h"

namespace calotype {

// The version of the kernel's interface; 0 when the kernel has none or it is switched off.
int LandlockVersion();

// From now on, this thread and its children can open no file, except to read those below `readable`, and can use no TCP
// port, no abstract socket and no signal of other processes, as far as interface `version` (at least 1) has it. Folders
// that do not exist are left out. no_new_privs must be set.
Status RestrictWithLandlock(int version, std::span<const std::string> readable);

}  // namespace calotype
