// calotype duplicates
#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "app/duplicates.h"
#include "app/duplicates_json.h"
#include "app/findings_json.h"
#include "cli/command.h"
#include "cli/terminal.h"

namespace calotype {
namespace {

using Json = nlohmann::ordered_json;

struct DuplicatesArguments {
  std::vector<std::string> query;
  bool json = false;
  bool paths = false;
  bool zero = false;
  bool crops = false;
  bool no_crops = false;
  bool turned = false;
  bool alike = false;
  bool bursts = false;
  std::string cosine = "0.95";
  BurstOptions burst;
};

bool IsCrop(const DuplicatePhoto& photo) { return photo.kind == CopyKind::kCrop; }

// Why the file at `path` is listed.
std::string WhyListed(const DuplicatePhoto& photo, const DuplicatePhoto& keeper, const std::string& path) {
  if (photo.kind == CopyKind::kKeeper) {
    return path == photo.paths.front() ? photo.reason : std::string(kSameBytes);
  }
  if (IsCrop(photo)) {
    return fmt::format("crop of {}, {:.0f} % of it", keeper.paths.front(), 100 * photo.part.Area());
  }
  return fmt::format("{}, {} of 256 bits differ", CopyKindName(photo), photo.distance);
}

std::string ToText(const DuplicateGroup& group) {
  std::string text;
  bool first = true;
  for (const DuplicatePhoto& photo : group) {
    for (const std::string& path : photo.paths) {
      const std::string why = WhyListed(photo, group.front(), path);
      text += fmt::format("{}  {}  {}\n",
                          first           ? "keep"
                          : IsCrop(photo) ? "crop"
                                          : "copy",
                          first ? Bold(Printable(path)) : Printable(path),
                          Dim(Printable(fmt::format("{} {}x{}, {} bytes{}{}", FormatName(photo.format), photo.width,
                                                    photo.height, photo.bytes, why.empty() ? "" : ", ", why))));
      first = false;
    }
    for (const std::string& path : photo.with) {
      text += fmt::format("with  {}\n", Printable(path));
    }
  }
  return text + "\n";
}

// The paths of all copies, and of crops if they were looked for; keepers are left out.
std::string PathsOfCopies(const std::vector<DuplicateGroup>& groups, bool zero) {
  std::string text;
  std::set<std::string_view> listed;  // the copies of a crop with the same bytes are in two groups
  int64_t broken = 0;
  for (const DuplicateGroup& group : groups) {
    for (const DuplicatePhoto& photo : group) {
      for (const std::string& path : photo.paths) {
        if ((photo.kind == CopyKind::kKeeper && path == photo.paths.front()) || !listed.insert(path).second) {
          continue;
        }
        // On lines of its own, the rest of such a path could be the path of another photo.
        if (!zero && path.find('\n') != std::string::npos) {
          ++broken;
          continue;
        }
        text += path + (zero ? '\0' : '\n');
      }
    }
  }
  if (broken > 0) {
    PrintError(fmt::format("left out because of a line break in the path: {} (--null prints them)", broken));
  }
  return text;
}

void PrintNotes(const Duplicates& found) {
  if (found.changed > 0) {
    PrintError(fmt::format("left out because {} gone, {}, or changed since the last scan: {} {}",
                           found.changed == 1 ? "it is" : "they are", found.changed == 1 ? "a link" : "links",
                           found.changed, found.changed == 1 ? "file" : "files"));
  }
}

CommandResult ShowCopies(App& app, const DuplicatesArguments& arguments) {
  Library library(app);
  const bool paths_only = arguments.paths || arguments.zero;
  CALOTYPE_ASSIGN_OR_RETURN(const Duplicates found,
                            FindDuplicates(library, {.turned = arguments.turned,
                                                     .crops = !arguments.no_crops && (!paths_only || arguments.crops),
                                                     .query = fmt::format("{}", fmt::join(arguments.query, " "))}));
  PrintNotes(found);
  if (paths_only) {
    Print(PathsOfCopies(found.groups, arguments.zero));
    return 0;
  }
  std::string text;
  for (const DuplicateGroup& group : found.groups) {
    text += arguments.json ? JsonLine(DuplicateGroupToJson(group)) : ToText(group);
  }
  if (!arguments.json) {
    text += found.groups.empty() ? "no photo has a copy\n" : "";
    text += found.plain == 0 ? ""
                             : fmt::format(
                                   "{} too plain to be compared (PDQ quality below {}): only files with the same bytes "
                                   "count as {} copies\n",
                                   found.plain == 1 ? "1 photo is" : fmt::format("{} photos are", found.plain),
                                   DuplicateOptions().min_quality, found.plain == 1 ? "its" : "their");
  }
  Print(text);
  return 0;
}

CommandResult ShowBursts(App& app, const DuplicatesArguments& arguments) {
  Library library(app);
  CALOTYPE_ASSIGN_OR_RETURN(const std::vector<Burst> bursts, FindBursts(library, arguments.burst));
  std::string text;
  for (const Burst& burst : bursts) {
    Json json = {{"camera", burst.camera}, {"photos", Json::array()}};
    for (const BurstPhoto& photo : burst.photos) {
      json["photos"].push_back({{"path", photo.path}, {"taken_at", photo.taken_at}});
      text += arguments.json ? "" : fmt::format("{}  {}\n", photo.taken_at, Printable(photo.path));
    }
    text += arguments.json ? JsonLine(json)
                           : Dim(fmt::format("{} photos, {}\n\n", burst.photos.size(), Printable(burst.camera)));
  }
  Print(bursts.empty() && !arguments.json
            ? fmt::format("no {} photos or more of one camera were taken within {} s of each other\n",
                          arguments.burst.at_least, arguments.burst.within_s)
            : text);
  return 0;
}

StatusOr<float> CosineOf(const std::string& text) {
  float cosine = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), cosine);
  if (error != std::errc() || end != text.data() + text.size() || cosine <= 0 || cosine > 1) {
    return absl::InvalidArgumentError(fmt::format("--cosine is '{}'; it must be above 0 and at most 1", text));
  }
  return cosine;
}

CommandResult ShowLookAlikes(App& app, const DuplicatesArguments& arguments) {
  CALOTYPE_ASSIGN_OR_RETURN(const float cosine, CosineOf(arguments.cosine));
  Library library(app);
  CALOTYPE_ASSIGN_OR_RETURN(const auto groups, FindLookAlikes(library, cosine));
  std::string text;
  for (const std::vector<SimilarPhoto>& group : groups) {
    Json json = {{"photos", Json::array()}};
    for (const SimilarPhoto& photo : group) {
      json["photos"].push_back({{"path", photo.path}, {"cosine", photo.cosine}});
      text += arguments.json ? "" : fmt::format("{:.3f}  {}\n", photo.cosine, Printable(photo.path));
    }
    text += arguments.json ? JsonLine(json) : "\n";
  }
  Print(groups.empty() && !arguments.json
            ? fmt::format("no two photos look alike with a cosine of {} or more\n", arguments.cosine)
            : text);
  return 0;
}

CommandResult ShowDuplicates(App& app, const DuplicatesArguments& arguments) {
  if (int{arguments.turned} + int{arguments.alike} + int{arguments.bursts} > 1) {
    return absl::InvalidArgumentError("--turned, --alike and --bursts exclude each other; give one of them");
  }
  if ((arguments.alike || arguments.bursts) && (arguments.paths || arguments.zero || !arguments.query.empty())) {
    return absl::InvalidArgumentError("--paths, --null and a query are for copies, not for --alike or --bursts");
  }
  if (arguments.json && (arguments.paths || arguments.zero)) {
    return absl::InvalidArgumentError("--json and --paths exclude each other; give one of them");
  }
  if (arguments.crops && (arguments.no_crops || !(arguments.paths || arguments.zero))) {
    return absl::InvalidArgumentError("--crops is for --paths or --null; without them, crops are listed anyway");
  }
  return arguments.alike    ? ShowLookAlikes(app, arguments)
         : arguments.bursts ? ShowBursts(app, arguments)
                            : ShowCopies(app, arguments);
}

}  // namespace

void AddDuplicatesCommand(CommandLine& parser, App& app) {
  CommandLine command = parser.AddCommand(
      "duplicates", "Find copies of photos, the best one first; or photos that look alike; or bursts");
  const auto arguments = std::make_shared<DuplicatesArguments>();
  command.AddOptionalWords("QUERY", arguments->query, "Filters: only photos that pass them (docs/query.md)");
  command.AddFlag("--turned", arguments->turned, "Also find rotated and mirrored copies");
  command.AddFlag("--no-crops", arguments->no_crops, "Do not look for crops (faster)");
  command.AddFlag("--alike", arguments->alike, "Find photos that look alike instead (for one photo: similar)");
  command.AddOption("--cosine", arguments->cosine, "With --alike: the lowest cosine, up to 1 (default 0.95)");
  command.AddFlag("--bursts", arguments->bursts,
                  "Find bursts instead: three photos or more that one camera took in quick succession");
  command.AddCount("--within", arguments->burst.within_s, "With --bursts: seconds from one photo to the next");
  command.AddFlag("--json", arguments->json, "One JSON line for each group");
  command.AddFlag("--paths", arguments->paths, "Only the paths of copies, one on each line: the files to delete");
  command.AddFlag("-0,--null", arguments->zero, "The same, each ended by a zero byte (for xargs -0)");
  command.AddFlag("--crops", arguments->crops, "With --paths or --null: also the paths of crops");
  command.SetAction([=, &app] { return ShowDuplicates(app, *arguments); });
}

}  // namespace calotype
