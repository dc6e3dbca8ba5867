// calotype show
#include <fmt/format.h>

#include <cstddef>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "app/findings_json.h"
#include "app/show.h"
#include "cli/command.h"
#include "cli/terminal.h"

namespace calotype {
namespace {

struct ShowArguments {
  ShowRequest request;
  bool json = false;
};

// The parts that are not empty, with commas between them.
std::string Joined(const std::vector<std::string>& parts) {
  std::string text;
  for (const std::string& part : parts) {
    text += part.empty() ? "" : (text.empty() ? "" : ", ") + part;
  }
  return text;
}

std::string DescribeProperties(const PhotoRecord& photo) {
  if (!photo.properties.has_value()) {
    return "";
  }
  const PhotoProperties& properties = *photo.properties;
  const std::string size =
      properties.width > 0 ? fmt::format(" {}x{}", properties.width, properties.height) : std::string();
  const std::string pages = properties.pages > 1 ? fmt::format(", {} pages", properties.pages) : std::string();
  std::string text = fmt::format("{}{}{}, {} bytes\n", FormatName(properties.format), size, pages, photo.bytes);
  const PhotoFacts& facts = properties.facts;
  const auto add = [&text](std::string_view what, const std::string& value) {
    text += value.empty() ? "" : fmt::format("{:<10}{}\n", what, Printable(value));
  };
  add("taken", facts.time_zone.empty() || facts.taken_at.empty()
                   ? facts.taken_at
                   : fmt::format("{} ({})", facts.taken_at, facts.time_zone));
  add("camera", Joined({facts.camera, facts.lens}));
  add("place", Joined({facts.city, facts.region, facts.country,
                       facts.gps.has_value() ? fmt::format("{:.5f} {:.5f}", facts.gps->latitude, facts.gps->longitude)
                                             : std::string()}));
  add("title", facts.title);
  add("about", facts.description);
  add("rating", facts.rating.has_value() ? std::to_string(*facts.rating) : std::string());
  add("keywords", Joined(facts.keywords));
  for (const NamedRegion& region : facts.regions) {
    add("region", region.name);
  }
  for (const Companion& companion : photo.companions) {
    add("with", CompanionPath(photo, companion));
  }
  return text;
}

// The name of the person, or its number if it has no name.
std::string NameOf(const PhotoRecord& photo, std::size_t face) {
  const std::string& name = photo.face_names[face];
  return name.empty() ? fmt::format("person {}", *photo.face_people[face]) : Printable(name);
}

std::string DescribeFindings(const PhotoRecord& photo) {
  std::string text;
  const Findings& findings = photo.findings;
  for (const ObjectFinding& object : findings.objects.value_or(std::vector<ObjectFinding>())) {
    text += fmt::format("object    {:<20} {:.2f}  at {:.0f},{:.0f} size {:.0f}x{:.0f}\n", object.label, object.score,
                        object.box.x, object.box.y, object.box.width, object.box.height);
  }
  const auto faces = findings.faces.value_or(std::vector<FaceFinding>());
  for (std::size_t i = 0; i < faces.size(); ++i) {
    const auto person = i < photo.face_people.size() ? photo.face_people[i] : std::nullopt;
    text += fmt::format("face      {:<20} {:.2f}  at {:.0f},{:.0f} size {:.0f}x{:.0f}\n",
                        person.has_value() ? NameOf(photo, i) : "unknown", faces[i].score, faces[i].box.x,
                        faces[i].box.y, faces[i].box.width, faces[i].box.height);
  }
  const bool is_document = photo.properties.has_value() && photo.properties->pages > 1;
  for (const TextFinding& line : findings.text.value_or(std::vector<TextFinding>())) {
    const std::string page = is_document ? fmt::format(", page {}", line.page) : std::string();
    text += fmt::format("text      {} {}\n", Printable(line.text), Dim(fmt::format("({:.2f}{})", line.score, page)));
  }
  if (findings.embedding.has_value()) {
    for (const Tag& tag : findings.embedding->tags) {
      text += fmt::format("tag       {:<20} {:.2f}\n", tag.label, tag.score);
    }
  }
  return text;
}

std::string DescribeOutcomes(const PhotoRecord& photo) {
  std::string text;
  for (const AnalysisOutcome& outcome : photo.outcomes) {
    const bool done = outcome.state == AnalysisState::kDone;
    text += Dim(fmt::format(
        "{:<18}{:<8}{}\n", outcome.analysis, AnalysisStateName(outcome.state),
        done ? fmt::format("{:.0f} ms, {}", outcome.milliseconds, outcome.device) : Printable(outcome.reason)));
    if (done && !outcome.reason.empty()) {
      text += fmt::format("warning   {}\n", Printable(outcome.reason));
    }
  }
  return text;
}

CommandResult Show(const App& app, const ShowArguments& arguments) {
  if (arguments.request.page > 1 && arguments.request.render.empty()) {
    return UsageError("--page needs --render: without it, show names the page of each line of text");
  }
  CALOTYPE_ASSIGN_OR_RETURN(const PhotoRecord photo, ShowPhoto(app, arguments.request));
  if (arguments.json) {
    nlohmann::ordered_json json = PhotoToJson(photo);
    if (photo.present_paths < photo.paths.size()) {
      json["gone"] =
          std::vector(photo.paths.begin() + static_cast<std::ptrdiff_t>(photo.present_paths), photo.paths.end());
    }
    Print(JsonLine(json));
    return 0;
  }
  std::string text;
  for (std::size_t i = 0; i < photo.paths.size(); ++i) {
    text += Bold(Printable(photo.paths[i])) + (i < photo.present_paths ? "\n" : "  (gone)\n");
  }
  Print(text + DescribeProperties(photo) + "\n" + DescribeFindings(photo) + "\n" + DescribeOutcomes(photo));
  if (!arguments.request.render.empty()) {
    Print(fmt::format("wrote {}\n", arguments.request.render));
  }
  return 0;
}

}  // namespace

void AddShowCommand(CommandLine& parser, App& app) {
  CommandLine command = parser.AddCommand("show", "Show everything known about a photo");
  const auto arguments = std::make_shared<ShowArguments>();
  command.AddArgument("PHOTO", arguments->request.photo, "A scanned photo");
  command.AddFlag("--json", arguments->json, "Print JSON");
  command.AddOption("--render JPEG", arguments->request.render,
                    "Write the photo, with the findings drawn on it, to this JPEG file");
  command.AddCount("--page N", arguments->request.page, "With --render: the page of a document to write");
  command.SetAction([=, &app] { return Show(app, *arguments); });
}

}  // namespace calotype
