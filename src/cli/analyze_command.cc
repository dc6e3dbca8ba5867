// calotype analyze
#include <memory>
#include <nlohmann/json.hpp>

#include "app/analyze.h"
#include "app/findings_json.h"
#include "cli/command.h"
#include "cli/terminal.h"

namespace calotype {
namespace {

struct AnalyzeArguments {
  AnalyzeRequest request;
  bool vectors = false;
  bool json = true;
};

CommandResult Analyze(const App& app, const AnalyzeArguments& arguments) {
  bool failed = false;
  CALOTYPE_RETURN_IF_ERROR(AnalyzePhotos(app, arguments.request, [&](const AnalyzedPhoto& photo) {
    Print(JsonLine(AnalyzedToJson(photo, {.vectors = arguments.vectors})));
    failed = failed || !photo.ok();
  }));
  return failed ? 1 : 0;
}

}  // namespace

void AddAnalyzeCommand(CommandLine& parser, App& app) {
  CommandLine command = parser.AddCommand("analyze", "Analyse photos and print the findings; nothing is stored");
  const auto arguments = std::make_shared<AnalyzeArguments>();
  command.AddArguments("PHOTO", arguments->request.photos, "Photo files");
  command.AddFlag("--json", arguments->json, "Print JSON, one line per photo (the only format)");
  command.AddFlag("--vectors", arguments->vectors, "Include embeddings");
  command.AddOnly(arguments->request.only);
  command.SetAction([=, &app] { return Analyze(app, *arguments); });
}

}  // namespace calotype
