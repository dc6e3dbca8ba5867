// calotype search, calotype similar
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <memory>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

#include "app/findings_json.h"
#include "app/load_places.h"
#include "app/search.h"
#include "cli/command.h"
#include "cli/terminal.h"

namespace calotype {
namespace {

// How hits are printed: for people, for programs, or as paths only for a pipe.
struct OutputArguments {
  int limit = 20;
  bool json = false;
  bool paths = false;
  bool zero = false;
};

struct SearchArguments {
  std::vector<std::string> words;
  std::string sort = "relevance";
  std::string after;
  bool weak = false;
};

void AddOutputOptions(CommandLine& command, OutputArguments& output) {
  command.AddCount("-n,--limit", output.limit, "Maximum number of results");
  command.AddFlag("--json", output.json, "One JSON line for each result");
  command.AddFlag("--paths", output.paths, "Only paths, one on each line");
  command.AddFlag("-0,--null", output.zero, "Only paths, each ended by a zero byte (for xargs -0)");
}

// `next` is the cursor of the next page for the last hit of a page, empty for the others.
std::string FormatHit(const Hit& hit, const OutputArguments& output, const std::string& next) {
  if (output.json) {
    nlohmann::ordered_json json = {{"path", hit.path}, {"score", hit.score}, {"why", hit.why}};
    if (!next.empty()) {
      json["next"] = next;
    }
    return JsonLine(json);
  }
  if (output.zero) {
    return hit.path + '\0';
  }
  if (output.paths) {
    return hit.path + "\n";
  }
  return fmt::format("{:.2f}  {}  {}\n", hit.score, Bold(Printable(hit.path)),
                     Dim(Printable(fmt::format("{}", fmt::join(hit.why, ", ")))));
}

void PrintHits(const std::vector<Hit>& hits, const OutputArguments& output, const std::string& next = "") {
  std::string text;
  for (const Hit& hit : hits) {
    text += FormatHit(hit, output, &hit == &hits.back() ? next : "");
  }
  const bool for_people = !output.json && !output.paths && !output.zero;
  Print(hits.empty() && for_people ? "nothing found\n" : text);
}

StatusOr<SearchOptions> OptionsOf(const SearchArguments& arguments, const OutputArguments& output) {
  struct Order {
    std::string_view name;
    SortOrder order;
  };
  constexpr std::array kOrders = {Order{"relevance", SortOrder::kRelevance}, Order{"newest", SortOrder::kNewest},
                                  Order{"oldest", SortOrder::kOldest}};
  SearchOptions options{.limit = output.limit, .weak = arguments.weak};
  const auto* const order = std::ranges::find(kOrders, arguments.sort, &Order::name);
  if (order == kOrders.end()) {
    return absl::InvalidArgumentError(
        fmt::format("--sort is '{}'; it can be relevance, newest or oldest", arguments.sort));
  }
  options.sort = order->order;
  if (!arguments.after.empty()) {
    options.after = ParseCursor(arguments.after);
    if (!options.after.has_value()) {
      return absl::InvalidArgumentError(
          fmt::format("--after is '{}', which is not a cursor; --json prints one as \"next\" in the last hit of a page",
                      arguments.after));
    }
  }
  return options;
}

CommandResult RunSearch(App& app, const SearchArguments& arguments, const OutputArguments& output) {
  CALOTYPE_ASSIGN_OR_RETURN(const SearchOptions options, OptionsOf(arguments, output));
  CALOTYPE_ASSIGN_OR_RETURN(const Query query, ReadQuery(fmt::format("{}", fmt::join(arguments.words, " "))));
  Library library(app);
  CALOTYPE_ASSIGN_OR_RETURN(const SearchAnswer answer, SearchPhotos(library, query, options));
  const SearchResult& result = answer.result;
  PrintHits(result.hits, output, result.next.has_value() ? FormatCursor(*result.next) : "");
  if (!output.json && result.hits.empty() && result.weak > 0) {
    PrintError(fmt::format("no confident match; {} weaker ones with --weak", result.weak));
  }
  if (answer.places_missing) {
    PrintError(kNoPlaces);
  }
  return 0;
}

CommandResult RunSimilar(App& app, const std::string& photo, const OutputArguments& output) {
  Library library(app);
  CALOTYPE_ASSIGN_OR_RETURN(const auto neighbours, SimilarPhotos(library, photo, output.limit));
  std::vector<Hit> hits;
  for (const SimilarPhoto& neighbour : neighbours) {
    hits.push_back({.photo = neighbour.photo,
                    .path = neighbour.path,
                    .score = neighbour.cosine,
                    .why = {fmt::format("looks alike {:.2f}", neighbour.cosine)}});
  }
  PrintHits(hits, output);
  return 0;
}

}  // namespace

void AddSearchCommand(CommandLine& parser, App& app) {
  CommandLine command =
      parser.AddCommand("search", "Search photos by meaning and by filters: text:WORD, object:dog>2, -object:cat ...");
  const auto arguments = std::make_shared<SearchArguments>();
  const auto output = std::make_shared<OutputArguments>();
  // A word such as -object:cat is part of the query, not an option.
  command.AddWords("QUERY", arguments->words, "Words and filters (docs/query.md)");
  command.AddChoice("--sort", arguments->sort, {"relevance", "newest", "oldest"}, "Order of the hits");
  command.AddOption("--after", arguments->after, "Continue after this cursor, which --json printed last");
  command.AddFlag("--weak", arguments->weak, "Include weak matches");
  AddOutputOptions(command, *output);
  command.SetAction([=, &app] { return RunSearch(app, *arguments, *output); });
}

void AddSimilarCommand(CommandLine& parser, App& app) {
  CommandLine command = parser.AddCommand("similar", "Find photos that look like one photo (for copies: duplicates)");
  const auto photo = std::make_shared<std::string>();
  const auto output = std::make_shared<OutputArguments>();
  command.AddArgument("PHOTO", *photo, "A scanned photo");
  AddOutputOptions(command, *output);
  command.SetAction([=, &app] { return RunSimilar(app, *photo, *output); });
}

}  // namespace calotype
