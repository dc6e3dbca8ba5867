#include "server/http/field.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <iterator>
#include <nlohmann/json.hpp>
#include <optional>

#include "server/http/json_body.h"

namespace calotype {
namespace {

using Json = nlohmann::ordered_json;

constexpr double kMaxText = 4096;
constexpr double kMaxList = 1000;
constexpr std::size_t kMaxEcho = 60;  // of a wrong value, in a message

Field Make(std::string name, FieldType type, std::string help, bool required, double minimum, double maximum) {
  return {.name = std::move(name),
          .type = type,
          .help = std::move(help),
          .required = required,
          .minimum = minimum,
          .maximum = maximum};
}

std::string Echo(std::string_view value) {
  return value.size() <= kMaxEcho ? std::string(value) : std::string(value.substr(0, kMaxEcho)) + "...";
}

Status Wrong(const Field& field, std::string_view value, std::string_view allowed) {
  return absl::InvalidArgumentError(fmt::format("{} is '{}'; it can be {}", field.name, Echo(value), allowed));
}

template <typename Number>
std::optional<Number> ParseNumber(std::string_view text) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool whole = error == std::errc() && end == text.data() + text.size();
  return whole ? std::optional(number) : std::nullopt;
}

Status CheckText(const Field& field, const std::string& value) {
  if (!field.choices.empty() && std::ranges::find(field.choices, value) == field.choices.end()) {
    return Wrong(field, value, fmt::format("{}", fmt::join(field.choices, ", ")));
  }
  const auto is_start = [](char c) { return (static_cast<unsigned char>(c) & 0xc0U) != 0x80U; };
  const auto characters = static_cast<double>(std::ranges::count_if(value, is_start));
  if (field.type == FieldType::kText && field.choices.empty() &&
      (characters < field.minimum || characters > field.maximum)) {
    return absl::InvalidArgumentError(fmt::format("{} has {:.0f} characters; it can have {:.0f} to {:.0f}", field.name,
                                                  characters, field.minimum, field.maximum));
  }
  return absl::OkStatus();
}

Status CheckNumber(const Field& field, double value, std::string_view text) {
  if (!std::isfinite(value) || value < field.minimum || value > field.maximum) {
    return Wrong(field, text, fmt::format("{} to {}", field.minimum, field.maximum));
  }
  return absl::OkStatus();
}

Status CheckLength(const Field& field, std::size_t values) {
  const auto count = static_cast<double>(values);
  if (count < field.minimum || count > field.maximum) {
    return absl::InvalidArgumentError(fmt::format("{} has {} values; it can have {:.0f} to {:.0f}", field.name, values,
                                                  field.minimum, field.maximum));
  }
  return absl::OkStatus();
}

StatusOr<int64_t> IntegerOf(const Field& field, const std::string& text) {
  const std::optional<int64_t> number = ParseNumber<int64_t>(text);
  if (!number.has_value()) {
    return Wrong(field, text, "a whole number");
  }
  if (field.type == FieldType::kInteger) {
    CALOTYPE_RETURN_IF_ERROR(CheckNumber(field, static_cast<double>(*number), text));
  } else if (*number < 1 || *number > kMaxId) {
    return Wrong(field, text, fmt::format("numbers from 1 to {}", kMaxId));
  }
  return *number;
}

Status Unknown(std::string_view name, std::span<const Field> fields) {
  std::vector<std::string> known;
  std::ranges::transform(fields, std::back_inserter(known), &Field::name);
  return absl::InvalidArgumentError(
      known.empty() ? fmt::format("'{}' is unknown; this request has no parameters", Echo(name))
                    : fmt::format("'{}' is unknown; known are {}", Echo(name), fmt::join(known, ", ")));
}

Status CheckRequired(std::span<const Field> fields, const Arguments& arguments) {
  for (const Field& field : fields) {
    if (field.required && !arguments.Has(field.name)) {
      return absl::InvalidArgumentError(fmt::format("{} is missing: {}", field.name, field.help));
    }
  }
  return absl::OkStatus();
}

std::string_view TypeName(FieldType type) {
  switch (type) {
    case FieldType::kText:
      return "a text";
    case FieldType::kInteger:
      return "a whole number";
    case FieldType::kNumber:
      return "a number";
    case FieldType::kFlag:
      return "true or false";
    case FieldType::kTexts:
      return "a list of texts";
    case FieldType::kIntegers:
      return "a list of whole numbers";
  }
  return "";
}

// 3 and 3.0 are the same number in JSON.
bool IsWhole(const Json& value) {
  constexpr double kExact = 9007199254740992;
  return value.is_number_integer() || (value.is_number_float() && std::abs(value.get<double>()) <= kExact &&
                                       value == std::floor(value.get<double>()));
}

std::string WholeText(const Json& value) {
  return value.is_number_float() ? std::to_string(value.get<int64_t>()) : value.dump();
}

// Invalid UTF-8 cannot be in JSON that was parsed.
Status ReadMember(const Field& field, const Json& value, Arguments& arguments) {
  const std::string shown = value.dump();
  const auto wrong_type = [&] { return Wrong(field, shown, TypeName(field.type)); };
  switch (field.type) {
    case FieldType::kText:
      return value.is_string() ? ReadArgument(field, value.get<std::string>(), arguments) : wrong_type();
    case FieldType::kInteger:
      return IsWhole(value) ? ReadArgument(field, WholeText(value), arguments) : wrong_type();
    case FieldType::kNumber:
      return value.is_number() ? ReadArgument(field, shown, arguments) : wrong_type();
    case FieldType::kFlag:
      return value.is_boolean() ? ReadArgument(field, shown, arguments) : wrong_type();
    case FieldType::kTexts: {
      if (!value.is_array() || !std::ranges::all_of(value, [](const Json& item) { return item.is_string(); })) {
        return wrong_type();
      }
      auto texts = value.get<std::vector<std::string>>();
      for (const std::string& text : texts) {
        CALOTYPE_RETURN_IF_ERROR(CheckText(field, text));
      }
      CALOTYPE_RETURN_IF_ERROR(CheckLength(field, texts.size()));
      arguments.Set(field.name, std::move(texts));
      return absl::OkStatus();
    }
    case FieldType::kIntegers: {
      if (!value.is_array() || !std::ranges::all_of(value, IsWhole)) {
        return wrong_type();
      }
      std::vector<int64_t> numbers;
      for (const Json& item : value) {
        CALOTYPE_ASSIGN_OR_RETURN(const int64_t number, IntegerOf(field, WholeText(item)));
        numbers.push_back(number);
      }
      CALOTYPE_RETURN_IF_ERROR(CheckLength(field, numbers.size()));
      arguments.Set(field.name, std::move(numbers));
      return absl::OkStatus();
    }
  }
  return wrong_type();
}

const Field* Find(std::span<const Field> fields, std::string_view name) {
  const auto found = std::ranges::find(fields, name, &Field::name);
  return found == fields.end() ? nullptr : &*found;
}

}  // namespace

Field TextField(std::string name, std::string help, bool required) {
  return Make(std::move(name), FieldType::kText, std::move(help), required, required ? 1 : 0, kMaxText);
}
Field ChoiceField(std::string name, std::vector<std::string> choices, std::string help, bool required) {
  Field field = TextField(std::move(name), std::move(help), required);
  field.choices = std::move(choices);
  return field;
}
Field IntegerField(std::string name, int64_t minimum, int64_t maximum, std::string help, bool required) {
  return Make(std::move(name), FieldType::kInteger, std::move(help), required, static_cast<double>(minimum),
              static_cast<double>(maximum));
}
Field NumberField(std::string name, double minimum, double maximum, std::string help, bool required) {
  return Make(std::move(name), FieldType::kNumber, std::move(help), required, minimum, maximum);
}
Field FlagField(std::string name, std::string help) {
  return Make(std::move(name), FieldType::kFlag, std::move(help), /*required=*/false, 0, 0);
}
Field TextsField(std::string name, std::string help, bool required) {
  return Make(std::move(name), FieldType::kTexts, std::move(help), required, required ? 1 : 0, kMaxList);
}
Field CursorField(std::string pattern) {
  Field field = TextField("cursor", "`next` of the page before; missing: the first page");
  field.pattern = std::move(pattern);
  return field;
}
Field IdField(std::string name, std::string help) {
  return IntegerField(std::move(name), 1, kMaxId, std::move(help), /*required=*/true);
}
Field IdsField(std::string name, std::string help) {
  return Make(std::move(name), FieldType::kIntegers, std::move(help), /*required=*/true, 1, kMaxList);
}

Status ReadArgument(const Field& field, const std::string& text, Arguments& arguments) {
  switch (field.type) {
    case FieldType::kText:
      CALOTYPE_RETURN_IF_ERROR(CheckText(field, text));
      arguments.Set(field.name, text);
      break;
    case FieldType::kInteger: {
      CALOTYPE_ASSIGN_OR_RETURN(const int64_t number, IntegerOf(field, text));
      arguments.Set(field.name, number);
      break;
    }
    case FieldType::kNumber: {
      const std::optional<double> number = ParseNumber<double>(text);
      if (!number.has_value()) {
        return Wrong(field, text, "a number");
      }
      CALOTYPE_RETURN_IF_ERROR(CheckNumber(field, *number, text));
      arguments.Set(field.name, *number);
      break;
    }
    case FieldType::kFlag:
      if (text != "true" && text != "false") {
        return Wrong(field, text, "true or false");
      }
      arguments.Set(field.name, text == "true");
      break;
    case FieldType::kTexts: {
      CALOTYPE_RETURN_IF_ERROR(CheckText(field, text));
      std::vector<std::string> texts = arguments.Texts(field.name);
      texts.push_back(text);
      CALOTYPE_RETURN_IF_ERROR(CheckLength(field, texts.size()));
      arguments.Set(field.name, std::move(texts));
      break;
    }
    case FieldType::kIntegers: {
      CALOTYPE_ASSIGN_OR_RETURN(const int64_t number, IntegerOf(field, text));
      std::vector<int64_t> numbers = arguments.Integers(field.name);
      numbers.push_back(number);
      CALOTYPE_RETURN_IF_ERROR(CheckLength(field, numbers.size()));
      arguments.Set(field.name, std::move(numbers));
      break;
    }
  }
  return absl::OkStatus();
}

Status ReadQueryArguments(std::span<const Field> fields, std::span<const std::pair<std::string, std::string>> query,
                          Arguments& arguments) {
  for (const auto& [name, text] : query) {
    const Field* const field = Find(fields, name);
    if (field == nullptr) {
      return Unknown(name, fields);
    }
    const bool is_list = field->type == FieldType::kTexts || field->type == FieldType::kIntegers;
    if (!is_list && arguments.Has(name)) {
      return absl::InvalidArgumentError(fmt::format("{} is given twice", name));
    }
    CALOTYPE_RETURN_IF_ERROR(ReadArgument(*field, text, arguments));
  }
  return CheckRequired(fields, arguments);
}

Status ReadJsonArguments(std::span<const Field> fields, std::string_view body, Arguments& arguments) {
  CALOTYPE_ASSIGN_OR_RETURN(const Json json, ParseJsonBody(body));
  return json.is_object() ? ReadMembers(fields, json, arguments)
                          : absl::InvalidArgumentError("the body must be a JSON object");
}

Status ReadMembers(std::span<const Field> fields, const Json& object, Arguments& arguments) {
  for (const auto& [name, value] : object.items()) {
    const Field* const field = Find(fields, name);
    if (field == nullptr) {
      return Unknown(name, fields);
    }
    CALOTYPE_RETURN_IF_ERROR(ReadMember(*field, value, arguments));
  }
  return CheckRequired(fields, arguments);
}

Json SchemaOf(const Field& field) {
  Json schema;
  const auto items = [&] {
    Json item = {{"type", field.type == FieldType::kIntegers ? "integer" : "string"}};
    if (field.type == FieldType::kIntegers) {
      item["minimum"] = 1;
      item["maximum"] = kMaxId;
    } else if (!field.choices.empty()) {
      item["enum"] = field.choices;
    }
    return item;
  };
  switch (field.type) {
    case FieldType::kText:
      schema = {{"type", "string"}};
      if (field.choices.empty()) {
        schema["minLength"] = static_cast<int64_t>(field.minimum);
        schema["maxLength"] = static_cast<int64_t>(field.maximum);
        if (!field.pattern.empty()) {
          schema["pattern"] = field.pattern;
        }
      } else {
        schema["enum"] = field.choices;
      }
      break;
    case FieldType::kInteger:
      schema = {{"type", "integer"},
                {"minimum", static_cast<int64_t>(field.minimum)},
                {"maximum", static_cast<int64_t>(field.maximum)}};
      break;
    case FieldType::kNumber:
      schema = {{"type", "number"}, {"minimum", field.minimum}, {"maximum", field.maximum}};
      break;
    case FieldType::kFlag:
      schema = {{"type", "boolean"}};
      break;
    case FieldType::kTexts:
    case FieldType::kIntegers:
      schema = {{"type", "array"},
                {"items", items()},
                {"minItems", static_cast<int64_t>(field.minimum)},
                {"maxItems", static_cast<int64_t>(field.maximum)}};
      break;
  }
  schema["description"] = field.help;
  return schema;
}

Json SchemaOf(std::span<const Field> fields) {
  Json schema = {{"type", "object"}, {"additionalProperties", false}, {"properties", Json::object()}};
  Json required = Json::array();
  for (const Field& field : fields) {
    schema["properties"][field.name] = SchemaOf(field);
    if (field.required) {
      required.push_back(field.name);
    }
  }
  if (!required.empty()) {
    schema["required"] = std::move(required);
  }
  return schema;
}

}  // namespace calotype
