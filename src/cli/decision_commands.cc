// calotype people history, people undo
#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <ctime>
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
  std::optional<DecisionId> before;
  do {
    CALOTYPE_ASSIGN_OR_RETURN(const DecisionPage page, library.Decisions(before, kPage));
    for (const DecisionRecord& decision : page.decisions) {
      if (!decision.undone_at.has_value()) {
        return decision.id;
      }
    }
    before = page.next;
  } while (before.has_value());
  return absl::NotFoundError("there is no decision that could be undone (calotype people history)");
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

}  // namespace

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
