#include "app/doctor.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <string_view>
#include <system_error>

#include "app/doctor_checks.h"
#include "app/model_choice.h"
#include "app/program_data.h"
#include "base/child_process.h"
#include "inference/placement/device_store.h"

namespace calotype {
namespace {

namespace fs = std::filesystem;

// Returns what was done, or why nothing was.
std::string FixPack(const App& app) {
  constexpr std::array<std::string_view, 2> kBuilt = {"starter", "starter-free"};
  const std::string pack = PackInUse(app).pack;
  if (std::ranges::find(kBuilt, pack) == kBuilt.end()) {
    return fmt::format(
        "the pack '{}' cannot be built on this machine; to fetch what is missing or damaged: calotype models pull {}",
        pack, pack);
  }
  const fs::path builder = FindProgramData("tools/starter_pack/build");
  if (builder.empty()) {
    return fmt::format(
        "the pack '{}' was not rebuilt: that takes tools/starter_pack/build, which is in the source tree of Calotype, "
        "and this program does not lie in one",
        pack);
  }
  const std::string folder = (fs::path(app.settings().models_folder) / pack).string();
  StatusOr<ChildProcess> process =
      ChildProcess::Start({builder.string(), "--pack", pack, "--out", folder}, /*quiet=*/false);
  if (!process.ok()) {
    return Message(process.status());
  }
  const ChildProcess::Result result = process->Wait();
  return result.exit_status == 0 ? fmt::format("rebuilt the pack '{}' in {}", pack, folder)
                                 : fmt::format("{} failed with exit code {}", builder.string(), result.exit_status);
}

std::vector<std::string> Fix(const App& app) {
  std::vector<std::string> fixed;
  DeviceStore(app.DeviceFile()).Clear();
  fixed.emplace_back("deleted all measurements and failures of devices");
  if (!CheckModelFiles(app).ok) {
    fixed.push_back(FixPack(app));
  }
  return fixed;
}

// Nothing is known about the rest when the settings cannot be read. All checks are there, in their order, for programs
// that look for one.
std::vector<DoctorCheck> ChecksWithoutSettings(const Status& problem) {
  std::vector<DoctorCheck> checks = {{.name = "configuration",
                                      .detail = Message(problem),
                                      .remedy =
                                          "correct or remove this setting; calotype config explain KEY tells what "
                                          "it may be"}};
  for (const char* const name :
       {"catalogue", "storage", "decoders", "sandbox", "engines", "gpu", "models", "devices", "photo"}) {
    checks.push_back({.name = name,
                      .detail = "not tried: the configuration is not valid",
                      .remedy = "first correct the configuration"});
  }
  return checks;
}

StatusOr<DeviceSet> OpenAllDevices(const Settings& settings) {
  CALOTYPE_ASSIGN_OR_RETURN(const std::vector<PluginProvider> plugins, settings.Plugins());
  return OpenDevices({.onnxruntime = settings.onnxruntime, .openvino = settings.openvino, .plugins = plugins});
}

}  // namespace

std::size_t DoctorReport::passed() const {
  return static_cast<std::size_t>(std::ranges::count_if(checks, &DoctorCheck::ok));
}

DoctorReport RunDoctor(const App& app, const DoctorRequest& request,
                       const std::function<void(const DoctorProgress&)>& on_progress) {
  DoctorReport report;
  if (!app.configured().ok()) {
    report.checks = ChecksWithoutSettings(app.configured());
    return report;
  }
  if (request.fix) {
    report.fixed = Fix(app);
  }
  report.checks = {CheckConfiguration(app), CheckCatalogue(app), CheckStorage(app), CheckDecoders(),
                   CheckSandbox(app.settings())};
  const Settings& settings = app.settings();
  const StatusOr<DeviceSet> devices = OpenAllDevices(settings);
  report.checks.push_back(CheckEngines(devices));
  report.checks.push_back(
      CheckGpu(settings, devices, devices.ok() ? devices->facts : ProbeMachine(settings.onnxruntime)));
  report.checks.push_back(CheckModelFiles(app));
  const LoadedModels models(app, on_progress);
  report.checks.push_back(models.CheckDevices());
  report.checks.push_back(models.CheckPhoto());
  report.models = models.models();
  return report;
}

}  // namespace calotype
