#include "app/export_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>
#include <utility>
#include <vector>

namespace calotype {
namespace {

using Words = std::vector<std::string>;

void AddOnce(Words& words, const std::string& word) {
  if (!word.empty() && std::ranges::find(words, word) == words.end()) {
    words.push_back(word);
  }
}

Words Objects(const PhotoRecord& photo) {
  Words words;
  for (const ObjectFinding& object : photo.findings.objects.value_or(std::vector<ObjectFinding>())) {
    AddOnce(words, object.label);
  }
  return words;
}

Words Tags(const PhotoRecord& photo) {
  Words words;
  if (photo.findings.embedding.has_value()) {
    for (const Tag& tag : photo.findings.embedding->tags) {
      AddOnce(words, tag.label);
    }
  }
  return words;
}

Words People(const PhotoRecord& photo) {
  Words words;
  for (const std::string& name : photo.face_names) {
    AddOnce(words, name);
  }
  return words;
}

Words Lines(const PhotoRecord& photo) {
  Words words;
  for (const TextFinding& line : photo.findings.text.value_or(std::vector<TextFinding>())) {
    words.push_back(line.text);
  }
  return words;
}

std::string Join(const Words& words, std::string_view between) {
  std::string text;
  for (const std::string& word : words) {
    text += fmt::format("{}{}", text.empty() ? "" : between, word);
  }
  return text;
}

template <typename Number>
std::string NumberText(const std::optional<Number>& number) {
  return number.has_value() ? fmt::format("{}", *number) : std::string();
}

// As levels below `kind`. The separators of levels cannot be part of one.
void AddLabels(std::string_view kind, const Words& words, Words& labels) {
  for (std::string word : words) {
    std::ranges::replace_if(word, [](char c) { return c == '|' || c == '/'; }, '-');
    AddOnce(labels, fmt::format("{}|{}", kind, word));
  }
}

struct Column {
  std::string_view name;
  std::string (*value)(const PhotoRecord& photo, const PhotoProperties& properties);
};
using Photo = const PhotoRecord&;
using Properties = const PhotoProperties&;

constexpr std::array kColumns = {
    Column{"path", [](Photo photo, Properties) { return photo.paths.front(); }},
    Column{"sha256", [](Photo photo, Properties) { return photo.sha256.Hex(); }},
    Column{"bytes", [](Photo photo, Properties) { return std::to_string(photo.bytes); }},
    Column{"format", [](Photo, Properties properties) { return std::string(FormatName(properties.format)); }},
    Column{"width", [](Photo, Properties properties) { return std::to_string(properties.width); }},
    Column{"height", [](Photo, Properties properties) { return std::to_string(properties.height); }},
    Column{"taken_at", [](Photo, Properties properties) { return properties.facts.taken_at; }},
    Column{"taken_utc", [](Photo, Properties properties) { return NumberText(properties.facts.taken_utc); }},
    Column{"time_zone", [](Photo, Properties properties) { return properties.facts.time_zone; }},
    Column{"camera", [](Photo, Properties properties) { return properties.facts.camera; }},
    Column{"lens", [](Photo, Properties properties) { return properties.facts.lens; }},
    Column{"latitude",
           [](Photo, Properties properties) {
             const auto& gps = properties.facts.gps;
             return gps.has_value() ? fmt::format("{}", gps->latitude) : std::string();
           }},
    Column{"longitude",
           [](Photo, Properties properties) {
             const auto& gps = properties.facts.gps;
             return gps.has_value() ? fmt::format("{}", gps->longitude) : std::string();
           }},
    Column{"city", [](Photo, Properties properties) { return properties.facts.city; }},
    Column{"region", [](Photo, Properties properties) { return properties.facts.region; }},
    Column{"country", [](Photo, Properties properties) { return properties.facts.country; }},
    Column{"rating", [](Photo, Properties properties) { return NumberText(properties.facts.rating); }},
    Column{"title", [](Photo, Properties properties) { return properties.facts.title; }},
    Column{"description", [](Photo, Properties properties) { return properties.facts.description; }},
    Column{"keywords", [](Photo, Properties properties) { return Join(properties.facts.keywords, ";"); }},
    Column{"people", [](Photo photo, Properties) { return Join(People(photo), ";"); }},
    Column{"objects", [](Photo photo, Properties) { return Join(Objects(photo), ";"); }},
    Column{"tags", [](Photo photo, Properties) { return Join(Tags(photo), ";"); }},
    Column{"text", [](Photo photo, Properties) { return Join(Lines(photo), "\n"); }},
};

// A spreadsheet takes a text that begins with one of these as a formula, which can send data away or start programs.
// An apostrophe makes it a text again. Numbers stay numbers.
std::string WithoutFormula(std::string value) {
  const bool may_be_formula =
      !value.empty() && std::string_view("=+-@\t\r").find(value.front()) != std::string_view::npos;
  double number = 0;
  const char* const end = value.data() + value.size();
  const bool is_number = may_be_formula && std::from_chars(value.data(), end, number).ptr == end;
  return may_be_formula && !is_number ? "'" + value : value;
}

std::string Quoted(const std::string& value) {
  if (value.find_first_of(",\"\r\n") == std::string::npos) {
    return value;
  }
  std::string quoted = "\"";
  for (const char c : value) {
    quoted += c;
    quoted += c == '"' ? "\"" : "";
  }
  return quoted + '"';
}

}  // namespace

std::string CsvHead() {
  std::string line;
  for (const Column& column : kColumns) {
    line += fmt::format("{}{}", line.empty() ? "" : ",", column.name);
  }
  return line + "\r\n";
}

std::string CsvRow(const PhotoRecord& photo) {
  const PhotoProperties properties = photo.properties.value_or(PhotoProperties{});
  std::string line;
  for (const Column& column : kColumns) {
    line += (&column == kColumns.data() ? "" : ",") + Quoted(WithoutFormula(column.value(photo, properties)));
  }
  return line + "\r\n";
}

XmpAdditions XmpOf(const PhotoRecord& photo, bool labels, bool remove_old_labels) {
  const PhotoProperties properties = photo.properties.value_or(PhotoProperties{});
  XmpAdditions additions{.keywords = properties.facts.keywords,
                         .faces = {},
                         .known_regions = properties.facts.regions,
                         .labels = {},
                         .unwanted = {},
                         .orientation = properties.facts.orientation,
                         .width = properties.width,
                         .height = properties.height};
  if (labels) {
    additions.labels.emplace();
    AddLabels("object", Objects(photo), *additions.labels);
    AddLabels("tag", Tags(photo), *additions.labels);
  }
  if (remove_old_labels) {
    for (const Words& words : {Objects(photo), Tags(photo)}) {
      additions.unwanted.insert(additions.unwanted.end(), words.begin(), words.end());
    }
  }
  const auto faces = photo.findings.faces.value_or(std::vector<FaceFinding>());
  for (std::size_t i = 0; i < std::min(faces.size(), photo.face_names.size()); ++i) {
    const Box& box = faces[i].box;
    if (!photo.face_names[i].empty() && properties.width > 0 && properties.height > 0) {
      const auto width = static_cast<float>(properties.width);
      const auto height = static_cast<float>(properties.height);
      additions.faces.push_back({.name = photo.face_names[i],
                                 .box = {box.x / width, box.y / height, box.width / width, box.height / height}});
    }
  }
  return additions;
}

}  // namespace calotype
