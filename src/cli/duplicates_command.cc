// calotype duplicates
#include <fmt/format.h>

#include <memory>

#include "cli/command.h"
#include "cli/findings_json.h"
#include "cli/terminal.h"
#include "search/duplicates.h"

namespace calotype {
namespace {

using Json = nlohmann::ordered_json;

Json ToJson(const DuplicateGroup& group) {
  Json photos = Json::array();
  for (const DuplicatePhoto& photo : group) {
    photos.push_back({{"path", photo.paths.front()},
                      {"paths", photo.paths},
                      {"bytes", photo.bytes},
                      {"width", photo.width},
                      {"height", photo.height},
                      {"format", FormatName(photo.format)},
                      {"distance", photo.distance}});
    if (!photo.with.empty()) {
      photos.back()["with"] = photo.with;
    }
  }
  return {{"keep", group.front().paths.front()}, {"reason", group.front().reason}, {"photos", std::move(photos)}};
}

std::string ToText(const DuplicateGroup& group) {
  std::string text;
  bool first = true;
  for (const DuplicatePhoto& photo : group) {
    for (const std::string& path : photo.paths) {
      text += fmt::format(
          "{}  {}  {}\n", first ? "keep" : "copy", first ? Bold(Printable(path)) : Printable(path),
          Dim(fmt::format(
              "{} {}x{}, {} bytes, {}", FormatName(photo.format), photo.width, photo.height, photo.bytes,
              first && !photo.reason.empty() ? photo.reason : fmt::format("{} of 256 bits differ", photo.distance))));
      first = false;
    }
    for (const std::string& path : photo.with) {
      text += fmt::format("with  {}\n", Printable(path));
    }
  }
  return text + "\n";
}

CommandResult ShowDuplicates(App& app, bool as_json) {
  CALOTYPE_ASSIGN_OR_RETURN(const auto catalog, app.OpenCatalog(false));
  CALOTYPE_ASSIGN_OR_RETURN(const std::vector<DuplicateGroup> groups, FindDuplicates(*catalog, {}));
  std::string text;
  for (const DuplicateGroup& group : groups) {
    text += as_json ? JsonLine(ToJson(group)) : ToText(group);
  }
  Print(groups.empty() && !as_json ? "no photo has a copy\n" : text);
  return 0;
}

}  // namespace

void AddDuplicatesCommand(CommandLine& parser, App& app) {
  CommandLine command =
      parser.AddCommand("duplicates", "Copies of one photo, the one to keep first (look-alikes: similar)");
  const auto as_json = std::make_shared<bool>(false);
  command.AddFlag("--json", *as_json, "One JSON line a group");
  command.SetAction([=, &app] { return ShowDuplicates(app, *as_json); });
}

}  // namespace calotype
