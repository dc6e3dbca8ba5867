#include "app/app.h"

#include <algorithm>
#include <cstdlib>
#include <thread>

namespace calotype {

Status App::Configure(const std::vector<std::string>& assignments) {
  const auto environment = [](const char* name) -> const char* { return std::getenv(name); };
  assignments_ = assignments;
  folders_ = FoldersFromEnvironment(environment);
  CALOTYPE_RETURN_IF_ERROR(registry_.ApplyFile(folders_.config / "config.toml"));
  CALOTYPE_RETURN_IF_ERROR(registry_.ApplyEnvironment(environment));
  for (const std::string& assignment : assignments) {
    CALOTYPE_RETURN_IF_ERROR(registry_.ApplyAssignment(assignment));
  }
  settings_.Resolve(folders_, Cores());
  CALOTYPE_ASSIGN_OR_RETURN(catalog_files_, CatalogFiles::Of(settings_.catalog_file));
  return settings_.Validate();
}

int App::Cores() { return static_cast<int>(std::max(1U, std::thread::hardware_concurrency())); }

}  // namespace calotype
