// calotype status
#include <fmt/format.h>

#include <cmath>
#include <memory>

#include "cli/command.h"
#include "cli/findings_json.h"
#include "cli/terminal.h"

namespace calotype {
namespace {

using Json = nlohmann::ordered_json;

// "onnxruntime 1.31.1 cpu f32" ends with it; what runs without a model ("cpu") has none.
Json Precision(const std::string& device) {
  const std::size_t space = device.rfind(' ');
  return space == std::string::npos ? Json(nullptr) : Json(device.substr(space + 1));
}

Json ToJson(const CatalogStatus& status) {
  Json json = {{"photos", {{"total", status.photos}, {"missing", status.missing}}}};
  json["analyses"] = Json::object();
  for (const auto& [name, counts] : status.analyses) {
    json["analyses"][name] = {{"done", counts.done},
                              {"pending", counts.pending},
                              {"running", counts.running},
                              {"failed", counts.failed},
                              {"skipped", counts.skipped}};
  }
  json["devices"] = Json::object();
  for (const auto& [name, use] : status.devices) {
    json["devices"][name] = {
        {"device", use.device}, {"precision", Precision(use.device)}, {"ms", std::round(use.milliseconds * 10) / 10}};
  }
  json["failures"] = Json::array();
  for (const FailureGroup& group : status.failures) {
    json["failures"].push_back(
        {{"analysis", group.analysis}, {"reason", group.reason}, {"count", group.count}, {"examples", group.examples}});
  }
  return json;
}

std::string ToText(const CatalogStatus& status) {
  std::string text = fmt::format("{} photos", status.photos);
  text += status.missing > 0 ? fmt::format(", {} more no longer there\n\n", status.missing) : "\n\n";
  text += Bold(fmt::format("{:<18}{:>10}{:>10}{:>10}{:>10}{:>10}{:>8}  device\n", "analysis", "done", "pending",
                           "running", "failed", "skipped", "ms"));
  for (const auto& [name, counts] : status.analyses) {
    const auto use = status.devices.find(name);
    text += fmt::format(
        "{:<18}{:>10}{:>10}{:>10}{:>10}{:>10}{}\n", name, counts.done, counts.pending, counts.running, counts.failed,
        counts.skipped,
        use == status.devices.end() ? "" : fmt::format("{:>8.0f}  {}", use->second.milliseconds, use->second.device));
  }
  for (const FailureGroup& group : status.failures) {
    text += fmt::format("\n{} x {}: {}\n", group.count, group.analysis, Printable(group.reason));
    for (const std::string& example : group.examples) {
      text += fmt::format("    {}\n", Printable(example));
    }
  }
  return text;
}

CommandResult ShowStatus(App& app, bool as_json) {
  CALOTYPE_ASSIGN_OR_RETURN(const auto catalog, app.OpenCatalog(false));
  CALOTYPE_ASSIGN_OR_RETURN(const CatalogStatus status, catalog->GetStatus());
  Print(as_json ? JsonLine(ToJson(status)) : ToText(status));
  return 0;
}

}  // namespace

void AddStatusCommand(CLI::App& parser, App& app, CommandAction& action) {
  CLI::App* const command = parser.add_subcommand("status", "How far it got, and what failed for which reason");
  const auto as_json = std::make_shared<bool>(false);
  command->add_flag("--json", *as_json, "As JSON");
  command->callback([=, &app, &action] { action = [=, &app] { return ShowStatus(app, *as_json); }; });
}

}  // namespace calotype
