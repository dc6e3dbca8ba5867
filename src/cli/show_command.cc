// calotype show
#include <fmt/format.h>

#include <memory>

#include "base/file.h"
#include "cli/command.h"
#include "cli/findings_json.h"
#include "cli/render.h"
#include "cli/terminal.h"
#include "photo/encode.h"

namespace calotype {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kRenderQuality = 90;

struct ShowArguments {
  std::string photo;
  std::string render;
  bool json = false;
};

Json ToJson(const PhotoRecord& photo) {
  Json json = {
      {"path", photo.paths.front()}, {"paths", photo.paths}, {"sha256", photo.sha256.Hex()}, {"bytes", photo.bytes}};
  if (photo.properties.has_value()) {
    AddProperties(*photo.properties, json);
  }
  json.update(FindingsToJson(photo.findings, {}));
  for (std::size_t i = 0; i < photo.face_people.size(); ++i) {
    json["faces"][i]["person"] = photo.face_people[i].has_value() ? Json(*photo.face_people[i]) : Json(nullptr);
  }
  AddOutcomes(photo.outcomes, json);
  return json;
}

std::string DescribeProperties(const PhotoRecord& photo) {
  if (!photo.properties.has_value()) {
    return "";
  }
  const PhotoProperties& properties = *photo.properties;
  std::string text = fmt::format("{} {}x{}, {} bytes\n", FormatName(properties.format), properties.width,
                                 properties.height, photo.bytes);
  const PhotoFacts& facts = properties.facts;
  if (!facts.taken_at.empty()) {
    text += fmt::format("taken     {}\n", facts.taken_at);
  }
  if (!facts.camera.empty()) {
    text += fmt::format("camera    {}{}{}\n", Printable(facts.camera), facts.lens.empty() ? "" : ", ",
                        Printable(facts.lens));
  }
  if (facts.gps.has_value()) {
    text += fmt::format("place     {:.5f}, {:.5f}\n", facts.gps->latitude, facts.gps->longitude);
  }
  return text;
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
                        person.has_value() ? fmt::format("person {}", *person) : "nobody known", faces[i].score,
                        faces[i].box.x, faces[i].box.y, faces[i].box.width, faces[i].box.height);
  }
  for (const TextFinding& line : findings.text.value_or(std::vector<TextFinding>())) {
    text += fmt::format("text      {} {}\n", Printable(line.text), Dim(fmt::format("({:.2f})", line.score)));
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
  }
  return text;
}

Status Render(const App& app, const PhotoRecord& photo, const std::string& output) {
  CALOTYPE_ASSIGN_OR_RETURN(const UniqueFd file, OpenForReading(photo.paths.front()));
  CALOTYPE_ASSIGN_OR_RETURN(DecodedPhoto decoded, DecodePhoto(file.get(), app.config().Limits()));
  RenderFindings(decoded, photo.findings);
  CALOTYPE_ASSIGN_OR_RETURN(const std::vector<uint8_t> jpeg, EncodeJpeg(decoded.image, kRenderQuality));
  return WriteFileAtomically(output, jpeg);
}

CommandResult Show(App& app, const ShowArguments& arguments) {
  CALOTYPE_ASSIGN_OR_RETURN(const auto catalog, app.OpenCatalog(false));
  CALOTYPE_ASSIGN_OR_RETURN(const PhotoId id, catalog->FindByPath(CatalogPath(arguments.photo).string()));
  CALOTYPE_ASSIGN_OR_RETURN(const PhotoRecord photo, catalog->GetPhoto(id));
  // Somebody waits for it. A scan that writes at this instant, or a catalogue that cannot be written: no harm done.
  catalog->Prioritise(id).IgnoreError();
  if (!arguments.render.empty()) {
    CALOTYPE_RETURN_IF_ERROR(Render(app, photo, arguments.render));
  }
  if (arguments.json) {
    Print(JsonLine(ToJson(photo)));
    return 0;
  }
  std::string text;
  for (const std::string& path : photo.paths) {
    text += Bold(Printable(path)) + "\n";
  }
  Print(text + DescribeProperties(photo) + "\n" + DescribeFindings(photo) + "\n" + DescribeOutcomes(photo));
  if (!arguments.render.empty()) {
    Print(fmt::format("drawn to {}\n", arguments.render));
  }
  return 0;
}

}  // namespace

void AddShowCommand(CommandLine& parser, App& app) {
  CommandLine command = parser.AddCommand("show", "All that is known of a photo");
  const auto arguments = std::make_shared<ShowArguments>();
  command.AddArgument("PHOTO", arguments->photo, "A scanned photo");
  command.AddFlag("--json", arguments->json, "As JSON");
  command.AddOption("--render", arguments->render, "Write the photo with what was found drawn on it to this JPEG");
  command.SetAction([=, &app] { return Show(app, *arguments); });
}

}  // namespace calotype
