// calotype models quantise
#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "app/findings_json.h"
#include "app/quantise.h"
#include "base/units.h"
#include "cli/command.h"
#include "cli/interrupt.h"
#include "cli/terminal.h"

namespace calotype {
namespace {

using Json = nlohmann::ordered_json;

struct QuantiseArguments {
  QuantiseRequest request;
  bool json = false;
};

// On a terminal each step replaces the one before, and the last leaves nothing. Elsewhere one line tells that the
// models of an analysis are begun.
void ShowQuantiseProgress(const QuantiseProgress& progress) {
  using Step = QuantiseProgress::Step;
  if (progress.step == Step::kNoPhotos) {
    PrintError(
        fmt::format("the library has no photos yet: calibrating with {} of the pack's self-tests, which also measure "
                    "the agreement; run this again after a scan for a better result",
                    Counted(progress.total, "photo")));
  } else if (ErrorIsTerminal()) {
    fmt::print(stderr, "\r\033[K{}", StepText(progress));
  } else if (progress.step == Step::kPhoto && progress.done == 1) {
    fmt::print(stderr, "{}\n", StepText(progress));
  }
}

Json ToJson(const QuantisedModel& model) {
  Json json = {{"task", model.task},   {"name", model.name}, {"runs", model.runs},
               {"bytes", model.bytes}, {"used", model.used}, {"why_not", model.why_not}};
  if (model.form) {
    json.update({{"int8_bytes", model.form->bytes},
                 {"layers", model.form->layers},
                 {"layers_finer", model.form->layers_finer},
                 {"layers_in_float", model.form->layers_in_float},
                 {"ms", model.form->float_ms},
                 {"int8_ms", model.form->ms > 0 ? Json(model.form->ms) : Json(nullptr)},
                 {"agrees", model.form->agrees},
                 {"agreement", model.form->agreement}});
  }
  return json;
}

std::string ToText(const QuantisedModel& model) {
  std::string text = fmt::format("{:<16}{:<18}", model.task, model.name);
  if (model.form) {
    const QuantisedModel::Form& form = *model.form;
    text += fmt::format(
        "{:>9} -> {:>9}  {:6.1f} -> {:6.1f} ms  {}{}  ", FormatBytes(model.bytes), FormatBytes(form.bytes),
        form.float_ms, form.ms, form.agreement,
        form.layers_in_float > 0 ? fmt::format(", {} of {} layers in float", form.layers_in_float, form.layers) : "");
  }
  return text + (model.used ? Green("used") : "not used: " + Printable(model.why_not)) + "\n";
}

CommandResult PrintQuantised(const App& app, const QuantiseArguments& arguments) {
  const InterruptWatcher interrupt("int8 forms that are complete are kept");
  CALOTYPE_ASSIGN_OR_RETURN(const std::vector<QuantisedModel> models,
                            Quantise(app, arguments.request, ShowQuantiseProgress, interrupt.token()));
  bool failed = false;
  for (const QuantisedModel& model : models) {
    Print(arguments.json ? JsonLine(ToJson(model)) : ToText(model));
    failed = failed || model.failed;
  }
  return failed ? 1 : 0;
}

}  // namespace

void AddQuantiseCommand(CommandLine& models, App& app) {
  CommandLine command =
      models.AddCommand("quantise", "Make int8 forms of models; scans use those that agree and are faster");
  const auto arguments = std::make_shared<QuantiseArguments>();
  command.AddOptionalArguments("TASK", arguments->request.tasks,
                               "objects, embed.image, ocr.detect, ocr.orient, ocr.recognise, faces.detect, "
                               "faces.recognise (default: all of them)");
  command.AddCount("--photos", arguments->request.photos, "Number of photos to calibrate with");
  command.AddFlag("--json", arguments->json, "Print JSON, one line per model");
  command.SetAction([=, &app] { return PrintQuantised(app, *arguments); });
}

}  // namespace calotype
