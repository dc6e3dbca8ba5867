// calotype people history, people undo, trash list, trash restore
#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <ctime>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "app/api_json.h"
#include "app/client/library_client.h"
#include "app/findings_json.h"
#include "cli/command.h"
#include "cli/terminal.h"

namespace calotype {
namespace {

constexpr int kPage = 50;  // decisions asked for at once

struct HistoryArguments {
  bool json = false;
  int limit = kPage;
  const std::string& server;  // a URL; empty: the library of this machine
};

std::string HistoryLine(const DecisionRecord& decision) {
  const std::string made = fmt::format("{:%Y-%m-%d %H:%M}", fmt::localtime(static_cast<std::time_t>(decision.made_at)));
  const std::string note = decision.undone_at.has_value() ? "  (undone)"
                           : decision.obstacle.empty()    ? ""
                                                          : fmt::format("  (cannot be undone: {})", decision.obstacle);
  return fmt::format("{:>5}  {}  {}{}\n", decision.id, Dim(made), Printable(decision.text), Dim(Printable(note)));
}

// Calls `visit` for each decision, the newest first, until it answers false.
Status ForEachDecision(LibraryClient& library, const std::function<bool(const DecisionRecord&)>& visit) {
  std::optional<DecisionId> before;
  do {
    CALOTYPE_ASSIGN_OR_RETURN(const DecisionPage page, library.Decisions(before, kPage));
    for (const DecisionRecord& decision : page.decisions) {
      if (!visit(decision)) {
        return absl::OkStatus();
      }
    }
    before = page.next;
  } while (before.has_value());
  return absl::OkStatus();
}

CommandResult PrintHistory(App& app, const HistoryArguments& arguments) {
  CALOTYPE_ASSIGN_OR_RETURN(const std::unique_ptr<LibraryClient> library, OpenLibraryClient(app, arguments.server));
  std::string text;
  std::optional<DecisionId> before;
  for (int missing = arguments.limit; missing > 0;) {
    CALOTYPE_ASSIGN_OR_RETURN(const DecisionPage page, library->Decisions(before, std::min(missing, kPage)));
    for (const DecisionRecord& decision : page.decisions) {
      text += arguments.json ? JsonLine(ToApiJson(decision)) : HistoryLine(decision);
    }
    before = page.next;
    missing = before.has_value() ? missing - kPage : 0;
  }
  if (!arguments.json) {
    text = text.empty() ? "no decisions yet\n" : text + Dim("\nundo one: calotype people undo N\n");
  }
  Print(text);
  return 0;
}

// The latest decision that was not undone.
StatusOr<DecisionId> LatestDecision(LibraryClient& library) {
  DecisionId latest = 0;
  CALOTYPE_RETURN_IF_ERROR(ForEachDecision(library, [&latest](const DecisionRecord& decision) {
    latest = decision.undone_at.has_value() ? 0 : decision.id;
    return latest == 0;
  }));
  if (latest == 0) {
    return absl::NotFoundError("there is no decision that could be undone (calotype people history)");
  }
  return latest;
}

CommandResult Undo(App& app, const std::string& number, const std::string& server) {
  DecisionId decision = 0;
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), decision);
  if (!number.empty() && (error != std::errc() || end != number.data() + number.size())) {
    return UsageError(fmt::format("'{}' is not the number of a decision", number));
  }
  CALOTYPE_ASSIGN_OR_RETURN(const std::unique_ptr<LibraryClient> library, OpenLibraryClient(app, server));
  if (number.empty()) {
    CALOTYPE_ASSIGN_OR_RETURN(decision, LatestDecision(*library));
  }
  CALOTYPE_ASSIGN_OR_RETURN(const DecisionRecord undone, library->Undo(decision));
  Print(fmt::format("undone: {}\n", Printable(undone.text)));
  return 0;
}

bool IsInTrash(const DecisionRecord& decision) {
  return decision.kind == DecisionKind::kTrash && !decision.undone_at.has_value();
}

CommandResult ListTrash(App& app, bool json, const std::string& server) {
  CALOTYPE_ASSIGN_OR_RETURN(const std::unique_ptr<LibraryClient> library, OpenLibraryClient(app, server));
  std::string text;
  CALOTYPE_RETURN_IF_ERROR(ForEachDecision(*library, [&](const DecisionRecord& decision) {
    if (IsInTrash(decision)) {
      text += json ? JsonLine(ToApiJson(decision)) : HistoryLine(decision);
    }
    return true;
  }));
  if (!json) {
    text = text.empty() ? "nothing is in the trash\n" : text + Dim("\nmove files back: calotype trash restore N\n");
  }
  Print(text);
  return 0;
}

CommandResult RestoreFromTrash(App& app, DecisionId number, const std::string& server) {
  CALOTYPE_ASSIGN_OR_RETURN(const std::unique_ptr<LibraryClient> library, OpenLibraryClient(app, server));
  bool is_there = false;
  CALOTYPE_RETURN_IF_ERROR(ForEachDecision(*library, [&](const DecisionRecord& decision) {
    is_there = decision.id == number && IsInTrash(decision);
    return decision.id > number;
  }));
  if (!is_there) {
    return absl::NotFoundError(fmt::format("the trash has no {} (calotype trash list)", number));
  }
  CALOTYPE_ASSIGN_OR_RETURN(const DecisionRecord undone, library->Undo(number));
  Print(fmt::format("undone: {}\n", Printable(undone.text)));
  return 0;
}

}  // namespace

void AddTrashCommand(CommandLine& parser, App& app) {
  CommandLine trash = parser.AddCommand("trash", "List what the server moved to the trash, and move it back");
  CommandLine list = trash.AddCommand("list", "List moves to the trash that were not undone, the newest first");
  const auto json = std::make_shared<bool>(false);
  const std::string& list_server = list.AddServer();
  list.AddFlag("--json", *json, "One JSON line for each move");
  list.SetAction([=, &app, &list_server] { return ListTrash(app, *json, list_server); });
  CommandLine restore = trash.AddCommand("restore", "Move the files of one move back to where they were");
  const auto number = std::make_shared<int64_t>(0);
  const std::string& restore_server = restore.AddServer();
  restore.AddArgument("N", *number, "The number of the move, from trash list");
  restore.SetAction([=, &app, &restore_server] { return RestoreFromTrash(app, *number, restore_server); });
}

void AddDecisionCommands(CommandLine& people, App& app) {
  CommandLine history = people.AddCommand("history", "List decisions about people, the newest first");
  const auto arguments = std::make_shared<HistoryArguments>(HistoryArguments{.server = history.AddServer()});
  history.AddFlag("--json", arguments->json, "One JSON line for each decision");
  history.AddCount("-n,--limit", arguments->limit, "Maximum number of decisions");
  history.SetAction([=, &app] { return PrintHistory(app, *arguments); });
  CommandLine undo = people.AddCommand("undo", "Undo a decision, the latest one if no number is given");
  const std::string& server = undo.AddServer();
  const auto number = std::make_shared<std::string>();
  undo.AddOptionalArgument("DECISION", *number, "The number of the decision, from people history");
  undo.SetAction([=, &app, &server] { return Undo(app, *number, server); });
}

}  // namespace calotype
