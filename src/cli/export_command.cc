// calotype export
#include <fmt/format.h>

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

StatusOr<std::vector<PhotoId>> PhotosToExport(const App& app, const std::vector<std::string>& words) {
  Query query;
  if (!words.empty()) {
    CALOTYPE_ASSIGN_OR_RETURN(query, ReadQuery(fmt::format("{}", fmt::join(words, " "))));
  }
  const SearchOptions options{.limit = query.meaning.empty() && query.likes.empty() ? kAllPhotos : kAllRanks,
                              .confident_only = true,
                              .explain = false};
  Library library(app);
  CALOTYPE_ASSIGN_OR_RETURN(const SearchAnswer answer, SearchPhotos(library, query, options));
  std::vector<PhotoId> photos;
  photos.reserve(answer.result.hits.size());
  for (const Hit& hit : answer.result.hits) {
    photos.push_back(hit.photo);
  }
  return photos;
}

CommandResult WriteTable(const App& app, const ExportArguments& arguments, TableFormat format) {
  CALOTYPE_ASSIGN_OR_RETURN(const std::vector<PhotoId> photos, PhotosToExport(app, arguments.query));
  if (arguments.out.empty()) {
    CALOTYPE_RETURN_IF_ERROR(ExportTable(app, photos, format, [](std::string_view text) {
      Print(text);
      return OutputStatus();
    }));
    return 0;
  }
  CALOTYPE_RETURN_IF_ERROR(ExportTableToFile(app, photos, format, arguments.out));
  Print(fmt::format("{} photos to {}\n", photos.size(), arguments.out));
  return 0;
}

CommandResult WriteSidecars(const App& app, const ExportArguments& arguments) {
  if (!arguments.out.empty()) {
    return absl::InvalidArgumentError("--out is for jsonl and csv; sidecars are written beside their photos");
  }
  CALOTYPE_ASSIGN_OR_RETURN(const std::vector<PhotoId> photos, PhotosToExport(app, arguments.query));
  CALOTYPE_ASSIGN_OR_RETURN(const ExportedSidecars exported, ExportSidecars(app, photos, [](const Status& failure) {
                              PrintError(Printable(Message(failure)));
                            }));
  Print(fmt::format("{} sidecars written, {} unchanged{}\n", exported.written, exported.unchanged,
                    exported.failed > 0 ? fmt::format(", {} failed", exported.failed) : ""));
  return exported.failed > 0 ? 1 : 0;
}

CommandResult Export(const App& app, const ExportArguments& arguments) {
  if (arguments.to == "xmp") {
    return WriteSidecars(app, arguments);
  }
  if (arguments.to == "jsonl" || arguments.to == "csv") {
    return WriteTable(app, arguments, arguments.to == "csv" ? TableFormat::kCsv : TableFormat::kJsonLines);
  }
  return absl::InvalidArgumentError(fmt::format("--to is '{}'; it can be xmp, jsonl or csv", arguments.to));
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
