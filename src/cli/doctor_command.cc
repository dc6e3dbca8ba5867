// calotype doctor: everything that must work, tried, and said in one screen.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <memory>
#include <system_error>

#include "app/model_choice.h"
#include "cli/child_process.h"
#include "cli/command.h"
#include "cli/doctor_checks.h"
#include "cli/findings_json.h"
#include "cli/terminal.h"

namespace calotype {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

struct DoctorArguments {
  bool json = false;
  bool fix = false;
};

struct Diagnosis {
  std::vector<std::string> fixed;  // what --fix did
  std::vector<Check> checks;
  std::vector<ModelReport> models;

  std::ptrdiff_t passed() const { return std::ranges::count_if(checks, &Check::ok); }
  bool ok() const { return passed() == std::ssize(checks); }
};

// The program that builds the packs, in the source tree that this program was built in; empty when it lies elsewhere.
fs::path FindPackBuilder() {
  std::error_code error;
  for (fs::path folder = fs::read_symlink("/proc/self/exe", error); folder.has_relative_path();) {
    folder = folder.parent_path();
    if (fs::path builder = folder / "tools/starter_pack/build"; fs::exists(builder, error)) {
      return builder;
    }
  }
  return {};
}

// Answers what was done, or why nothing was.
std::string FixPack(const App& app) {
  constexpr std::array<std::string_view, 2> kBuilt = {"starter", "starter-free"};
  const std::string pack = PackInUse(app).pack;
  if (std::ranges::find(kBuilt, pack) == kBuilt.end()) {
    return fmt::format("the pack '{}' is not built here; calotype models pull {} fetches what is missing or damaged",
                       pack, pack);
  }
  const fs::path builder = FindPackBuilder();
  if (builder.empty()) {
    return fmt::format(
        "the pack '{}' was not built again: tools/starter_pack/build is in Calotype's source tree, which "
        "this program does not lie in",
        pack);
  }
  const std::string folder = (fs::path(app.settings().models_folder) / pack).string();
  StatusOr<ChildProcess> process = ChildProcess::Start({builder.string(), "--pack", pack, "--out", folder}, false);
  if (!process.ok()) {
    return Message(process.status());
  }
  const ChildProcess::Result result = process->Wait();
  return result.exit_status == 0 ? fmt::format("built the pack '{}' again in {}", pack, folder)
                                 : fmt::format("{} failed with exit code {}", builder.string(), result.exit_status);
}

std::vector<std::string> Fix(const App& app) {
  std::vector<std::string> fixed;
  DeviceStore(app.DeviceFile()).Clear();
  fixed.emplace_back("forgot all measurements and failures of devices");
  if (!CheckModelFiles(app).ok) {
    fixed.push_back(FixPack(app));
  }
  return fixed;
}

StatusOr<DeviceSet> OpenAllDevices(const Settings& config) {
  CALOTYPE_ASSIGN_OR_RETURN(const std::vector<PluginProvider> plugins, config.Plugins());
  return OpenDevices({.onnxruntime = config.onnxruntime, .openvino = config.openvino, .plugins = plugins});
}

Diagnosis Examine(const App& app, bool fix) {
  Diagnosis diagnosis;
  if (fix) {
    diagnosis.fixed = Fix(app);
  }
  std::vector<Check>& checks = diagnosis.checks;
  checks.push_back(CheckConfiguration(app));
  checks.push_back(CheckCatalogue(app));
  checks.push_back(CheckDecoders());
  const StatusOr<DeviceSet> devices = OpenAllDevices(app.settings());
  checks.push_back(CheckEngines(devices));
  checks.push_back(CheckGpu(app, devices, devices.ok() ? devices->facts : ProbeMachine(app.settings().onnxruntime)));
  checks.push_back(CheckModelFiles(app));
  const ModelsAtWork models(app);
  checks.push_back(models.CheckDevices());
  checks.push_back(models.CheckPhoto());
  diagnosis.models = models.reports();
  return diagnosis;
}

// "openvino cpu": the engines' versions are said once, by their check.
std::string DeviceOf(const ModelReport& report) {
  const std::string& engine = report.device.engine;
  return fmt::format("{} {}", engine.substr(0, engine.find(' ')), report.device.device);
}

Json ToJson(const ModelReport& report) {
  Json json = {{"name", report.model.name}, {"device", nullptr},        {"precision", nullptr}, {"ms", nullptr},
               {"agreement", nullptr},      {"not_used", Json::array()}};
  if (report.problem.ok()) {
    json["device"] = DeviceOf(report);
    json["precision"] = report.device.precision;
  } else {
    json["problem"] = Message(report.problem);
  }
  if (report.trial) {
    json["ms"] = std::round(report.trial->milliseconds * 100) / 100;
    json["agreement"] = report.trial->figure;
  }
  for (const NotUsed& other : report.not_used) {
    json["not_used"].push_back({{"device", other.device}, {"reason", other.reason}});
  }
  return json;
}

Json ToJson(const Diagnosis& diagnosis) {
  Json json = {{"passed", diagnosis.passed()}, {"total", diagnosis.checks.size()}, {"checks", Json::array()}};
  for (const Check& check : diagnosis.checks) {
    json["checks"].push_back(
        {{"name", check.name}, {"ok", check.ok}, {"detail", check.detail}, {"remedy", check.remedy}});
  }
  json["models"] = Json::array();
  for (const ModelReport& report : diagnosis.models) {
    json["models"].push_back(ToJson(report));
  }
  if (!diagnosis.fixed.empty()) {
    json["fixed"] = diagnosis.fixed;
  }
  return json;
}

std::string ToText(const Check& check) {
  const std::string verdict = check.ok ? Green("ok  ") : Red("FAIL");
  std::string text = fmt::format("{}  {:<14} {}\n", verdict, check.name, Printable(check.detail));
  if (!check.remedy.empty()) {
    text += fmt::format("{:21}{}\n", "", Bold(Printable(check.remedy)));
  }
  return text;
}

std::string ToText(const NotUsed& other) {
  const std::string line = Printable(fmt::format("    not {}: {}", other.device, other.reason));
  const std::optional<std::size_t> columns = OutputColumns();
  return Dim(columns ? CutToColumns(line, *columns) : line) + "\n";
}

bool Has(const ModelReport& report, const NotUsed& other) {
  return std::ranges::any_of(
      report.not_used, [&](const NotUsed& one) { return one.device == other.device && one.reason == other.reason; });
}

std::string ToText(const ModelReport& report, const std::vector<NotUsed>& of_all) {
  std::string text;
  if (report.problem.ok()) {
    text = fmt::format("  {:<18} {:<26}{:>8}  {}\n", report.model.name,
                       fmt::format("{} {}", DeviceOf(report), report.device.precision),
                       report.trial ? fmt::format("{:.1f}", report.trial->milliseconds) : "-",
                       report.trial ? Printable(report.trial->figure) : "not measured: its manifest has no self-test");
  } else {
    text = fmt::format("  {:<18} {}\n", report.model.name, Red(Printable(Message(report.problem))));
  }
  for (const NotUsed& other : report.not_used) {
    const bool said_below = std::ranges::any_of(
        of_all, [&](const NotUsed& one) { return one.device == other.device && one.reason == other.reason; });
    text += said_below ? "" : ToText(other);
  }
  return text;
}

// What is the same for every model is said once: one screen must do.
std::vector<NotUsed> NotUsedByAny(const std::vector<ModelReport>& models) {
  std::vector<NotUsed> of_all;
  if (models.size() > 1) {
    std::ranges::copy_if(models.front().not_used, std::back_inserter(of_all), [&](const NotUsed& other) {
      return std::ranges::all_of(models, [&](const ModelReport& report) { return Has(report, other); });
    });
  }
  return of_all;
}

std::string ToText(const Diagnosis& diagnosis) {
  std::string text;
  for (const std::string& fixed : diagnosis.fixed) {
    text += fmt::format("fix   {}\n", Printable(fixed));
  }
  for (const Check& check : diagnosis.checks) {
    text += ToText(check);
  }
  if (!diagnosis.models.empty()) {
    text += "\n" + Bold(fmt::format("  {:<18} {:<26}{:>8}  {}", "model", "device", "ms", "agreement")) + "\n";
    const std::vector<NotUsed> of_all = NotUsedByAny(diagnosis.models);
    for (const ModelReport& report : diagnosis.models) {
      text += ToText(report, of_all);
    }
    text += of_all.empty() ? "" : "  all models\n";
    for (const NotUsed& other : of_all) {
      text += ToText(other);
    }
  }
  const std::string passed = fmt::format("{}/{} checks passed", diagnosis.passed(), diagnosis.checks.size());
  return text + "\n" + (diagnosis.ok() ? Green(passed) : Red(passed)) + "\n";
}

CommandResult Doctor(const App& app, const DoctorArguments& arguments) {
  const Diagnosis diagnosis = Examine(app, arguments.fix);
  Print(arguments.json ? JsonLine(ToJson(diagnosis)) : ToText(diagnosis));
  return diagnosis.ok() ? 0 : 1;
}

}  // namespace

void AddDoctorCommand(CommandLine& parser, App& app) {
  CommandLine command =
      parser.AddCommand("doctor", "Whether everything works, on which devices, and what to do where it does not");
  const auto arguments = std::make_shared<DoctorArguments>();
  command.AddFlag("--json", arguments->json, "As JSON");
  command.AddFlag("--fix", arguments->fix, "Measure all devices again, and build again what is broken in the pack");
  command.SetAction([=, &app] { return Doctor(app, *arguments); });
}

}  // namespace calotype
