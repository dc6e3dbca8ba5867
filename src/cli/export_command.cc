// calotype export
#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "app/export.h"
#include "app/search.h"
#include "cli/command.h"
#include "cli/terminal.h"

namespace calotype {
namespace {

// More photos than any other command lists.
constexpr int kAllPhotos = 1'000'000'000;
constexpr int kAllRanks = 1'000'000;

struct ExportArguments {
  std::vector<std::string> query;
  std::string to;
  std::string out;
};

StatusOr<std::vector<Hit>> PhotosToExport(const App& app, const Query& query) {
  const SearchOptions options{.limit = query.meaning.empty() && query.likes.empty() ? kAllPhotos : kAllRanks,
                              .confident_only = true,
                              .explain = false};
  Library library(app);
  CALOTYPE_ASSIGN_OR_RETURN(const SearchAnswer answer, SearchPhotos(library, query, options));
  return answer.result.hits;
}

CommandResult WriteTable(const App& app, const Query& query, const std::string& out, TableFormat format) {
  CALOTYPE_ASSIGN_OR_RETURN(const std::vector<Hit> hits, PhotosToExport(app, query));
  std::vector<PhotoId> photos;
  std::ranges::transform(hits, std::back_inserter(photos), &Hit::photo);
  if (out.empty()) {
    CALOTYPE_RETURN_IF_ERROR(ExportTable(app, photos, format, [](std::string_view text) {
      Print(text);
      return OutputStatus();
    }));
    return 0;
  }
  CALOTYPE_RETURN_IF_ERROR(ExportTableToFile(app, photos, format, out));
  Print(fmt::format("{} photos written to {}\n", photos.size(), Printable(out)));
  return 0;
}

CommandResult WriteSidecars(const App& app, const Query& query) {
  CALOTYPE_ASSIGN_OR_RETURN(const std::vector<Hit> hits, PhotosToExport(app, query));
  std::vector<ChosenPhoto> chosen;
  std::ranges::transform(hits, std::back_inserter(chosen),
                         [](const Hit& hit) { return ChosenPhoto{.photo = hit.photo, .paths = hit.paths}; });
  CALOTYPE_ASSIGN_OR_RETURN(const ExportedSidecars exported, ExportSidecars(app, chosen, [](const Status& failure) {
                              PrintError(Printable(Message(failure)));
                            }));
  Print(fmt::format("{} sidecars written, {} unchanged{}\n", exported.written, exported.unchanged,
                    exported.failed > 0 ? fmt::format(", {} failed", exported.failed) : ""));
  return exported.failed > 0 ? 1 : 0;
}

CommandResult Export(const App& app, const ExportArguments& arguments) {
  const StatusOr<Query> query = arguments.query.empty() ? StatusOr<Query>(Query())
                                                        : ReadQuery(fmt::format("{}", fmt::join(arguments.query, " ")));
  if (!query.ok()) {
    return UsageError(query.status());
  }
  if (arguments.to == "xmp") {
    return arguments.out.empty() ? WriteSidecars(app, *query)
                                 : UsageError("--out is for jsonl and csv; sidecars are written beside their photos");
  }
  if (arguments.to == "jsonl" || arguments.to == "csv") {
    return WriteTable(app, *query, arguments.out, arguments.to == "csv" ? TableFormat::kCsv : TableFormat::kJsonLines);
  }
  return UsageError(fmt::format("--to is '{}'; it can be xmp, jsonl or csv", arguments.to));
}

}  // namespace

void AddExportCommand(CommandLine& parser, App& app) {
  CommandLine command = parser.AddCommand(
      "export", "Write what is known about photos to sidecars beside them (xmp) or to a table (jsonl, csv)");
  const auto arguments = std::make_shared<ExportArguments>();
  command.AddOptionalWords("QUERY", arguments->query, "Which photos, as for calotype search (default: all)");
  command.AddOption("--to FORMAT", arguments->to, "xmp, jsonl or csv");
  command.AddOption("--out FILE", arguments->out, "For jsonl and csv: the file to write (default: standard output)");
  command.SetAction([=, &app] { return Export(app, *arguments); });
}

}  // namespace calotype
