// Man pages (roff), made from the descriptions of the commands and the settings.
#pragma once

#include <string>
#include <vector>

#include "base/config.h"
#include "cli/command_description.h"

namespace calotype {

struct ManPage {
  std::string name;  // "calotype-search.1"
  std::string text;
};

// calotype.1, a page for each command ("calotype-models.1", with those below it), and calotype-config.5 for the
// settings in `defaults`, whose values are shown as the defaults.
std::vector<ManPage> ManPages(const CommandDescription& program, const std::string& version,
                              const std::vector<ConfigField>& defaults);

}  // namespace calotype
