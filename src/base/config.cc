#include "base/config.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <iterator>
#include <system_error>
#include <utility>

#include "base/file.h"
#include "base/similar_words.h"
#include "base/text.h"
#include "base/toml_error.h"

namespace calotype {
namespace {

constexpr const char* kVariablePrefix = "CALOTYPE_";

Status OutOfRange(const ConfigField& field, int64_t seen) {
  return absl::InvalidArgumentError(
      fmt::format("{} is {}; it must be {} to {}", field.key, seen, field.minimum, field.maximum));
}

Status SetInteger(const ConfigField& field, int64_t value) {
  if (value < field.minimum || value > field.maximum) {
    return OutOfRange(field, value);
  }
  *std::get<int64_t*>(field.target) = value;
  return absl::OkStatus();
}

// Splits "cuda, cpu" into its words and drops the spaces around them.
std::vector<std::string> SplitAtCommas(std::string_view text) {
  std::vector<std::string> words;
  while (!text.empty()) {
    const std::size_t comma = text.find(',');
    const std::string_view word = text.substr(0, comma);
    words.emplace_back(Trim(word));
    text = comma == std::string_view::npos ? std::string_view() : text.substr(comma + 1);
  }
  return words;
}

// Returns false when `node` is neither a string nor an array of strings.
bool ReadList(const toml::node& node, std::vector<std::string>& list) {
  list.clear();
  if (node.is_string()) {
    list.push_back(**node.as_string());
    return true;
  }
  if (!node.is_array()) {
    return false;
  }
  for (const toml::node& item : *node.as_array()) {
    if (!item.is_string()) {
      return false;
    }
    list.push_back(**item.as_string());
  }
  return true;
}

// Returns false when `text` is not a TOML array of strings.
bool ParseArray(std::string_view text, std::vector<std::string>& list) {
  try {
    const toml::table root = toml::parse(fmt::format("list = {}", text));
    return ReadList(*root.get("list"), list);
  } catch (const toml::parse_error&) {
    return false;
  }
}

// Reads "cuda, cpu" or a TOML array, which is how `calotype config` prints a list: ["cuda", "cpu"].
Status SetList(const ConfigField& field, std::string_view text, std::vector<std::string>& list) {
  if (!Trim(text).starts_with('[')) {
    list = SplitAtCommas(text);
    return absl::OkStatus();
  }
  if (!ParseArray(text, list)) {
    return absl::InvalidArgumentError(
        fmt::format("{} is '{}'; it must be a list such as [\"a\", \"b\"], or a,b", field.key, text));
  }
  return absl::OkStatus();
}

Status SetWord(const ConfigField& field, std::string_view text) {
  if (!field.choices.empty() && std::ranges::find(field.choices, text) == field.choices.end()) {
    return absl::InvalidArgumentError(fmt::format("{} is '{}'; it must be {}", field.key, text, field.Allowed()));
  }
  *std::get<std::string*>(field.target) = std::string(text);
  return absl::OkStatus();
}

// Sets a value from the environment or the command line, where every value is text.
Status SetFromText(const ConfigField& field, std::string_view text) {
  if (auto* const* list = std::get_if<std::vector<std::string>*>(&field.target)) {
    return SetList(field, text, **list);
  }
  if (std::holds_alternative<std::string*>(field.target)) {
    return SetWord(field, text);
  }
  if (std::holds_alternative<bool*>(field.target)) {
    if (text != "true" && text != "false") {
      return absl::InvalidArgumentError(fmt::format("{} is '{}'; it must be true or false", field.key, text));
    }
    *std::get<bool*>(field.target) = text == "true";
    return absl::OkStatus();
  }
  int64_t value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || stop != end) {
    return absl::InvalidArgumentError(fmt::format("{} is '{}'; it must be a whole number from {} to {}", field.key,
                                                  text, field.minimum, field.maximum));
  }
  return SetInteger(field, value);
}

Status SetFromToml(const ConfigField& field, const toml::node& node, std::string_view file) {
  const auto wrong_type = [&](std::string_view wanted) {
    return TomlError(file, node.source(),
                     fmt::format("{} is {}; it must be {}", field.key, TomlTypeName(node), wanted));
  };
  if (bool* const* target = std::get_if<bool*>(&field.target)) {
    if (!node.is_boolean()) {
      return wrong_type("true or false");
    }
    **target = **node.as_boolean();
  } else if (std::holds_alternative<std::string*>(field.target)) {
    if (!node.is_string()) {
      return wrong_type("a string");
    }
    if (const Status status = SetWord(field, **node.as_string()); !status.ok()) {
      return TomlError(file, node.source(), Message(status));
    }
  } else if (auto* const* list = std::get_if<std::vector<std::string>*>(&field.target)) {
    if (!ReadList(node, **list)) {
      return wrong_type("a string or an array of strings");
    }
  } else if (!node.is_integer()) {
    return wrong_type("a whole number");
  } else if (const Status status = SetInteger(field, **node.as_integer()); !status.ok()) {
    return TomlError(file, node.source(), Message(status));
  }
  return absl::OkStatus();
}

}  // namespace

std::string ConfigField::EnvironmentName() const {
  std::string name = kVariablePrefix + key;
  std::transform(name.begin(), name.end(), name.begin(), [](char c) {
    return c == '.' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  });
  return name;
}

std::string ConfigField::Value() const {
  if (bool* const* flag = std::get_if<bool*>(&target)) {
    return **flag ? "true" : "false";
  }
  if (int64_t* const* number = std::get_if<int64_t*>(&target)) {
    return fmt::format("{}", **number);
  }
  if (std::string* const* text = std::get_if<std::string*>(&target)) {
    return fmt::format("\"{}\"", **text);
  }
  std::string list;
  for (const std::string& item : *std::get<std::vector<std::string>*>(target)) {
    list += fmt::format("{}\"{}\"", list.empty() ? "" : ", ", item);
  }
  return "[" + list + "]";
}

std::string ConfigField::Allowed() const {
  if (std::holds_alternative<bool*>(target)) {
    return "true or false";
  }
  if (std::holds_alternative<int64_t*>(target)) {
    return fmt::format("a whole number from {} to {}", minimum, maximum);
  }
  if (std::holds_alternative<std::string*>(target)) {
    return choices.empty() ? "a text" : fmt::format("{}", fmt::join(choices, " or "));
  }
  return "a list of texts";
}

std::string ConfigField::Assignment() const {
  if (std::string* const* text = std::get_if<std::string*>(&target)) {
    return fmt::format("{}={}", key, **text);
  }
  if (auto* const* list = std::get_if<std::vector<std::string>*>(&target)) {
    return fmt::format("{}={}", key, fmt::join(**list, ","));
  }
  return fmt::format("{}={}", key, Value());
}

void ConfigRegistry::AddBool(std::string key, bool* target, std::string help) {
  fields_.push_back({.key = std::move(key), .target = target, .help = std::move(help)});
}

void ConfigRegistry::AddInteger(std::string key, int64_t* target, int64_t minimum, int64_t maximum, std::string help) {
  fields_.push_back(
      {.key = std::move(key), .target = target, .help = std::move(help), .minimum = minimum, .maximum = maximum});
}

void ConfigRegistry::AddText(std::string key, std::string* target, std::string help) {
  fields_.push_back({.key = std::move(key), .target = target, .help = std::move(help)});
}

void ConfigRegistry::AddChoice(std::string key, std::string* target, std::vector<std::string> choices,
                               std::string help) {
  fields_.push_back({.key = std::move(key), .target = target, .help = std::move(help), .choices = std::move(choices)});
}

void ConfigRegistry::AddList(std::string key, std::vector<std::string>* target, std::string help) {
  fields_.push_back({.key = std::move(key), .target = target, .help = std::move(help)});
}

ConfigField* ConfigRegistry::Find(std::string_view key) {
  const auto found = std::ranges::find(fields_, key, &ConfigField::key);
  return found == fields_.end() ? nullptr : &*found;
}

StatusOr<const ConfigField*> ConfigRegistry::Get(std::string_view key) const {
  const auto found = std::ranges::find(fields_, key, &ConfigField::key);
  return found == fields_.end() ? StatusOr<const ConfigField*>(UnknownKey(key)) : &*found;
}

Status ConfigRegistry::UnknownKey(std::string_view key) const {
  const std::string_view table = key.substr(0, key.find('.') + 1);
  std::vector<std::string> all;
  std::vector<std::string> of_table;
  for (const ConfigField& field : fields_) {
    all.push_back(field.key);
    if (!table.empty() && field.key.starts_with(table)) {
      of_table.push_back(field.key);
    }
  }
  std::string known = DidYouMean(key, all);
  if (known.empty() && !of_table.empty()) {
    known = fmt::format("the settings of this table are {}", fmt::join(of_table, ", "));
  }
  return absl::InvalidArgumentError(
      fmt::format("unknown setting '{}'; {}", key, known.empty() ? "calotype config lists all settings" : known));
}

Status ConfigRegistry::ApplyTable(const std::string& prefix, const void* table, const std::string& file) {
  for (const auto& [name, node] : *static_cast<const toml::node*>(table)->as_table()) {
    const std::string key = prefix + "." + std::string(name.str());
    ConfigField* const field = Find(key);
    if (field != nullptr) {
      CALOTYPE_RETURN_IF_ERROR(SetFromToml(*field, node, file));
      field->source = fmt::format("{}, line {}", file, node.source().begin.line);
    } else if (node.is_table()) {
      CALOTYPE_RETURN_IF_ERROR(ApplyTable(key, &node, file));
    } else {
      return TomlError(file, node.source(), Message(UnknownKey(key)));
    }
  }
  return absl::OkStatus();
}

Status ConfigRegistry::ApplyFile(const std::filesystem::path& file) {
  StatusOr<std::string> text = ReadTextFile(file);
  if (absl::IsNotFound(text.status())) {
    return absl::OkStatus();
  }
  CALOTYPE_RETURN_IF_ERROR(text.status());
  try {
    const toml::table root = toml::parse(*text, file.string());
    for (const auto& [section_name, section] : root) {
      const std::string prefix(section_name.str());
      if (!section.is_table()) {
        return TomlError(file.string(), section.source(),
                         fmt::format("'{}' is outside of any table; calotype config lists all settings", prefix));
      }
      CALOTYPE_RETURN_IF_ERROR(ApplyTable(prefix, &section, file.string()));
    }
  } catch (const toml::parse_error& error) {
    return TomlError(file.string(), error.source(), error.description());
  }
  return absl::OkStatus();
}

Status ConfigRegistry::ApplyEnvironment(const std::function<const char*(const char*)>& get) {
  for (ConfigField& field : fields_) {
    const std::string name = field.EnvironmentName();
    if (const char* const value = get(name.c_str()); value != nullptr) {
      CALOTYPE_RETURN_IF_ERROR(Annotate(SetFromText(field, value), name));
      field.source = name;
    }
  }
  return absl::OkStatus();
}

std::vector<std::string> ConfigRegistry::UnknownVariables(std::span<const std::string> names,
                                                          std::span<const std::string_view> others) const {
  std::vector<std::string> known(others.begin(), others.end());
  std::ranges::transform(fields_, std::back_inserter(known), &ConfigField::EnvironmentName);
  std::vector<std::string> unknown;
  for (const std::string& name : names) {
    if (name.starts_with(kVariablePrefix) && std::ranges::find(known, name) == known.end()) {
      const std::string suggestion = DidYouMean(name, known);
      unknown.push_back(fmt::format("the environment variable {} is ignored, because no setting has this name{}{}",
                                    name, suggestion.empty() ? "" : "; ", suggestion));
    }
  }
  return unknown;
}

Status ConfigRegistry::ApplyAssignment(std::string_view assignment) {
  const std::size_t equals = assignment.find('=');
  if (equals == std::string_view::npos) {
    return absl::InvalidArgumentError(fmt::format("'{}' is not a setting; write KEY=VALUE", assignment));
  }
  ConfigField* const field = Find(assignment.substr(0, equals));
  if (field == nullptr) {
    return UnknownKey(assignment.substr(0, equals));
  }
  CALOTYPE_RETURN_IF_ERROR(SetFromText(*field, assignment.substr(equals + 1)));
  field->source = "the command line";
  return absl::OkStatus();
}

}  // namespace calotype
