// calotype export
#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "app/export.h"
#include "app/search.h"
#include "base/units.h"
#include "cli/command.h"
#include "cli/terminal.h"

namespace calotype {
namespace {

struct ExportArguments {
  std::vector<std::string> query;
  std::string to;
  std::string out;
  std::string sidecar_names;
  bool labels = false;
  bool remove_old_labels = false;
  bool dry_run = false;
};

CommandResult WriteTable(const App& app, const Query& query, const std::string& out, TableFormat format) {
  Library library(app);
  CALOTYPE_ASSIGN_OR_RETURN(const std::vector<Hit> hits, PhotosToExport(library, query));
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
  Print(fmt::format("{} written to {}\n", Counted(std::ssize(photos), "photo"), Printable(out)));
  return 0;
}

void PrintChanges(const WrittenSidecar& sidecar) {
  Print(fmt::format("would {} {}\n", sidecar.is_new ? "create" : "change", Printable(sidecar.path)));
  for (const std::string& change : sidecar.changes) {
    Print(fmt::format("  {}\n", Printable(change)));
  }
}

StatusOr<SidecarOptions> OptionsOf(const ExportArguments& arguments) {
  SidecarOptions options{.names = SidecarNames::kWhole,
                         .labels = arguments.labels,
                         .remove_old_labels = arguments.remove_old_labels,
                         .dry_run = arguments.dry_run};
  if (arguments.sidecar_names == "photo.xmp") {
    options.names = SidecarNames::kStem;
  } else if (!arguments.sidecar_names.empty() && arguments.sidecar_names != "photo.jpg.xmp") {
    return absl::InvalidArgumentError(
        fmt::format("--sidecar-names is '{}'; it can be photo.jpg.xmp or photo.xmp", arguments.sidecar_names));
  }
  return options;
}

CommandResult WriteSidecars(const App& app, const Query& query, const SidecarOptions& options) {
  Library library(app);
  CALOTYPE_ASSIGN_OR_RETURN(const std::vector<Hit> hits, PhotosToExport(library, query));
  const std::vector<ChosenPhoto> chosen = ChosenPhotos(hits);
  const SidecarReport report{.on_written =
                                 [&options](const WrittenSidecar& sidecar) {
                                   if (options.dry_run) {
                                     PrintChanges(sidecar);
                                   }
                                 },
                             .on_skipped =
                                 [](const std::string& path, const std::string& reason) {
                                   PrintError(Printable(fmt::format("skipped {}: {}", path, reason)));
                                 },
                             .on_failure = [](const Status& failure) { PrintError(Printable(Message(failure))); }};
  CALOTYPE_ASSIGN_OR_RETURN(const ExportedSidecars exported, ExportSidecars(app, chosen, options, report));
  std::string summary = fmt::format("{} {}, {} unchanged", Counted(exported.written, "sidecar"),
                                    options.dry_run ? "would be written" : "written", exported.unchanged);
  if (exported.skipped > 0) {
    summary += fmt::format(", {} skipped", Counted(exported.skipped, "photo"));
  }
  if (exported.failed > 0) {
    summary += fmt::format(", {} failed", exported.failed);
  }
  Print(summary + "\n");
  return exported.failed > 0 ? 1 : 0;
}

CommandResult Export(const App& app, const ExportArguments& arguments) {
  const StatusOr<Query> query = arguments.query.empty() ? StatusOr<Query>(Query())
                                                        : ReadQuery(fmt::format("{}", fmt::join(arguments.query, " ")));
  if (!query.ok()) {
    return UsageError(query.status());
  }
  if (arguments.to == "xmp") {
    const StatusOr<SidecarOptions> options = OptionsOf(arguments);
    if (!options.ok()) {
      return UsageError(options.status());
    }
    return arguments.out.empty() ? WriteSidecars(app, *query, *options)
                                 : UsageError("--out is for jsonl and csv; sidecars are written beside their photos");
  }
  if (!arguments.sidecar_names.empty() || arguments.labels || arguments.remove_old_labels || arguments.dry_run) {
    return UsageError("--labels, --remove-old-labels, --sidecar-names and --dry-run are for --to xmp");
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
  command.AddFlag("--dry-run", arguments->dry_run, "For xmp: print what would be written to which file; write nothing");
  command.AddFlag("--labels", arguments->labels,
                  "For xmp: also write labels of objects, and tags, as Calotype|object|dog");
  command.AddFlag("--remove-old-labels", arguments->remove_old_labels,
                  "For xmp: remove keywords that equal a label or tag, which older versions of Calotype wrote");
  command.AddOption("--sidecar-names FORM", arguments->sidecar_names,
                    "For xmp: names of new sidecars, photo.jpg.xmp (default) or photo.xmp");
  command.SetAction([=, &app] { return Export(app, *arguments); });
}

}  // namespace calotype
