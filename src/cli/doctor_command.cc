// calotype doctor: prints the report of the checks on one screen.
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>

#include "app/doctor.h"
#include "app/doctor_json.h"
#include "app/findings_json.h"
#include "cli/command.h"
#include "cli/terminal.h"

namespace calotype {
namespace {

struct DoctorArguments {
  bool json = false;
  bool fix = false;
};

// Prints on a terminal only. Each step replaces the one before, and the last one is erased.
void ShowDoctorProgress(const DoctorProgress& progress) {
  using Step = DoctorProgress::Step;
  if (ErrorIsTerminal()) {
    const std::string_view verb = progress.step == Step::kMeasuring ? "measuring" : "loading";
    fmt::print(stderr, "\r\033[K{}",
               progress.step == Step::kFinished ? "" : fmt::format("{} {} ...", verb, Printable(progress.model)));
  }
}

std::string ToText(const DoctorCheck& check) {
  const std::string verdict = check.ok ? Green("ok  ") : Red("FAIL");
  std::string text = fmt::format("{}  {:<14} {}\n", verdict, check.name, Printable(check.detail));
  if (!check.remedy.empty()) {
    text += fmt::format("{:21}{}\n", "", Bold(Printable(check.remedy)));
  }
  return text;
}

std::string ToText(const RejectedDevice& other) {
  const std::string line = Printable(fmt::format("    not {}: {}", other.device, other.reason));
  const std::optional<std::size_t> columns = OutputColumns();
  return Dim(columns ? CutToColumns(line, *columns) : line) + "\n";
}

bool Has(const std::vector<RejectedDevice>& devices, const RejectedDevice& device) {
  return std::ranges::find(devices, device) != devices.end();
}

// Leaves out the devices `of_all`, which are printed once for all models.
std::string ToText(const ModelOnDevice& model, const std::vector<RejectedDevice>& of_all) {
  std::string text;
  if (model.problem.empty()) {
    text = fmt::format(
        "  {:<18} {:<26}{:>8}  {}\n", model.name, fmt::format("{} {}", model.device, model.precision),
        model.measurement ? fmt::format("{:.1f}", model.measurement->milliseconds) : "-",
        model.measurement ? Printable(model.measurement->agreement) : "not measured: its manifest has no self-test");
  } else {
    text = fmt::format("  {:<18} {}\n", model.name, Red("does not load; the check \"devices\" tells why"));
  }
  for (const RejectedDevice& other : model.not_used) {
    text += Has(of_all, other) ? "" : ToText(other);
  }
  return text;
}

std::vector<RejectedDevice> NotUsedByAny(const std::vector<ModelOnDevice>& models) {
  std::vector<RejectedDevice> of_all;
  if (models.size() > 1) {
    std::ranges::copy_if(models.front().not_used, std::back_inserter(of_all), [&](const RejectedDevice& other) {
      return std::ranges::all_of(models, [&](const ModelOnDevice& model) { return Has(model.not_used, other); });
    });
  }
  return of_all;
}

std::string ToText(const DoctorReport& report) {
  std::string text;
  for (const std::string& fixed : report.fixed) {
    text += fmt::format("fix   {}\n", Printable(fixed));
  }
  for (const DoctorCheck& check : report.checks) {
    text += ToText(check);
  }
  if (!report.models.empty()) {
    text += "\n" + Bold(fmt::format("  {:<18} {:<26}{:>8}  {}", "model", "device", "ms", "agreement")) + "\n";
    const std::vector<RejectedDevice> of_all = NotUsedByAny(report.models);
    for (const ModelOnDevice& model : report.models) {
      text += ToText(model, of_all);
    }
    text += of_all.empty() ? "" : "  all models\n";
    for (const RejectedDevice& other : of_all) {
      text += ToText(other);
    }
  }
  const std::string passed = fmt::format("{}/{} checks passed", report.passed(), report.checks.size());
  return text + "\n" + (report.ok() ? Green(passed) : Red(passed)) + "\n";
}

CommandResult Doctor(const App& app, const DoctorArguments& arguments) {
  const DoctorReport report = RunDoctor(app, {.fix = arguments.fix}, ShowDoctorProgress);
  Print(arguments.json ? JsonLine(DoctorToJson(report)) : ToText(report));
  return report.ok() ? 0 : 1;
}

}  // namespace

void AddDoctorCommand(CommandLine& parser, App& app) {
  const auto arguments = std::make_shared<DoctorArguments>();
  for (const char* const name : {"doctor", "validate"}) {
    const bool is_alias = std::string_view(name) != "doctor";
    CommandLine command = parser.AddCommand(
        name, is_alias ? "The same as calotype doctor" : "Check the installation, devices and models");
    command.AddFlag("--json", arguments->json, "Print JSON");
    command.AddFlag("--fix", arguments->fix,
                    "Measure all devices again, and rebuild the pack if one of its files is damaged");
    command.SetAction([=, &app] { return Doctor(app, *arguments); }, CommandLine::SettingsNeed::kAny);
  }
}

}  // namespace calotype
