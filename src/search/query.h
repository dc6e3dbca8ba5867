// The query language: words are meaning, key:value pairs are filters. docs/query.md explains it to users.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace calotype {

struct TextTerm {
  std::string words;
  bool is_prefix = false;  // the last word may go on: what was not put in quotes
  bool negated = false;
};

struct ObjectTerm {
  std::string label;
  int min_count = 1;
  bool negated = false;
};

// camera:, person:, after: and before:, each as a filter of its own.
struct FactTerm {
  enum class Kind { kCamera, kPerson, kAfter, kBefore };
  Kind kind = Kind::kCamera;
  std::string value;  // of after: and before: YYYY, YYYY-MM or YYYY-MM-DD, a real date
  bool negated = false;
};

struct Query {
  std::string meaning;  // the words, in their order, one space between
  std::vector<TextTerm> text;
  std::vector<ObjectTerm> objects;
  std::vector<FactTerm> facts;
};

// kInvalidArgument for what does not parse; the message names what was seen, its position (in characters, the first is
// 1) and what is allowed. kUnimplemented for keys of the language that this version does not know to answer.
StatusOr<Query> ParseQuery(std::string_view text);

}  // namespace calotype
