// calotype backup, restore, check-db
#include <fmt/format.h>

#include <ctime>
#include <filesystem>
#include <memory>
#include <system_error>

#include "app/open_catalog.h"
#include "base/file_lock.h"
#include "cli/command.h"
#include "cli/terminal.h"

namespace calotype {
namespace {

namespace fs = std::filesystem;

// catalog-2024-05-01-123456.db
std::string DatedName() {
  const std::time_t now = std::time(nullptr);
  std::tm local{};
  localtime_r(&now, &local);
  return fmt::format("catalog-{:04}-{:02}-{:02}-{:02}{:02}{:02}.db", local.tm_year + 1900, local.tm_mon + 1,
                     local.tm_mday, local.tm_hour, local.tm_min, local.tm_sec);
}

CommandResult BackUp(App& app, const std::string& to) {
  CALOTYPE_ASSIGN_OR_RETURN(const auto catalog, OpenCatalog(app, false));
  std::error_code error;
  const fs::path target = fs::is_directory(to, error) ? fs::path(to) / DatedName() : fs::path(to);
  CALOTYPE_RETURN_IF_ERROR(catalog->BackUp(target));
  Print(fmt::format("{}, {} bytes\n", target.string(), fs::file_size(target, error)));
  return 0;
}

CommandResult Restore(App& app, const std::string& from) {
  const CatalogFiles& files = app.catalog_files();
  std::error_code error;
  fs::create_directories(files.folder(), error);
  CALOTYPE_ASSIGN_OR_RETURN(const FileLock lock, FileLock::Take(files.scan_lock(), "scan of this catalogue"));
  CALOTYPE_RETURN_IF_ERROR(Catalog::Restore(from, app.settings().catalog_file));
  const fs::path before = files.before_restore();
  Print(fs::exists(before, error)
            ? fmt::format("{} is in use now; what was there before is {}\n", from, before.string())
            : fmt::format("{} is in use now\n", from));
  return 0;
}

CommandResult CheckDatabase(App& app) {
  CALOTYPE_ASSIGN_OR_RETURN(const auto catalog, OpenCatalog(app, false));
  CALOTYPE_ASSIGN_OR_RETURN(const std::vector<std::string> problems, catalog->Check());
  for (const std::string& problem : problems) {
    PrintError(Printable(problem));
  }
  if (problems.empty()) {
    Print("the catalogue is whole\n");
    return 0;
  }
  PrintError("calotype restore BACKUP puts an earlier copy in its place");
  return 1;
}

}  // namespace

void AddKeepingCommands(CommandLine& parser, App& app) {
  const auto path = std::make_shared<std::string>();
  CommandLine backup = parser.AddCommand("backup", "Copy the catalogue, also while it is in use");
  backup.AddArgument("TO", *path, "A new file, or a folder for one with the date in its name");
  backup.SetAction([=, &app] { return BackUp(app, *path); });
  CommandLine restore =
      parser.AddCommand("restore", "Put a backup in the place of the catalogue, which is kept beside it");
  restore.AddArgument("BACKUP", *path, "A file that backup wrote");
  restore.SetAction([=, &app] { return Restore(app, *path); });
  parser.AddCommand("check-db", "Read the whole catalogue and say what is wrong with it").SetAction([&app] {
    return CheckDatabase(app);
  });
}

}  // namespace calotype
