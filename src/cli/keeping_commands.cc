// calotype backup, restore, catalog copy, check-db
#include <fmt/format.h>

#include <memory>
#include <string>
#include <vector>

#include "app/backup.h"
#include "app/client/library_client.h"
#include "app/index_segments.h"
#include "base/units.h"
#include "cli/command.h"
#include "cli/interrupt.h"
#include "cli/terminal.h"

namespace calotype {
namespace {

CommandResult BackUp(App& app, const std::string& to) {
  Library library(app);
  CALOTYPE_ASSIGN_OR_RETURN(const Backup backup, BackUpCatalogue(library, to));
  Print(fmt::format("{}, {} bytes\n", backup.file.string(), backup.bytes));
  return 0;
}

CommandResult Restore(App& app, const std::string& from, const std::string& server) {
  CALOTYPE_ASSIGN_OR_RETURN(const std::unique_ptr<LibraryClient> library, OpenLibraryClient(app, server));
  CALOTYPE_ASSIGN_OR_RETURN(const RestoredCatalogue restored, library->Restore(from));
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

CommandResult Copy(const std::string& from, const std::string& to) {
  const auto tell = [](std::string_view table, int64_t rows) {
    if (ErrorIsTerminal()) {
      PrintError(fmt::format("{}: {} rows", table, rows));
    }
  };
  CALOTYPE_ASSIGN_OR_RETURN(const CopiedCatalogue copied, CopyCatalogue(from, to, tell));
  int64_t rows = 0;
  for (const CopiedCatalogue::Table& table : copied.tables) {
    rows += table.rows;
    Print(fmt::format("{:<16} {:>10}  {}\n", table.name, table.rows, table.sha256.substr(0, 16)));
  }
  Print(fmt::format("copied {} rows of {} tables; their hashes are equal. Set catalog.file to use the copy\n", rows,
                    copied.tables.size()));
  return 0;
}

CommandResult WriteSegments(App& app) {
  Library library(app);
  const InterruptWatcher interrupt("what is stored stays; the list of segments does not change");
  CALOTYPE_ASSIGN_OR_RETURN(const std::vector<BuiltSegments> built, BuildIndexSegments(library, interrupt.token()));
  for (const auto& [space, build] : built) {
    Print(fmt::format("{}: {}, {} photos in {} segments\n", space,
                      build.changed ? fmt::format("wrote {} photos, {}", build.written, FormatBytes(build.bytes_stored))
                                    : "nothing to write",
                      build.photos, build.segments));
  }
  return 0;
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
  const std::string& server = restore.AddServer();
  restore.SetAction([=, &app, &server] { return Restore(app, *path, server); });
  CommandLine catalog =
      parser.AddCommand("catalog", "Copy the catalogue from a file to a server, or back; share its vector index");
  CommandLine copy = catalog.AddCommand(
      "copy", "Copy everything to an empty catalogue, and compare; run again after an interruption, it goes on");
  const auto from = std::make_shared<std::string>();
  const auto to = std::make_shared<std::string>();
  copy.AddArgument("FROM", *from, "sqlite:PATH, a path, or postgresql://USER@HOST/DATABASE");
  copy.AddArgument("TO", *to, "The same; a new file, or an empty database");
  copy.SetAction([=] { return Copy(*from, *to); });
  catalog.AddCommand("segments", "Write new segments of the vector index that machines share (search.segments)")
      .SetAction([&app] { return WriteSegments(app); });
  parser.AddCommand("check-db", "Check the whole catalogue for faults").SetAction([&app] {
    return CheckDatabase(app);
  });
}

}  // namespace calotype
