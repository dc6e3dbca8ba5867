// calotype folders
#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "app/findings_json.h"
#include "app/folders.h"
#include "cli/command.h"
#include "cli/terminal.h"

namespace calotype {
namespace {

CommandResult ListFolders(const App& app, bool as_json) {
  Library library(app);
  CALOTYPE_ASSIGN_OR_RETURN(const std::vector<std::string> folders, ScannedFolders(library));
  if (folders.empty() && !as_json) {
    Print("no folders; add one: calotype scan FOLDER\n");
  }
  for (const std::string& folder : folders) {
    Print(as_json ? JsonLine({{"path", folder}}) : Printable(folder) + "\n");
  }
  return 0;
}

CommandResult Remove(const App& app, const std::string& folder) {
  Library library(app);
  CALOTYPE_RETURN_IF_ERROR(RemoveFolder(library, folder));
  Print("removed; its photos are no longer found, and scanning the folder again restores them\n");
  return 0;
}

}  // namespace

void AddFoldersCommand(CommandLine& parser, App& app) {
  CommandLine folders = parser.AddCommand("folders", "List and remove scanned folders");
  CommandLine list = folders.AddCommand("list", "List the folders that calotype scan reads without arguments");
  const auto as_json = std::make_shared<bool>(false);
  list.AddFlag("--json", *as_json, "Print JSON, one line per folder");
  list.SetAction([=, &app] { return ListFolders(app, *as_json); });
  CommandLine remove = folders.AddCommand("remove", "Stop scanning a folder, and hide its photos (no file is deleted)");
  const auto folder = std::make_shared<std::string>();
  remove.AddArgument("FOLDER", *folder, "A scanned folder, from calotype folders list");
  remove.SetAction([=, &app] { return Remove(app, *folder); });
}

}  // namespace calotype
