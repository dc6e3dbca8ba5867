// calotype models import
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <memory>

#include "app/models_import.h"
#include "cli/command.h"
#include "cli/terminal.h"

namespace calotype {
namespace {

std::string ToText(std::string_view what, const std::vector<TensorDescription>& tensors) {
  std::string text;
  for (const TensorDescription& tensor : tensors) {
    text +=
        fmt::format("  {:<8}{:<28}{} [{}]\n", what, Printable(tensor.name), tensor.type, fmt::join(tensor.shape, ", "));
  }
  return text;
}

CommandResult Import(const App& app, const ImportRequest& request) {
  CALOTYPE_ASSIGN_OR_RETURN(const ImportedModelReport model, ImportModel(app, request));
  Print(fmt::format("{} is now a model of the pack {}, for {}:\n{}{}", model.name, model.pack, model.task,
                    ToText("input", model.inputs), ToText("output", model.outputs)));
  return 0;
}

}  // namespace

void AddImportCommand(CommandLine& models, App& app) {
  CommandLine command = models.AddCommand("import", "Add an ONNX file of your own to a pack");
  const auto request = std::make_shared<ImportRequest>();
  command.AddArgument("FILE", request->file, "The model");
  command.AddOption("--task", request->task, "The task it is for: objects, embed.image, ...");
  command.AddOption("--family", request->family, "How it is fed and read: detr, clip, ... (docs/packs.md)");
  command.AddOption("--name", request->name, "Its name (default: the name of the file)");
  command.AddOption("--choice", request->choice,
                    "Its name among the models of the pack for the task, if there are others");
  command.AddOption("--into", request->pack, "The pack, created if it does not exist (default: local)");
  command.AddRepeated("--extra FILE", request->extra, "A file that belongs to it: a vocabulary, labels, weights");
  command.AddRepeated("--param KEY=VALUE", request->params, "A parameter of the family, KEY=VALUE as TOML writes it");
  command.SetAction([=, &app] { return Import(app, *request); });
}

}  // namespace calotype
