// calotype workflow-test: starts this program again and again on a temporary library, as a user would, and checks what
// it prints.
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
#include "app/test_library.h"
#include "base/child_process.h"
#include "base/file.h"
#include "base/temporary_folder.h"
#include "cli/command.h"
#include "cli/terminal.h"

namespace calotype {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

// A device that fails on demand (tests/faulty_provider), built beside the program.
constexpr std::string_view kFaultyLibrary = "libfaulty_provider.so";
// The error message is that of a GPU that the CUDA libraries were not built for. Before the 12th run, each model that
// all photos need has passed its probe, and the first photos are analysed.
constexpr std::string_view kFault = "run:12=no_kernel";
constexpr std::string_view kFaultWords = "no kernel image is available";

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

  Status ObjectsAreFound() { return ExpectHits({"search", "object:cat", "--json"}, {std::string(kTestCat)}); }

  Status WordsFindAPhoto() {
    CALOTYPE_ASSIGN_OR_RETURN(const auto hits, Json({"search", "a cat", "--limit", "1", "--json"}));
    return Expect(hits.size() == 1 && Name(hits[0]) == kTestCat, "'a cat' does not find the cat first");
  }

  Status TextIsFound() { return ExpectHits({"search", "text:parking", "--json"}, {std::string(kTestSign)}); }

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
                      std::set<std::string>{std::string(kTestCup), std::string(kTestCupCopy)},
                  "the group is not the photo and its copy");
  }

  Status ASecondScanDoesNothing() {
    CALOTYPE_ASSIGN_OR_RETURN(const auto scan, Run({"scan", photos().string()}));
    return Expect(scan.output.find(fmt::format("({} unchanged), 0 analysed", kTestPhotos)) != std::string::npos,
                  scan.output);
  }

  // Scans into new catalogues with a device that works at first, is measured like any other, and then fails during a
  // scan.
  Status AFailingDeviceIsReplaced() {
    const fs::path library = fs::read_symlink("/proc/self/exe").parent_path() / kFaultyLibrary;
    std::error_code error;
    if (!fs::exists(library, error)) {
      return absl::NotFoundError(fmt::format("{} does not exist; the build puts it beside calotype", library.string()));
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

  // Kills a scan into a new catalogue as soon as one photo is done, then scans again.
  Status AKilledScanResumes() {
    catalog_ = folder_ / "killed.db";
    CALOTYPE_ASSIGN_OR_RETURN(ChildProcess scan, ChildProcess::Start(Command({"scan", photos().string()}), true));
    CALOTYPE_ASSIGN_OR_RETURN(const int64_t done, WaitUntilSomethingIsDone());
    scan.Kill();
    scan.Wait();
    CALOTYPE_ASSIGN_OR_RETURN(const auto again, Run({"scan", photos().string()}));
    CALOTYPE_RETURN_IF_ERROR(Expect(again.exit_status == 0, "the scan after the kill failed"));
    // The kill came some time after `done` was read. What was stored before is not analysed again.
    const std::size_t end = again.output.find(" analysed");
    CALOTYPE_RETURN_IF_ERROR(
        Expect(again.output.starts_with(fmt::format("scanned {} photos", kTestPhotos)) && end != std::string::npos,
               again.output));
    int64_t repeated = kTestPhotos;
    std::from_chars(again.output.data() + again.output.rfind(' ', end - 1) + 1, again.output.data() + end, repeated);
    CALOTYPE_RETURN_IF_ERROR(
        Expect(repeated <= kTestPhotos - done, fmt::format("{} were done, {} were analysed again", done, repeated)));
    return ExpectAllDone();
  }

 private:
  // This program with all settings in use but the catalogue, then `changes`, then `arguments`.
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

  // Uses another home, so that the measurements and failures are not recorded for this machine. Uses one worker, so
  // that it is certain what is done before the fault. Drops standard error, since the reported failure is intended.
  Status ScanWithFaultyDevice(const fs::path& library, std::string_view fault) const {
    std::vector<std::string> changes = {"scan.workers=1", "inference.providers=faulty=" + library.string(),
                                        "devices.default=faulty,onnxruntime:cpu"};
    for (const std::string_view task : kModelTasks) {
      changes.push_back(fmt::format("devices.{}=faulty,onnxruntime:cpu", task));
    }
    CALOTYPE_ASSIGN_OR_RETURN(
        ChildProcess scan, ChildProcess::Start(Command({"scan", photos().string()}, changes), true,
                                               {"CALOTYPE_HOME=" + home().string(), "XDG_CACHE_HOME=" + home().string(),
                                                fmt::format("CALOTYPE_FAULT={}", fault)}));
    return Expect(scan.Wait().exit_status == 0, fault.empty() ? "the scan failed before the device was made to fail"
                                                              : "the scan failed when its device failed");
  }

  // Something ran on the device before it failed, each analysis went on on the CPU, and the reason is stored.
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
      CALOTYPE_RETURN_IF_ERROR(
          Expect(on_cpu.contains(analysis), fmt::format("{} did not continue on the CPU", analysis)));
    }
    return ExpectReasonsKept();
  }

  Status ExpectReasonsKept() const {
    CALOTYPE_ASSIGN_OR_RETURN(const std::string text, ReadTextFile(home() / "calotype" / "devices.json"));
    const json kept = json::parse(text, nullptr, false);
    const json failures = kept.is_discarded() ? json::object() : kept.value("failures", json::object());
    for (const auto& [key, failure] : failures.items()) {
      const std::string reason = failure.value("reason", "");
      CALOTYPE_RETURN_IF_ERROR(Expect(reason.find(kFaultWords) != std::string::npos,
                                      fmt::format("the stored reason for {} is '{}'", key, reason)));
    }
    return Expect(!failures.empty(), "no reason is stored for leaving the device");
  }

  fs::path home() const { return folder_ / "home"; }

  StatusOr<ChildProcess::Result> Run(const std::vector<std::string>& arguments, bool quiet = false) const {
    CALOTYPE_ASSIGN_OR_RETURN(ChildProcess process, ChildProcess::Start(Command(arguments), quiet));
    return process.Wait();
  }

  // What the command printed, one JSON value per line.
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
          Expect(done == kTestPhotos, fmt::format("{}: {} of {} photos are done", analysis, done, kTestPhotos)));
    }
    return Expect(analyses.contains("objects"), "nothing was analysed");
  }

  // Waits until the scan in the background has stored a photo; returns how many it has stored.
  StatusOr<int64_t> WaitUntilSomethingIsDone() const {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes(1);
    while (std::chrono::steady_clock::now() < deadline) {
      // It may fail, since the catalogue may not exist yet.
      const StatusOr<std::vector<json>> lines = Json({"status", "--json"}, true);
      if (lines.ok() && lines->size() == 1) {
        const json analyses = lines->front().value("analyses", json::object());
        if (const int64_t done = analyses.value("objects", json::object()).value("done", 0); done > 0) {
          return done;
        }
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    return absl::UnavailableError("no photo was analysed within a minute");
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
  CALOTYPE_RETURN_IF_ERROR(MakeTestLibrary(app, test.photos()));
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
  CommandLine command = parser.AddCommand("workflow-test", "Run an end-to-end test on a temporary library");
  command.SetAction([&app] { return RunWorkflowTest(app); });
}

}  // namespace calotype
