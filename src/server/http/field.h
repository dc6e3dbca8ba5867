// Values that a request may carry, in its path, its query or its JSON body: declared once, for checking and for the
// OpenAPI document.
#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/status.h"

namespace calotype {

enum class FieldType : uint8_t { kText, kInteger, kNumber, kFlag, kTexts, kIntegers };

struct Field {
  std::string name;
  FieldType type = FieldType::kText;
  std::string help;
  bool required = false;
  // For kInteger and kNumber: the range. For kText: of the length in characters. For lists: of the number
  // of values.
  double minimum = 0;
  double maximum = 0;
  std::vector<std::string> choices;  // for kText and kTexts: the allowed values; empty: any
  // For kText: a regular expression for the document. Not checked: the route reads the text and says what is wrong.
  std::string pattern;
};

Field TextField(std::string name, std::string help, bool required = false);
Field ChoiceField(std::string name, std::vector<std::string> choices, std::string help, bool required = false);
Field IntegerField(std::string name, int64_t minimum, int64_t maximum, std::string help, bool required = false);
Field NumberField(std::string name, double minimum, double maximum, std::string help, bool required = false);
Field FlagField(std::string name, std::string help);
Field TextsField(std::string name, std::string help, bool required = false);
// What an earlier answer gave as `next`.
Field CursorField(std::string pattern);
// Identifiers are numbers from 1 to kMaxId.
Field IdField(std::string name, std::string help);
Field IdsField(std::string name, std::string help);
// Every whole number up to this one is exact in JavaScript.
inline constexpr int64_t kMaxId = int64_t{1} << 53;

// The values of a request that passed the checks.
class Arguments {
 public:
  using Value = std::variant<std::string, int64_t, double, bool, std::vector<std::string>, std::vector<int64_t>>;

  bool Has(std::string_view name) const { return values_.find(name) != values_.end(); }
  // The value, or the fallback if it was not given. The type must be that of the field.
  std::string Text(std::string_view name, const std::string& fallback = "") const { return Get(name, fallback); }
  int64_t Integer(std::string_view name, int64_t fallback = 0) const { return Get(name, fallback); }
  double Number(std::string_view name, double fallback = 0) const { return Get(name, fallback); }
  bool Flag(std::string_view name, bool fallback = false) const { return Get(name, fallback); }
  std::vector<std::string> Texts(std::string_view name) const { return Get(name, std::vector<std::string>()); }
  std::vector<int64_t> Integers(std::string_view name) const { return Get(name, std::vector<int64_t>()); }

  void Set(const std::string& name, Value value) { values_.insert_or_assign(name, std::move(value)); }

 private:
  template <typename T>
  T Get(std::string_view name, const T& fallback) const {
    const auto found = values_.find(name);
    return found == values_.end() ? fallback : std::get<T>(found->second);
  }

  std::map<std::string, Value, std::less<>> values_;
};

// Adds values given as text: a query's, where a list may repeat its name. kInvalidArgument names the value, what is
// allowed, and unknown names.
Status ReadQueryArguments(std::span<const Field> fields, std::span<const std::pair<std::string, std::string>> query,
                          Arguments& arguments);
// Adds the value of one field, given as text.
Status ReadArgument(const Field& field, const std::string& text, Arguments& arguments);
// Adds the members of a JSON object. Errors as above; also for what is no JSON object.
Status ReadJsonArguments(std::span<const Field> fields, std::string_view body, Arguments& arguments);
// The same for an object that ParseJsonBody() returned, or a part of it.
Status ReadMembers(std::span<const Field> fields, const nlohmann::ordered_json& object, Arguments& arguments);

// The JSON Schema of a field, and of an object with these fields.
nlohmann::ordered_json SchemaOf(const Field& field);
nlohmann::ordered_json SchemaOf(std::span<const Field> fields);

}  // namespace calotype
