// The query language: words are meaning, key:value pairs are filters. docs/query.md explains it to users.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "catalog/search_catalog.h"

namespace calotype {

struct TextTerm {
  std::string words;
  bool is_prefix = false;  // the last word may go on: what was not put in quotes
  bool is_phrase = false;  // the words stand one after the other: what was
  bool negated = false;
};

struct ObjectTerm {
  std::string label;
  int min_count = 1;
  bool negated = false;
};

// camera:, person:, after: and so on, each as a filter of its own.
struct FactTerm {
  enum class Kind {
    kAfter,
    kBefore,
    kCamera,
    kFolder,
    kKeyword,
    kLens,
    kName,
    kNear,
    kOn,
    kPerson,
    kPlace,
    kRating,
    kType
  };
  Kind kind = Kind::kCamera;
  std::string value;                   // of after:, before: and on: YYYY, YYYY-MM or YYYY-MM-DD, a real date
  std::optional<PositionFilter> near;  // of near:
  int rating = 0;                      // of rating:, the lowest
  bool negated = false;
};

// like:, a photo that stands for what is looked for.
struct LikeTerm {
  std::string path;
};

struct Query {
  std::string meaning;  // the words, in their order, one space between
  std::vector<TextTerm> text;
  std::vector<ObjectTerm> objects;
  std::vector<FactTerm> facts;
  std::vector<LikeTerm> likes;
};

// kInvalidArgument for what does not parse; the message names what was seen, its position (in characters, the first is
// 1) and what is allowed, and points at it below the query.
StatusOr<Query> ParseQuery(std::string_view text);

// The format that a value of type: names; nullopt for none.
std::optional<PhotoFormat> FormatOf(std::string_view name);

}  // namespace calotype
