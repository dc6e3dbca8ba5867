#include "app/app.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <string_view>
#include <thread>
#include <utility>

#include "base/log.h"
#include "photo/reader_settings.h"
#include "storage/photo_storage.h"

namespace calotype {
namespace {

// Variables that the program reads and that are not settings: the home (folders.h), the token for a server, and the
// choice of inner loops (kernels.h), the plug-in of the tests, and the program that reads photos.
constexpr std::array<std::string_view, 8> kOtherVariables = {
    "CALOTYPE_HOME",          "CALOTYPE_ANALYSIS_KERNEL", "CALOTYPE_ALIKE_KERNEL", "CALOTYPE_DOT_KERNEL",
    "CALOTYPE_SEARCH_KERNEL", "CALOTYPE_FAULT",           "CALOTYPE_TOKEN",        "CALOTYPE_READER"};

std::vector<std::string> VariableNames() {
  std::vector<std::string> names;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    const std::string_view assignment = *variable;
    names.emplace_back(assignment.substr(0, assignment.find('=')));
  }
  return names;
}

}  // namespace

Status App::Configure(const std::vector<std::string>& assignments) {
  assignments_ = assignments;
  configured_ = Apply();
  return configured_;
}

Status App::Apply() {
  const auto environment = [](const char* name) -> const char* { return std::getenv(name); };
  folders_ = FoldersFromEnvironment(environment);
  CALOTYPE_RETURN_IF_ERROR(registry_.ApplyFile(folders_.config / "config.toml"));
  CALOTYPE_RETURN_IF_ERROR(registry_.ApplyEnvironment(environment));
  for (const std::string& assignment : assignments_) {
    CALOTYPE_RETURN_IF_ERROR(registry_.ApplyAssignment(assignment));
  }
  CALOTYPE_RETURN_IF_ERROR(SetLogTarget(
      {.file = settings_.log_file, .format = settings_.log_format == "json" ? LogFormat::kJson : LogFormat::kText}));
  for (const std::string& warning : registry_.UnknownVariables(VariableNames(), kOtherVariables)) {
    LogWarning("{}", warning);
  }
  settings_.Resolve(folders_, Cores());
  ReaderSettings reader = settings_.Reader();
  reader.program = environment("CALOTYPE_READER") == nullptr ? "" : environment("CALOTYPE_READER");
  SetReaderSettings(std::move(reader));
  CALOTYPE_ASSIGN_OR_RETURN(S3Settings objects, settings_.Storage(environment));
  CALOTYPE_ASSIGN_OR_RETURN(PathMapping paths, settings_.Paths());
  SetStorageSettings({.s3 = std::move(objects), .folder = folders_.cache / "objects", .paths = std::move(paths)});
  CALOTYPE_ASSIGN_OR_RETURN(catalog_files_, CatalogFiles::Of(settings_.catalog_file));
  return settings_.Validate();
}

int App::Cores() { return static_cast<int>(std::max(1U, std::thread::hardware_concurrency())); }

}  // namespace calotype
