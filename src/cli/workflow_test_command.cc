// calotype workflow-test: the program drives itself through a temporary library, as a user would, and judges the
// answers.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <thread>

#include "app/model_choice.h"
#include "app/open_models.h"
#include "base/file.h"
#include "base/temporary_folder.h"
#include "cli/child_process.h"
#include "cli/command.h"
#include "cli/terminal.h"
#include "photo/decode.h"
#include "photo/encode.h"

namespace calotype {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr int kCopyQuality = 60;

// Photos of the pack's self-tests, by what they show, and their names in the library.
constexpr std::string_view kCat = "cat.jpg";
constexpr std::string_view kFace = "face.jpg";
constexpr std::string_view kCup = "cup.jpg";
constexpr std::string_view kSign = "sign.jpg";
constexpr std::string_view kCupCopy = "cup_copy.jpg";            // the same photo, compressed harder
constexpr std::string_view kFaceMirrored = "face_mirrored.jpg";  // the same face in a photo that is no copy
constexpr int kPhotos = 6;

// A device that fails on demand (tests/faulty_provider), built beside the program.
constexpr std::string_view kFaultyLibrary = "libfaulty_provider.so";
// Its words are those of the commonest mismatch, a GPU that the CUDA libraries were not built for. By its 12th run,
// each model that all photos need has passed its probe, and the first photos have been looked at.
constexpr std::string_view kFault = "run:12=no_kernel";
constexpr std::string_view kFaultWords = "no kernel image is available";

Image Mirror(const Image& image) {
  Image mirrored(image.width(), image.height());
  for (int y = 0; y < image.height(); ++y) {
    for (int x = 0; x < image.width(); ++x) {
      std::copy_n(image.row(y) + static_cast<std::ptrdiff_t>(Image::kChannels) * x, Image::kChannels,
                  mirrored.row(y) + static_cast<std::ptrdiff_t>(Image::kChannels) * (image.width() - 1 - x));
    }
  }
  return mirrored;
}

StatusOr<Image> Load(const fs::path& path) {
  CALOTYPE_ASSIGN_OR_RETURN(const UniqueFd file, OpenForReading(path));
  CALOTYPE_ASSIGN_OR_RETURN(DecodedPhoto photo, DecodePhoto(file.get(), {}));
  return std::move(photo.image);
}

Status Save(const Image& image, const fs::path& path, int quality) {
  CALOTYPE_ASSIGN_OR_RETURN(const std::vector<uint8_t> jpeg, EncodeJpeg(image, quality));
  return WriteFileAtomically(path, jpeg);
}

Status Copy(const fs::path& from, const fs::path& to) {
  std::error_code error;
  fs::copy_file(from, to, error);
  return error ? absl::InternalError(fmt::format("cannot copy {}: {}", from.string(), error.message()))
               : absl::OkStatus();
}

// Where the pack's self-test for `task` has its photo.
StatusOr<fs::path> SelfTestPhoto(const Models& models, std::string_view task) {
  CALOTYPE_ASSIGN_OR_RETURN(const ModelSpec* const model, models.Require(task));
  if (!model->self_test.has_value() || model->self_test->photo.empty()) {
    return absl::FailedPreconditionError(
        fmt::format("model {} of pack {} has no self-test photo", model->name, models.pack.name));
  }
  return model->self_test->photo;
}

Status MakeLibrary(const Models& models, const fs::path& photos) {
  fs::create_directories(photos);
  CALOTYPE_ASSIGN_OR_RETURN(const fs::path cat, SelfTestPhoto(models, "objects"));
  CALOTYPE_ASSIGN_OR_RETURN(const fs::path face, SelfTestPhoto(models, "faces.detect"));
  CALOTYPE_ASSIGN_OR_RETURN(const fs::path cup, SelfTestPhoto(models, "embed.image"));
  CALOTYPE_ASSIGN_OR_RETURN(const fs::path sign, SelfTestPhoto(models, "ocr.detect"));
  CALOTYPE_RETURN_IF_ERROR(Copy(cat, photos / kCat));
  CALOTYPE_RETURN_IF_ERROR(Copy(face, photos / kFace));
  CALOTYPE_RETURN_IF_ERROR(Copy(cup, photos / kCup));
  CALOTYPE_RETURN_IF_ERROR(Copy(sign, photos / kSign));
  CALOTYPE_ASSIGN_OR_RETURN(const Image cup_pixels, Load(cup));
  CALOTYPE_RETURN_IF_ERROR(Save(cup_pixels, photos / kCupCopy, kCopyQuality));
  CALOTYPE_ASSIGN_OR_RETURN(const Image face_pixels, Load(face));
  return Save(Mirror(face_pixels), photos / kFaceMirrored, 90);
}

Status Expect(bool holds, std::string_view what) {
  return holds ? absl::OkStatus() : absl::InternalError(std::string(what));
}

std::string Name(const json& hit) { return fs::path(hit.value("path", "")).filename().string(); }

std::set<std::string> Names(const std::vector<json>& hits) {
  std::set<std::string> names;
  std::transform(hits.begin(), hits.end(), std::inserter(names, names.end()), Name);
  return names;
}

class WorkflowTest {
 public:
  WorkflowTest(App& app, fs::path folder) : app_(app), folder_(std::move(folder)), catalog_(folder_ / "catalog.db") {}

  fs::path photos() const { return folder_ / "photos"; }

  Status ScanFindsEveryPhoto() {
    CALOTYPE_ASSIGN_OR_RETURN(const auto scan, Run({"scan", photos().string()}));
    CALOTYPE_RETURN_IF_ERROR(Expect(scan.exit_status == 0, "the scan failed"));
    return ExpectAllDone();
  }

  Status ObjectsAreFound() { return ExpectHits({"search", "object:cat", "--json"}, {std::string(kCat)}); }

  Status WordsFindAPhoto() {
    CALOTYPE_ASSIGN_OR_RETURN(const auto hits, Json({"search", "a cat", "--limit", "1", "--json"}));
    return Expect(hits.size() == 1 && Name(hits[0]) == kCat, "'a cat' does not find the cat first");
  }

  Status TextIsFound() { return ExpectHits({"search", "text:parking", "--json"}, {std::string(kSign)}); }

  Status OneFaceIsOnePerson() {
    CALOTYPE_ASSIGN_OR_RETURN(const auto lines, Json({"people", "list", "--json"}));
    const auto shows_both = [](const json& person) { return person.value("photos", 0) == 2; };
    const json people = lines.empty() ? json::array() : lines[0].value("people", json::array());
    return Expect(std::any_of(people.begin(), people.end(), shows_both),
                  "the face and its mirror image are not one person");
  }

  Status CopiesAreDuplicates() {
    CALOTYPE_ASSIGN_OR_RETURN(const auto groups, Json({"duplicates", "--json"}));
    CALOTYPE_RETURN_IF_ERROR(
        Expect(groups.size() == 1, fmt::format("{} groups of duplicates instead of one", groups.size())));
    return Expect(Names(groups[0].value("photos", std::vector<json>())) ==
                      std::set<std::string>{std::string(kCup), std::string(kCupCopy)},
                  "the group is not the photo and its copy");
  }

  Status ASecondScanDoesNothing() {
    CALOTYPE_ASSIGN_OR_RETURN(const auto scan, Run({"scan", photos().string()}));
    return Expect(scan.output.find(fmt::format(" 0 analysed, {} unchanged", kPhotos)) != std::string::npos,
                  scan.output);
  }

  // Scanned anew with a device that works at first, is measured as any other, and then fails in the middle of a scan.
  Status AFailingDeviceIsReplaced() {
    const fs::path library = fs::read_symlink("/proc/self/exe").parent_path() / kFaultyLibrary;
    std::error_code error;
    if (!fs::exists(library, error)) {
      return absl::NotFoundError(fmt::format("{} is not there; the build puts it beside calotype", library.string()));
    }
    catalog_ = folder_ / "healthy.db";
    CALOTYPE_RETURN_IF_ERROR(ScanWithFaultyDevice(library, ""));
    catalog_ = folder_ / "faulty.db";
    CALOTYPE_RETURN_IF_ERROR(ScanWithFaultyDevice(library, kFault));
    CALOTYPE_RETURN_IF_ERROR(ExpectAllDone());
    CALOTYPE_RETURN_IF_ERROR(ExpectReplaced());
    for (const auto& question : {&WorkflowTest::ObjectsAreFound, &WorkflowTest::TextIsFound,
                                 &WorkflowTest::OneFaceIsOnePerson, &WorkflowTest::CopiesAreDuplicates}) {
      CALOTYPE_RETURN_IF_ERROR(Annotate((this->*question)(), "in the catalogue of the scan with a failing device"));
    }
    return absl::OkStatus();
  }

  // A catalogue of its own: killed as soon as something is done, then scanned again.
  Status AKilledScanResumes() {
    catalog_ = folder_ / "killed.db";
    CALOTYPE_ASSIGN_OR_RETURN(ChildProcess scan, ChildProcess::Start(Command({"scan", photos().string()}), true));
    CALOTYPE_ASSIGN_OR_RETURN(const int64_t done, WaitUntilSomethingIsDone());
    scan.Kill();
    scan.Wait();
    CALOTYPE_ASSIGN_OR_RETURN(const auto again, Run({"scan", photos().string()}));
    CALOTYPE_RETURN_IF_ERROR(Expect(again.exit_status == 0, "the scan after the kill failed"));
    // Killed at any instant after `done` was read: what was stored by then is not looked at again.
    const std::string head = fmt::format("scanned {} photos, ", kPhotos);
    CALOTYPE_RETURN_IF_ERROR(Expect(again.output.starts_with(head), again.output));
    int64_t repeated = kPhotos;
    std::from_chars(again.output.data() + head.size(), again.output.data() + again.output.size(), repeated);
    CALOTYPE_RETURN_IF_ERROR(
        Expect(repeated <= kPhotos - done, fmt::format("{} were done, {} were analysed again", done, repeated)));
    return ExpectAllDone();
  }

 private:
  // All of the settings in use but for the catalogue; `changes` come after them.
  std::vector<std::string> Command(const std::vector<std::string>& arguments,
                                   const std::vector<std::string>& changes = {}) const {
    std::vector<std::string> command = {fs::read_symlink("/proc/self/exe").string()};
    for (const ConfigField& field : app_.registry().fields()) {
      command.insert(command.end(), {"--set", field.Assignment()});
    }
    const ModelChoice models = PackInUse(app_);
    command.insert(command.end(), {"--set", "models.pack=" + models.pack});
    for (const auto& [task, choice] : models.choices) {
      command.insert(command.end(), {"--set", fmt::format("models.choice.{}={}", task, choice)});
    }
    command.insert(command.end(), {"--set", "catalog.file=" + catalog_.string()});
    for (const std::string& change : changes) {
      command.insert(command.end(), {"--set", change});
    }
    command.insert(command.end(), arguments.begin(), arguments.end());
    return command;
  }

  // With a home of its own, so that nothing of it is remembered about the devices of this machine. One photo at a time:
  // then it is known what was done before the fault. Quiet: the failure that it reports is meant to be.
  Status ScanWithFaultyDevice(const fs::path& library, std::string_view fault) const {
    std::vector<std::string> changes = {"scan.workers=1", "inference.providers=faulty=" + library.string(),
                                        "devices.default=faulty,onnxruntime:cpu"};
    for (const std::string_view task : kModelTasks) {
      changes.push_back(fmt::format("devices.{}=faulty,onnxruntime:cpu", task));
    }
    CALOTYPE_ASSIGN_OR_RETURN(
        ChildProcess scan,
        ChildProcess::Start(Command({"scan", photos().string()}, changes), true,
                            {"CALOTYPE_HOME=" + home().string(), fmt::format("CALOTYPE_FAULT={}", fault)}));
    return Expect(scan.Wait().exit_status == 0, fault.empty() ? "the scan failed on the device that is to fail later"
                                                              : "the scan failed when its device did");
  }

  // Every analysis began on the failing device or found it failed, ended on the CPU, and why is kept.
  Status ExpectReplaced() const {
    int on_faulty = 0;
    std::set<std::string> on_cpu;
    for (const fs::directory_entry& photo : fs::directory_iterator(photos())) {
      CALOTYPE_ASSIGN_OR_RETURN(const std::vector<json> shown, Json({"show", photo.path().string(), "--json"}));
      CALOTYPE_RETURN_IF_ERROR(Expect(shown.size() == 1, "show printed no JSON"));
      const json devices = shown[0].value("devices", json::object());
      for (const auto& [analysis, device] : devices.items()) {
        const bool faulty = device.get<std::string>().find(" faulty ") != std::string::npos;
        on_faulty += faulty ? 1 : 0;
        if (!faulty) {
          on_cpu.insert(analysis);
        }
      }
    }
    CALOTYPE_RETURN_IF_ERROR(Expect(on_faulty > 0, "nothing ran on the device before it failed"));
    CALOTYPE_ASSIGN_OR_RETURN(const std::vector<json> lines, Json({"status", "--json"}));
    CALOTYPE_RETURN_IF_ERROR(Expect(lines.size() == 1, "status printed no JSON"));
    const json analyses = lines[0].value("analyses", json::object());
    for (const auto& [analysis, counts] : analyses.items()) {
      CALOTYPE_RETURN_IF_ERROR(Expect(on_cpu.contains(analysis), fmt::format("{} did not go on on the CPU", analysis)));
    }
    return ExpectReasonsKept();
  }

  Status ExpectReasonsKept() const {
    CALOTYPE_ASSIGN_OR_RETURN(const std::string text, ReadTextFile(home() / "devices.json"));
    const json kept = json::parse(text, nullptr, false);
    const json failures = kept.is_discarded() ? json::object() : kept.value("failures", json::object());
    for (const auto& [key, failure] : failures.items()) {
      const std::string reason = failure.value("reason", "");
      CALOTYPE_RETURN_IF_ERROR(Expect(reason.find(kFaultWords) != std::string::npos,
                                      fmt::format("the reason that is kept for {} is '{}'", key, reason)));
    }
    return Expect(!failures.empty(), "it is not kept why the device was left");
  }

  fs::path home() const { return folder_ / "home"; }

  StatusOr<ChildProcess::Result> Run(const std::vector<std::string>& arguments, bool quiet = false) const {
    CALOTYPE_ASSIGN_OR_RETURN(ChildProcess process, ChildProcess::Start(Command(arguments), quiet));
    return process.Wait();
  }

  // What the command printed, one JSON value a line.
  StatusOr<std::vector<json>> Json(const std::vector<std::string>& arguments, bool quiet = false) const {
    CALOTYPE_ASSIGN_OR_RETURN(const ChildProcess::Result result, Run(arguments, quiet));
    CALOTYPE_RETURN_IF_ERROR(Expect(result.exit_status == 0, fmt::format("'{}' failed", fmt::join(arguments, " "))));
    std::vector<json> values;
    std::size_t start = 0;
    for (std::size_t end = result.output.find('\n'); end != std::string::npos; end = result.output.find('\n', start)) {
      json value = json::parse(result.output.substr(start, end - start), nullptr, false);
      CALOTYPE_RETURN_IF_ERROR(
          Expect(!value.is_discarded(), fmt::format("'{}' printed no JSON", fmt::join(arguments, " "))));
      values.push_back(std::move(value));
      start = end + 1;
    }
    return values;
  }

  Status ExpectHits(const std::vector<std::string>& arguments, const std::set<std::string>& expected) const {
    CALOTYPE_ASSIGN_OR_RETURN(const std::vector<json> hits, Json(arguments));
    const std::set<std::string> seen = Names(hits);
    return Expect(seen == expected,
                  fmt::format("expected {}, found {}", fmt::join(expected, ", "), fmt::join(seen, ", ")));
  }

  Status ExpectAllDone() const {
    CALOTYPE_ASSIGN_OR_RETURN(const std::vector<json> lines, Json({"status", "--json"}));
    CALOTYPE_RETURN_IF_ERROR(Expect(lines.size() == 1, "status printed no JSON"));
    const json analyses = lines[0].value("analyses", json::object());
    for (const auto& [analysis, counts] : analyses.items()) {
      const int done = counts.value("done", 0);
      CALOTYPE_RETURN_IF_ERROR(
          Expect(done == kPhotos, fmt::format("{}: {} of {} photos are done", analysis, done, kPhotos)));
    }
    return Expect(analyses.contains("objects"), "nothing was analysed");
  }

  // How many photos the scan in the background has stored; waits for the first.
  StatusOr<int64_t> WaitUntilSomethingIsDone() const {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes(1);
    while (std::chrono::steady_clock::now() < deadline) {
      // Quiet, and a failure is no failure: there is no catalogue yet.
      const StatusOr<std::vector<json>> lines = Json({"status", "--json"}, true);
      if (lines.ok() && lines->size() == 1) {
        const json analyses = lines->front().value("analyses", json::object());
        if (const int64_t done = analyses.value("objects", json::object()).value("done", 0); done > 0) {
          return done;
        }
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    return absl::UnavailableError("no photo was done within a minute");
  }

  App& app_;
  const fs::path folder_;
  fs::path catalog_;
};

struct Step {
  std::string_view name;
  Status (WorkflowTest::*run)();
};

constexpr std::array kSteps = {
    Step{"scan finds every photo", &WorkflowTest::ScanFindsEveryPhoto},
    Step{"objects are found", &WorkflowTest::ObjectsAreFound},
    Step{"words find a photo by its meaning", &WorkflowTest::WordsFindAPhoto},
    Step{"text in photos is found", &WorkflowTest::TextIsFound},
    Step{"one face in two photos is one person", &WorkflowTest::OneFaceIsOnePerson},
    Step{"copies are duplicates", &WorkflowTest::CopiesAreDuplicates},
    Step{"a second scan does nothing", &WorkflowTest::ASecondScanDoesNothing},
    Step{"a device that fails is replaced and no photo is lost", &WorkflowTest::AFailingDeviceIsReplaced},
    Step{"a killed scan resumes", &WorkflowTest::AKilledScanResumes},
};

CommandResult RunWorkflowTest(App& app) {
  CALOTYPE_ASSIGN_OR_RETURN(const TemporaryFolder folder, TemporaryFolder::Create());
  WorkflowTest test(app, folder.path());
  {
    CALOTYPE_ASSIGN_OR_RETURN(const auto models, OpenModels(app, ModelUse{}));
    CALOTYPE_RETURN_IF_ERROR(MakeLibrary(*models, test.photos()));
  }
  int passed = 0;
  for (std::size_t i = 0; i < kSteps.size(); ++i) {
    const Status status = (test.*kSteps[i].run)();
    passed += status.ok() ? 1 : 0;
    Print(fmt::format("{}  {}  {}{}\n", i + 1, status.ok() ? "ok  " : "FAIL", kSteps[i].name,
                      status.ok() ? "" : ": " + Printable(Message(status))));
  }
  Print(fmt::format("{}/{} passed\n", passed, kSteps.size()));
  return passed == static_cast<int>(kSteps.size()) ? 0 : 1;
}

}  // namespace

void AddWorkflowTestCommand(CommandLine& parser, App& app) {
  CommandLine command = parser.AddCommand("workflow-test", "Try the whole way on a small temporary library");
  command.SetAction([&app] { return RunWorkflowTest(app); });
}

}  // namespace calotype
