// Parses the query language: words search by meaning, key:value pairs are filters. See docs/query.md.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "catalog/search_catalog.h"

namespace calotype {

struct TextTerm {
  std::string words;
  bool is_prefix = false;  // the last word is a prefix; for values without quotes
  bool is_phrase = false;  // the words must be adjacent; for values in quotes
  bool negated = false;
};

struct ObjectTerm {
  std::string label;
  int min_count = 1;
  bool negated = false;
};

// A place by its name, whose position must be looked up before the search.
struct NamedPlace {
  std::string name;        // of a city, optionally with region or country: "Paris, Texas"
  double kilometres = 25;  // the distance that still is near
};

// A filter such as camera:, person: or after:.
struct FactTerm {
  enum class Kind {
    kAfter,
    kBefore,
    kCamera,
    kFolder,
    kKeyword,
    kLens,
    kMarked,
    kName,
    kNear,
    kOn,
    kPerson,
    kPlace,
    kRating,
    kType
  };
  Kind kind = Kind::kCamera;
  std::string value;                     // for after:, before: and on:, YYYY, YYYY-MM or YYYY-MM-DD, an existing date
  std::optional<PositionFilter> near;    // for near:, with a position
  std::optional<NamedPlace> near_place;  // for near:, with a name
  // For place:, the names of the places that the value stands for in another language.
  std::vector<std::string> other_names;
  int rating = 0;  // for rating:, the minimum
  bool negated = false;
};

// The filter like:, which searches for photos similar to a given one.
struct LikeTerm {
  std::string path;
};

struct Query {
  std::string meaning;  // the words in order, separated by one space
  std::vector<TextTerm> text;
  std::vector<ObjectTerm> objects;
  std::vector<FactTerm> facts;
  std::vector<LikeTerm> likes;
};

// Parses a query. Any white space of Unicode separates words; quotes may be curly. kInvalidArgument for a syntax error;
// the message names the wrong part, its position (in characters, from 1) and what is allowed, and marks the position
// below the query.
StatusOr<Query> ParseQuery(std::string_view text);

// The keys of filters, without their colons: "text", "object", ...
std::span<const std::string_view> QueryKeys();

// The values of type:.
std::vector<std::string_view> FormatKeys();

// The format that a value of type: stands for; nullopt if it is unknown.
std::optional<PhotoFormat> FormatOf(std::string_view name);

}  // namespace calotype
