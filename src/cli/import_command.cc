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
  command.AddOption("--task TASK", request->task, "The task it is for: objects, embed.image, ...");
  command.AddOption("--family FAMILY", request->family,
                    "How its inputs are prepared and its outputs read: detr, clip, ...");
  command.AddOption("--name NAME", request->name, "Its name (default: the name of the file)");
  command.AddOption("--choice NAME", request->choice,
                    "Its name among the pack's models for the task, if there are others");
  command.AddOption("--into PACK", request->pack, "The pack, created if it does not exist (default: local)");
  command.AddRepeated("--extra FILE", request->extra, "A file that belongs to it: a vocabulary, labels, weights");
  command.AddRepeated("--param KEY=VALUE", request->params, "A parameter of the family, as in TOML");
  command.SetAction([=, &app] { return Import(app, *request); });
}

}  // namespace calotype
