// The checks that need no loaded model.
#include "app/doctor_checks.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <system_error>

#include "app/load_places.h"
#include "app/model_choice.h"
#include "app/open_catalog.h"
#include "base/file.h"
#include "base/units.h"

namespace calotype {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kCuda = "cuda";
constexpr std::string_view kGpu = "gpu";
constexpr double kMegabyte = 1e6;
// A scan needs tens of megabytes for the write-ahead log, beside what the catalogue grows by.
constexpr uintmax_t kNeededBytes = 200'000'000;

// `folder` if it exists, else the nearest folder above it, in which it would be created.
fs::path Existing(fs::path folder) {
  std::error_code error;
  while (!fs::exists(folder, error) && folder.has_relative_path()) {
    folder = folder.parent_path();
  }
  return folder.empty() ? fs::path(".") : folder;
}

Status CheckFolder(const fs::path& folder, uintmax_t& free_bytes) {
  const fs::path existing = Existing(folder);
  // access() would not do: it tells root that it may write to a read-only file system.
  std::string name = (existing / "calotype-doctor-XXXXXX").string();
  const UniqueFd file(mkstemp(name.data()));
  if (file.get() < 0) {
    return ErrnoStatus(errno, fmt::format("cannot write in {}", existing.string()));
  }
  unlink(name.c_str());
  std::error_code error;
  const fs::space_info space = fs::space(existing, error);
  if (!error) {
    free_bytes = std::min(free_bytes, space.available);
  }
  return absl::OkStatus();
}

// "onnxruntime 1.31.1 (cpu f32)"
std::string Describe(const Engine& engine) {
  std::vector<std::string> devices;
  for (const EngineDevice& device : engine.devices()) {
    if (device.usable.ok()) {
      devices.push_back(fmt::format("{} {}", device.device, fmt::join(device.precisions, "/")));
    }
  }
  return fmt::format("{} ({})", engine.name(), fmt::join(devices, ", "));
}

// The settings that ask for a GPU, and whether this machine has a device that fits.
std::map<std::string, bool> GpuWishes(const Settings& settings, const StatusOr<DeviceSet>& devices) {
  std::map<std::string, bool> wishes;
  const auto policies = settings.Policies();
  if (!policies.ok()) {
    return wishes;  // App::Configure has refused them
  }
  for (const auto& [task, policy] : *policies) {
    for (const DeviceSelector& selector : policy.selectors) {
      if (selector.device != kCuda && selector.device != kGpu) {
        continue;
      }
      const bool fits =
          devices.ok() && std::ranges::any_of(devices->options, [&](const DeviceOption& option) {
            return option.usable.ok() && selector.Matches(option.engine_kind(), option.device, option.precision);
          });
      wishes.try_emplace(fmt::format("devices.{} asks for {}", task.empty() ? "default" : task, selector.text), fits);
    }
  }
  return wishes;
}

// How many places are known, or what is wrong with their file.
StatusOr<std::string> DescribePlaces(const App& app) {
  const auto places = LoadPlaces(app);
  if (absl::IsNotFound(places.status())) {
    return std::string("no names of places (tools/setup/fetch_places)");
  }
  CALOTYPE_RETURN_IF_ERROR(places.status());
  CALOTYPE_RETURN_IF_ERROR(LoadOtherPlaceNames(app).status());
  return fmt::format("{} places ({})", (*places)->size(), (*places)->version());
}

// What is wrong with the files of the pack, all of it in one message.
Status CheckFiles(const Pack& pack) {
  std::vector<std::string> wrong;
  for (const ModelSpec& model : pack.models) {
    Status status = VerifyModel(model, true);
    if (status.ok() && model.self_test && !model.self_test->photo.empty()) {
      status = OpenForReading(model.self_test->photo).status();
    }
    if (!status.ok()) {
      wrong.push_back(Message(status));
    }
  }
  return wrong.empty() ? absl::OkStatus() : absl::DataLossError(fmt::format("{}", fmt::join(wrong, "; ")));
}

}  // namespace

DoctorCheck CheckConfiguration(const App& app) {
  DoctorCheck check{.name = "configuration"};
  const fs::path file = app.folders().config / "config.toml";
  uintmax_t free_bytes = UINTMAX_MAX;
  std::error_code error;
  Status status = CheckFolder(app.catalog_files().folder(), free_bytes);
  if (status.ok()) {
    status = CheckFolder(app.DeviceFile().parent_path(), free_bytes);
  }
  if (!status.ok()) {
    check.detail = Message(status);
    check.remedy = "make it writable, or set catalog.file, CALOTYPE_HOME or XDG_CACHE_HOME to another place";
    return check;
  }
  check.ok = free_bytes >= kNeededBytes;
  check.detail = fmt::format("{}{}; its folders are writable, {:.1f} GB free", file.string(),
                             fs::exists(file, error) ? "" : " does not exist, so the defaults apply",
                             static_cast<double>(free_bytes) / (1000 * kMegabyte));
  if (!check.ok) {
    check.remedy =
        fmt::format("free some space: a scan needs {:.0f} MB", static_cast<double>(kNeededBytes) / kMegabyte);
  }
  return check;
}

DoctorCheck CheckCatalogue(const App& app) {
  DoctorCheck check{.name = "catalogue"};
  const std::string file = app.catalog_files().name();
  const StatusOr<std::string> places = DescribePlaces(app);
  if (!places.ok()) {
    check.detail = Message(places.status());
    check.remedy = fmt::format("remove {} and other_names.tsv beside it, and run tools/setup/fetch_places",
                               app.settings().places_file);
    return check;
  }
  if (!app.catalog_files().MayExist()) {
    check.ok = true;
    check.detail = fmt::format("nothing was scanned yet (the first scan creates {}); {}", file, *places);
    return check;
  }
  const auto catalog = OpenCatalog(app, false);
  const StatusOr<CatalogStatus> status = catalog.ok() ? (*catalog)->GetStatus() : catalog.status();
  check.ok = status.ok();
  if (check.ok) {
    check.detail = fmt::format("{}, schema {}, {}; {}", file, app.catalog_files().schema_version(),
                               Counted(status->photos, "photo"), *places);
  } else {
    check.detail = Message(status.status());
    check.remedy = app.catalog_files().on_server()
                       ? "follow the message (docs/postgres.md)"
                       : fmt::format("follow the message; or move {} away and scan again", file);
  }
  return check;
}

DoctorCheck CheckEngines(const StatusOr<DeviceSet>& devices) {
  DoctorCheck check{.name = "engines", .ok = devices.ok()};
  if (!check.ok) {
    check.detail = Message(devices.status());
    check.remedy =
        "run tools/setup/fetch_runtimes, which fetches both; or set inference.onnxruntime or inference.openvino to the "
        "library or its folder";
    return check;
  }
  std::vector<std::string> engines;
  std::ranges::transform(devices->engines, std::back_inserter(engines),
                         [](const auto& engine) { return Describe(*engine); });
  check.detail = fmt::format("{}", fmt::join(engines, "; "));
  if (!devices->openvino.ok()) {
    check.detail += fmt::format("; without OpenVINO: {}", Message(devices->openvino));
  }
  return check;
}

DoctorCheck CheckGpu(const Settings& settings, const StatusOr<DeviceSet>& devices, const MachineFacts& facts) {
  DoctorCheck check{.name = "gpu", .ok = true};
  const Verdict& verdict = facts.cuda;
  const bool nvidia = facts.nvidia.pci_gpus > 0 || !facts.nvidia.gpus.empty();
  std::vector<std::string> unmet;
  for (const auto& [wish, fits] : GpuWishes(settings, devices)) {
    if (!fits) {
      unmet.push_back(wish);
    }
  }
  if (verdict.outcome == Outcome::kFails && (nvidia || !unmet.empty())) {
    check.ok = false;
    check.detail =
        unmet.empty() ? verdict.sentence : fmt::format("{}, but {}", fmt::join(unmet, ", "), verdict.sentence);
    check.remedy = verdict.remedy;
    if (!nvidia) {
      check.remedy += fmt::format("{}remove it from devices.*, since this machine has no NVIDIA GPU",
                                  check.remedy.empty() ? "" : "; or ");
    }
  } else if (!unmet.empty()) {
    check.ok = false;
    check.detail = fmt::format("{}, but no engine offers such a device", fmt::join(unmet, ", "));
    check.remedy = "install the device's driver, or remove it from devices.*";
  } else if (verdict.outcome == Outcome::kFails) {
    check.detail = "this machine has no NVIDIA GPU, and no setting asks for one";
  } else {
    check.detail = verdict.ToString();
  }
  return check;
}

DoctorCheck CheckModelFiles(const App& app) {
  DoctorCheck check{.name = "models"};
  const StatusOr<Pack> pack = LoadPackInUse(app);
  const Status status = pack.ok() ? CheckFiles(*pack) : pack.status();
  check.ok = status.ok();
  if (check.ok) {
    int64_t bytes = 0;
    for (const ModelSpec& model : pack->models) {
      bytes += model.bytes;
    }
    check.detail = fmt::format("{}: {} models, {:.0f} MB, every SHA-256 is as stated", pack->name, pack->models.size(),
                               static_cast<double>(bytes) / kMegabyte);
  } else {
    check.detail = Message(status);
    check.remedy = "run calotype doctor --fix, which rebuilds the pack (models.pack and models.folder choose it)";
  }
  return check;
}

}  // namespace calotype
