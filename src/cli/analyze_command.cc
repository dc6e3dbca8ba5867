// calotype analyze
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <future>
#include <memory>
#include <thread>
#include <utility>

#include "app/load_places.h"
#include "app/open_models.h"
#include "base/file.h"
#include "cli/command.h"
#include "cli/findings_json.h"
#include "cli/terminal.h"
#include "photo/photo_reader.h"
#include "pipeline/process_photo.h"

namespace calotype {
namespace {

using Json = nlohmann::ordered_json;

struct AnalyzeArguments {
  std::vector<std::string> photos;
  std::vector<std::string> only;
  bool vectors = false;
  bool json = true;
};

struct AnalyzedPhoto {
  std::string line;
  bool failed = false;
};

// What every photo is looked at with.
struct Eyes {
  const PhotoTools tools;
  const JsonOptions options;
};

// Fills `json` from the file and the sidecars beside it; the error is that of reading or decoding.
Status AnalyzeFile(const std::string& path, const Eyes& eyes, Json& json, bool& failed) {
  CALOTYPE_ASSIGN_OR_RETURN(const OpenPhoto file, OpenPhotoFile(path));
  CALOTYPE_ASSIGN_OR_RETURN(const Sha256Digest sha256, Sha256OfFile(file.file.get()));
  json["sha256"] = sha256.Hex();
  CALOTYPE_ASSIGN_OR_RETURN(PhotoResult result, ProcessPhoto(file, eyes.tools));
  AddProperties(*result.properties, json);
  json.update(FindingsToJson(result.findings, eyes.options));
  // Facts are read with the photo: they take no time and run on no device of their own.
  std::erase_if(result.outcomes, [](const AnalysisOutcome& outcome) { return outcome.analysis == kFactsAnalysis; });
  AddOutcomes(result.outcomes, json);
  failed = !json["errors"].empty();
  return absl::OkStatus();
}

AnalyzedPhoto AnalyzeOne(const std::string& path, const Eyes& eyes) {
  AnalyzedPhoto photo;
  Json json = {{"path", path}};
  if (const Status status = AnalyzeFile(path, eyes, json, photo.failed); !status.ok()) {
    json = {{"path", path}, {"errors", {{kDecodeAnalysis, Message(status)}}}};
    photo.failed = true;
  }
  photo.line = JsonLine(json);
  return photo;
}

CommandResult Analyze(App& app, const AnalyzeArguments& arguments) {
  const int workers =
      static_cast<int>(std::min<int64_t>(app.settings().workers, static_cast<int64_t>(arguments.photos.size())));
  CALOTYPE_ASSIGN_OR_RETURN(const auto models, OpenModels(app, ModelUse::Of(workers)));
  CALOTYPE_ASSIGN_OR_RETURN(const auto analysis, OpenAnalysis(*models, arguments.only));
  CALOTYPE_ASSIGN_OR_RETURN(const std::shared_ptr<const PlaceIndex> places, LoadPlacesIfAny(app));
  const std::unique_ptr<PhotoReader> reader = CreateInProcessReader();
  const Eyes eyes{
      .tools = {.reader = *reader, .analysis = *analysis, .places = places.get(), .limits = app.settings().Limits()},
      .options = {.vectors = arguments.vectors}};

  std::vector<std::promise<AnalyzedPhoto>> promises(arguments.photos.size());
  std::atomic<std::size_t> next{0};
  std::vector<std::jthread> threads;
  for (int i = 0; i < workers; ++i) {
    threads.emplace_back([&] {
      for (std::size_t at = next++; at < promises.size(); at = next++) {
        promises[at].set_value(AnalyzeOne(arguments.photos[at], eyes));
      }
    });
  }
  bool failed = false;
  for (std::promise<AnalyzedPhoto>& promise : promises) {
    const AnalyzedPhoto photo = promise.get_future().get();
    Print(photo.line);
    failed = failed || photo.failed;
  }
  return failed ? 1 : 0;
}

}  // namespace

void AddAnalyzeCommand(CommandLine& parser, App& app) {
  CommandLine command = parser.AddCommand("analyze", "Look at photos and print what is seen; nothing is remembered");
  const auto arguments = std::make_shared<AnalyzeArguments>();
  command.AddArguments("PHOTO", arguments->photos, "Photo files");
  command.AddFlag("--json", arguments->json, "One JSON line a photo (the only form there is)");
  command.AddFlag("--vectors", arguments->vectors, "Embeddings too");
  command.AddList("--only", arguments->only, "Analyses to run: objects, embedding, text, faces, pdq");
  command.SetAction([=, &app] { return Analyze(app, *arguments); });
}

}  // namespace calotype
