#include <array>
#include <map>
#include <nlohmann/json.hpp>
#include <string_view>

#include "app/api_json.h"
#include "app/browse.h"
#include "app/findings_json.h"
#include "app/people.h"
#include "server/mcp/tool.h"
#include "server/routes/search_request.h"

namespace calotype {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kMaxToolHits = 100;
constexpr int kMaxToolPeople = 1000;
constexpr std::size_t kMaxThumbnailBytes = 8U << 20U;

// An assistant reads every word, so it gets no boxes, vectors, devices and times.
constexpr std::array kPlainKeys = {"photo",   "path", "gone",  "taken_at", "city",        "region",
                                   "country", "gps",  "title", "rating",   "description", "keywords",
                                   "camera",  "lens", "width", "height",   "pages",       "errors"};

Field PhotoNumber() { return IdField("photo", "the number of a photo, from search_photos"); }

// "people" by number, and how many faces there are in all.
void AddPeople(const PhotoRecord& photo, Json& json) {
  std::map<PersonId, std::string> people;
  for (std::size_t i = 0; i < photo.face_people.size(); ++i) {
    if (photo.face_people[i].has_value()) {
      people[*photo.face_people[i]] = photo.face_names[i];
    }
  }
  json["faces"] = photo.findings.faces->size();
  json["people"] = Json::array();
  for (const auto& [person, name] : people) {
    json["people"].push_back({{"person", person}, {"name", name.empty() ? Json(nullptr) : Json(name)}});
  }
}

Json Described(const PhotoRecord& photo) {
  const Json all = ToApiJson(photo);
  Json json;
  for (const std::string_view key : kPlainKeys) {
    if (const auto found = all.find(key); found != all.end()) {
      json[std::string(key)] = *found;
    }
  }
  const Findings& findings = photo.findings;
  if (findings.objects.has_value()) {
    std::map<std::string, int> counts;
    for (const ObjectFinding& object : *findings.objects) {
      ++counts[object.label];
    }
    json["objects"] = counts.empty() ? Json::object() : Json(counts);
  }
  if (findings.embedding.has_value()) {
    json["tags"] = Json::array();
    for (const Tag& tag : findings.embedding->tags) {
      json["tags"].push_back(tag.label);
    }
  }
  if (findings.faces.has_value()) {
    AddPeople(photo, json);
  }
  if (findings.text.has_value()) {
    std::string text;
    for (const TextFinding& line : *findings.text) {
      text += (text.empty() ? "" : "\n") + line.text;
    }
    json["text"] = text;
  }
  return json;
}

Tool SearchTool(Library& library) {
  return {.name = "search_photos",
          .title = "Search photos",
          .help =
              "Finds photos of the user's library by what they show and by filters, which can be combined and negated "
              "with '-'. Words describe the picture: 'a dog on a beach'. Filters: person:\"Ada Lovelace\" place:Vienna "
              "near:48.2,16.4,5 after:2024 before:2024-05-17 on:2024-05 object:dog>1 text:parking camera:canon "
              "keyword:holiday rating:>=4 in:folder name:DSC08 type:heic. Hits with confident=false are guesses. "
              "`why` gives the reasons. Use the number `photo` with the other tools, `next` as the cursor of the "
              "next page.",
          .fields = SearchFields(kMaxToolHits),
          .run = [&library](const Arguments& arguments) -> StatusOr<ToolAnswer> {
            CALOTYPE_ASSIGN_OR_RETURN(const SearchAnswer answer, SearchAsAsked(library, arguments));
            return ToolAnswer{.text = JsonLine(ToApiJson(answer)), .jpeg = {}};
          }};
}

Tool DescribeTool(Library& library) {
  return {.name = "describe_photo",
          .title = "Describe a photo",
          .help =
              "Says what is known about one photo: when and where it was taken, objects with their numbers, recognised "
              "text, people, keywords, camera and file. A key that is missing is not known.",
          .fields = {PhotoNumber()},
          .run = [&library](const Arguments& arguments) -> StatusOr<ToolAnswer> {
            CALOTYPE_ASSIGN_OR_RETURN(const PhotoRecord photo, FindPhoto(library, arguments.Integer("photo")));
            return ToolAnswer{.text = JsonLine(Described(photo)), .jpeg = {}};
          }};
}

Tool PeopleTool(Library& library) {
  return {.name = "list_people",
          .title = "List people",
          .help =
              "Lists the people in the photos, those with most photos first, without hidden ones. name is null for "
              "somebody whom the user has not named. search_photos finds their photos with person:NAME.",
          .fields = {IntegerField("limit", 1, kMaxToolPeople, "people at most (100)")},
          .run = [&library](const Arguments& arguments) -> StatusOr<ToolAnswer> {
            CALOTYPE_ASSIGN_OR_RETURN(const PeopleAnswer answer, ListPeople(library, {}));
            Json json = {{"total", answer.people.size()}, {"people", Json::array()}};
            for (const PersonRecord& person : answer.people) {
              if (json["people"].size() == static_cast<std::size_t>(arguments.Integer("limit", 100))) {
                break;
              }
              json["people"].push_back(ToApiJson(person));
            }
            return ToolAnswer{.text = JsonLine(json), .jpeg = {}};
          }};
}

Tool ThumbnailTool(Library& library, Thumbnails& thumbnails) {
  return {.name = "get_thumbnail",
          .title = "Look at a photo",
          .help = "Returns a small copy of one photo as JPEG.",
          .fields = {PhotoNumber(), ChoiceField("size", {kThumbnailSizeNames.begin(), kThumbnailSizeNames.end()},
                                                "a long side of 256, 720 or 1600 pixels (medium)")},
          .run = [&library, &thumbnails](const Arguments& arguments) -> StatusOr<ToolAnswer> {
            CALOTYPE_ASSIGN_OR_RETURN(const PhotoRecord photo, FindPhoto(library, arguments.Integer("photo")));
            CALOTYPE_ASSIGN_OR_RETURN(
                const ThumbnailFile thumbnail,
                thumbnails.Get(photo, ThumbnailSizeOf(arguments.Text("size", "medium")), PhotoFormat::kJpeg));
            CALOTYPE_ASSIGN_OR_RETURN(std::vector<uint8_t> jpeg,
                                      ReadAll(thumbnail.file.get(), kMaxThumbnailBytes, "a thumbnail's limit"));
            return ToolAnswer{.text = "", .jpeg = std::move(jpeg)};
          }};
}

}  // namespace

std::vector<Tool> LibraryTools(Library& library, Thumbnails& thumbnails) {
  return {SearchTool(library), DescribeTool(library), PeopleTool(library), ThumbnailTool(library, thumbnails)};
}

}  // namespace calotype
