// calotype backup, restore, check-db
#include <fmt/format.h>

#include <memory>
#include <string>
#include <vector>

#include "app/backup.h"
#include "cli/command.h"
#include "cli/terminal.h"

namespace calotype {
namespace {

CommandResult BackUp(App& app, const std::string& to) {
  Library library(app);
  CALOTYPE_ASSIGN_OR_RETURN(const Backup backup, BackUpCatalogue(library, to));
  Print(fmt::format("{}, {} bytes\n", backup.file.string(), backup.bytes));
  return 0;
}

CommandResult Restore(App& app, const std::string& from) {
  Library library(app);
  CALOTYPE_ASSIGN_OR_RETURN(const RestoredCatalogue restored, RestoreCatalogue(library, from));
  Print(restored.replaced.has_value()
            ? fmt::format("restored {}; the previous catalogue is now {}\n", from, restored.replaced->string())
            : fmt::format("restored {}\n", from));
  return 0;
}

CommandResult CheckDatabase(App& app) {
  Library library(app);
  CALOTYPE_ASSIGN_OR_RETURN(const std::vector<std::string> faults, FindCatalogueFaults(library));
  for (const std::string& fault : faults) {
    PrintError(Printable(fault));
  }
  if (faults.empty()) {
    Print("the catalogue is intact\n");
    return 0;
  }
  PrintError("calotype restore BACKUP replaces the catalogue with a backup");
  return 1;
}

}  // namespace

void AddKeepingCommands(CommandLine& parser, App& app) {
  const auto path = std::make_shared<std::string>();
  CommandLine backup =
      parser.AddCommand("backup", "Back up the catalogue (all results and decisions), also while it is in use");
  backup.AddArgument("TO", *path, "A new file, or a folder (the file gets the date as its name)");
  backup.SetAction([=, &app] { return BackUp(app, *path); });
  CommandLine restore =
      parser.AddCommand("restore", "Restore a backup (the replaced catalogue is kept in a file of its own)");
  restore.AddArgument("BACKUP", *path, "A file that backup wrote");
  restore.SetAction([=, &app] { return Restore(app, *path); });
  parser.AddCommand("check-db", "Check the whole catalogue for faults").SetAction([&app] {
    return CheckDatabase(app);
  });
}

}  // namespace calotype
