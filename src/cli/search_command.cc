// calotype search, calotype similar
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <memory>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

#include "app/client/library_client.h"
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

  bool paths_only() const { return !json && (paths || zero); }
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

nlohmann::ordered_json HitToJson(const Hit& hit) {
  nlohmann::ordered_json json = {{"path", hit.path}, {"score", hit.score}, {"why", hit.why}};
  if (hit.gone) {
    json["gone"] = true;
  }
  return json;
}

std::string HitAsPath(const Hit& hit, const OutputArguments& output) { return hit.path + (output.zero ? '\0' : '\n'); }

std::string HitAsText(const Hit& hit) {
  return fmt::format("{:.2f}  {}{}  {}\n", hit.score, Bold(Printable(hit.path)), hit.gone ? " (gone)" : "",
                     Dim(Printable(fmt::format("{}", fmt::join(hit.why, ", ")))));
}

// `next` is the cursor of the next page for the last hit of a page.
std::string HitsAsJson(const SearchResult& result) {
  std::string text;
  for (const Hit& hit : result.hits) {
    nlohmann::ordered_json json = HitToJson(hit);
    json["confident"] = hit.confident;
    if (result.next.has_value() && &hit == &result.hits.back()) {
      json["next"] = FormatCursor(*result.next);
    }
    text += JsonLine(json);
  }
  return text;
}

// The confident hits, then the less certain ones below a line that says so.
std::string HitsAsText(const SearchResult& result) {
  if (result.hits.empty()) {
    return "nothing found\n";
  }
  std::string text;
  bool confident = true;
  for (const Hit& hit : result.hits) {
    if (confident && !hit.confident) {
      text += text.empty() ? "No confident match. Less certain:\n" : "Less certain:\n";
    }
    confident = hit.confident;
    text += HitAsText(hit);
  }
  if (result.next.has_value()) {
    text +=
        fmt::format("{} of {}{} hits\n", result.hits.size(), result.total_is_minimum ? "at least " : "", result.total);
  }
  return text;
}

std::string HitsAsPaths(const std::vector<Hit>& hits, const OutputArguments& output) {
  std::string text;
  for (const Hit& hit : hits) {
    text += hit.gone ? "" : HitAsPath(hit, output);
  }
  if (const auto gone = std::ranges::count_if(hits, &Hit::gone); gone > 0) {
    PrintError(gone == 1 ? "left out 1 photo that is gone since the last scan"
                         : fmt::format("left out {} photos that are gone since the last scan", gone));
  }
  return text;
}

Status CheckOutput(const OutputArguments& output) {
  return output.json && (output.paths || output.zero)
             ? absl::InvalidArgumentError("--json prints more than paths; leave out --paths and --null")
             : absl::OkStatus();
}

StatusOr<SearchOptions> OptionsOf(const SearchArguments& arguments, const OutputArguments& output) {
  struct Order {
    std::string_view name;
    SortOrder order;
  };
  constexpr std::array kOrders = {Order{"relevance", SortOrder::kRelevance}, Order{"newest", SortOrder::kNewest},
                                  Order{"oldest", SortOrder::kOldest}};
  CALOTYPE_RETURN_IF_ERROR(CheckOutput(output));
  // A path alone cannot be marked as less certain.
  SearchOptions options{.limit = output.limit, .confident_only = output.paths_only() && !arguments.weak};
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

CommandResult RunSearch(App& app, const std::string& server, const SearchArguments& arguments,
                        const OutputArguments& output) {
  const StatusOr<SearchOptions> options = OptionsOf(arguments, output);
  if (!options.ok()) {
    return UsageError(options.status());
  }
  const std::string query = fmt::format("{}", fmt::join(arguments.words, " "));
  if (const StatusOr<Query> read = ReadQuery(query); !read.ok()) {
    return UsageError(read.status());
  }
  CALOTYPE_ASSIGN_OR_RETURN(const std::unique_ptr<LibraryClient> library, OpenLibraryClient(app, server));
  CALOTYPE_ASSIGN_OR_RETURN(const SearchAnswer answer, library->Search(query, *options));
  const SearchResult& result = answer.result;
  if (output.json) {
    Print(HitsAsJson(result));
  } else {
    Print(output.paths_only() ? HitsAsPaths(result.hits, output) : HitsAsText(result));
  }
  if (result.hits.empty() && result.less_certain > 0) {
    PrintError(fmt::format("no confident match; {} less certain {} with --weak", result.less_certain,
                           result.less_certain == 1 ? "one" : "ones"));
  }
  for (const std::string& note : answer.notes) {
    PrintError(Printable(note));
  }
  if (answer.places_missing) {
    PrintError(kNoPlaces);
  }
  return 0;
}

CommandResult RunSimilar(App& app, const std::string& photo, const OutputArguments& output) {
  if (const Status usage = CheckOutput(output); !usage.ok()) {
    return UsageError(usage);
  }
  Library library(app);
  CALOTYPE_ASSIGN_OR_RETURN(const auto neighbours, SimilarPhotos(library, photo, output.limit));
  std::vector<Hit> hits;
  std::string lines;
  for (const SimilarPhoto& neighbour : neighbours) {
    hits.push_back({.photo = neighbour.photo,
                    .path = neighbour.path,
                    .gone = neighbour.gone,
                    .score = neighbour.cosine,
                    .why = {fmt::format("looks alike {:.2f}", neighbour.cosine)}});
    lines += output.json ? JsonLine(HitToJson(hits.back())) : HitAsText(hits.back());
  }
  if (output.paths_only()) {
    Print(HitsAsPaths(hits, output));
  } else {
    Print(lines.empty() && !output.json ? "nothing found\n" : lines);
  }
  return 0;
}

}  // namespace

void AddSearchCommand(CommandLine& parser, App& app) {
  CommandLine command =
      parser.AddCommand("search", "Search photos by meaning and by filters: text:WORD, object:dog>2, -object:cat ...");
  const auto arguments = std::make_shared<SearchArguments>();
  const auto output = std::make_shared<OutputArguments>();
  // A word such as -object:cat is part of the query, not an option.
  command.AddWords("QUERY", arguments->words, "Words and filters, such as text:parking, object:dog or after:2024");
  command.AddChoice("--sort", arguments->sort, {"relevance", "newest", "oldest"}, "Order of the hits");
  command.AddOption("--after CURSOR", arguments->after,
                    "Continue after this cursor: `next` in the last line of --json");
  command.AddFlag("--weak", arguments->weak, "With --paths: also the less certain hits");
  AddOutputOptions(command, *output);
  const std::string& server = command.AddServer();
  command.SetAction([=, &app, &server] { return RunSearch(app, server, *arguments, *output); });
}

void AddSimilarCommand(CommandLine& parser, App& app) {
  CommandLine command =
      parser.AddCommand("similar", "Find photos that look like one photo (calotype duplicates finds copies)");
  const auto photo = std::make_shared<std::string>();
  const auto output = std::make_shared<OutputArguments>();
  command.AddArgument("PHOTO", *photo, "A photo, of the library or not");
  AddOutputOptions(command, *output);
  command.SetAction([=, &app] { return RunSimilar(app, *photo, *output); });
}

}  // namespace calotype
