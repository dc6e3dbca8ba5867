#include "search/query.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <iterator>
#include <optional>
#include <utility>

#include "base/text.h"
#include "search/query_text.h"

namespace calotype {
namespace {

// More objects than any detector reports for one photo.
constexpr int kMaxObjectCount = 1000;
constexpr int kMaxRating = 5;
constexpr double kMaxLatitude = 90;
constexpr double kMaxLongitude = 180;

constexpr std::array<std::string_view, 18> kKeys = {"text",    "object", "person", "camera", "lens", "after",
                                                    "before",  "on",     "near",   "place",  "in",   "name",
                                                    "keyword", "tag",    "rating", "marked", "type", "like"};

// Format names and file extensions.
struct FormatKey {
  std::string_view name;
  PhotoFormat format;
};
constexpr std::array kFormats = {
    FormatKey{"jpeg", PhotoFormat::kJpeg},  FormatKey{"jpg", PhotoFormat::kJpeg},
    FormatKey{"png", PhotoFormat::kPng},    FormatKey{"webp", PhotoFormat::kWebp},
    FormatKey{"tiff", PhotoFormat::kTiff},  FormatKey{"gif", PhotoFormat::kGif},
    FormatKey{"heic", PhotoFormat::kHeic},  FormatKey{"avif", PhotoFormat::kAvif},
    FormatKey{"jxl", PhotoFormat::kJpegXl}, FormatKey{"raw", PhotoFormat::kRaw},
};

bool IsSpace(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// A word or key:value pair, not yet interpreted.
struct Token {
  std::size_t at = 0;  // byte offset of its start
  bool negated = false;
  std::string key;    // lower case; empty: a word
  std::string value;  // without quotes
  std::size_t value_at = 0;
  bool quoted = false;
  std::string suffix;  // the text after the closing quote of object:"..."
};

std::string MarkNames() {
  std::string names;
  for (const NamedMark& one : kUserMarks) {
    names += fmt::format("{}{}", names.empty() ? "" : ", ", one.name);
  }
  return names;
}

std::string FormatNames() {
  std::string names;
  for (const FormatKey& format : kFormats) {
    names += fmt::format("{}{}", names.empty() ? "" : ", ", format.name);
  }
  return names;
}

std::string AllowedKeys() { return fmt::format("{}:", fmt::join(kKeys, ":, ")); }

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  StatusOr<Query> Parse();

 private:
  Status Error(std::size_t at, std::string_view what) const;
  std::string ReadKey();
  Status ReadValue(Token& token);
  Status ReadQuoted(Token& token);
  StatusOr<Token> ReadToken();
  Status Add(const Token& token);
  Status AddWord(const Token& token);
  Status AddText(const Token& token);
  Status AddObject(const Token& token);
  Status AddFact(const Token& token, FactTerm::Kind kind);
  Status AddNear(const Token& token);
  Status AddRating(const Token& token);
  Status AddLike(const Token& token);

  std::string_view text_;
  std::size_t next_ = 0;
  Query query_;
};

Status Parser::Error(std::size_t at, std::string_view what) const {
  // Count characters, not bytes: skip UTF-8 continuation bytes.
  const auto characters = std::ranges::count_if(
      text_.substr(0, at), [](char c) { return (static_cast<unsigned char>(c) & 0xc0U) != 0x80U; });
  // Show the query with a mark below the position, if the query is one line.
  const bool one_line = std::ranges::none_of(text_, [](char c) { return static_cast<unsigned char>(c) < ' '; });
  return absl::InvalidArgumentError(
      fmt::format("query, character {}: {}{}", characters + 1, what,
                  one_line ? fmt::format("\n  {}\n  {:>{}}", text_, '^', characters + 1) : std::string()));
}

std::string Parser::ReadKey() {
  const std::string_view key = KeyAt(text_.substr(next_));
  next_ += key.empty() ? 0 : key.size() + 1;
  return ToLowerAscii(key);
}

Status Parser::ReadValue(Token& token) {
  token.value_at = next_;
  token.quoted = QuoteSize(text_.substr(next_)) > 0;
  if (token.quoted) {
    return ReadQuoted(token);
  }
  const std::size_t end = FindSpace(text_, next_);
  token.value = text_.substr(next_, end - next_);
  next_ = end;
  return absl::OkStatus();
}

Status Parser::ReadQuoted(Token& token) {
  QuotedText quoted = ReadQuotedText(text_.substr(next_));
  if (!quoted.closed) {
    return Error(next_, "this quote is not closed; add a second \" after the last word");
  }
  token.value = std::move(quoted.value);
  next_ += quoted.size;
  const std::size_t end = FindSpace(text_, next_);
  token.suffix = text_.substr(next_, end - next_);
  next_ = end;
  return absl::OkStatus();
}

StatusOr<Token> Parser::ReadToken() {
  Token token{.at = next_, .negated = false, .key = {}, .value = {}, .value_at = 0, .quoted = false, .suffix = {}};
  if (text_[next_] == '-' && next_ + 1 < text_.size() && SpaceSize(text_.substr(next_ + 1)) == 0) {
    token.negated = true;
    ++next_;
  }
  token.key = ReadKey();
  CALOTYPE_RETURN_IF_ERROR(ReadValue(token));
  if (!token.suffix.empty() && token.key != "object") {
    return Error(token.at, fmt::format("{} follows a closing quote; add a space between them", token.suffix));
  }
  return token;
}

Status Parser::AddWord(const Token& token) {
  if (token.negated && (token.quoted || IsAsciiLetter(token.value.front()))) {
    return Error(token.at, fmt::format("-{0}: only filters can be negated; try -object:{0} or -text:{0}, or quote a "
                                       "word that begins with a dash",
                                       token.value));
  }
  // "-5" and "--" are not negations.
  const std::string word = (token.negated ? "-" : "") + token.value;
  if (std::ranges::all_of(word, IsSpace)) {
    return absl::OkStatus();
  }
  query_.meaning += (query_.meaning.empty() ? "" : " ") + word;
  return absl::OkStatus();
}

Status Parser::AddText(const Token& token) {
  query_.text.push_back(
      {.words = token.value, .is_prefix = !token.quoted, .is_phrase = token.quoted, .negated = token.negated});
  return absl::OkStatus();
}

// Examples: dog, dog>2 (three or more), dog>=2 (two or more).
Status Parser::AddObject(const Token& token) {
  const std::size_t sign = token.quoted ? 0 : std::min(token.value.find('>'), token.value.size());
  const std::string label = token.quoted ? token.value : token.value.substr(0, sign);
  std::string_view count = token.quoted ? std::string_view(token.suffix) : std::string_view(token.value).substr(sign);
  ObjectTerm term{.label = label, .min_count = 1, .negated = token.negated};
  if (label.empty()) {
    return Error(token.value_at, "object: has no value; write object:dog or object:dog>2");
  }
  if (!count.empty()) {
    const std::string seen(count);
    const bool or_equal = count.starts_with(">=");
    count.remove_prefix(std::min<std::size_t>(or_equal ? 2 : 1, count.size()));
    int number = 0;
    const auto [end, error] = std::from_chars(count.data(), count.data() + count.size(), number);
    if (seen.front() != '>' || error != std::errc() || end != count.data() + count.size() || number < 0 ||
        number > kMaxObjectCount) {
      return Error(token.value_at,
                   fmt::format("object: has \"{}\" where > and a whole number up to {} may stand, as in "
                               "object:dog>2",
                               seen, kMaxObjectCount));
    }
    term.min_count = std::max(1, or_equal ? number : number + 1);
  }
  query_.objects.push_back(std::move(term));
  return absl::OkStatus();
}

std::optional<int> Number(std::string_view digits) {
  int number = 0;
  if (!std::ranges::all_of(digits, IsDigit) ||
      std::from_chars(digits.data(), digits.data() + digits.size(), number).ec != std::errc()) {
    return std::nullopt;
  }
  return number;
}

// Accepts YYYY, YYYY-MM or YYYY-MM-DD, and only existing days.
bool IsDate(std::string_view text) {
  constexpr std::array<std::size_t, 3> kSizes = {4, 7, 10};
  if (std::ranges::find(kSizes, text.size()) == kSizes.end() || (text.size() > 4 && text[4] != '-') ||
      (text.size() > 7 && text[7] != '-')) {
    return false;
  }
  const auto year = Number(text.substr(0, 4));
  const auto month = text.size() > 4 ? Number(text.substr(5, 2)) : 1;
  const auto day = text.size() > 7 ? Number(text.substr(8, 2)) : 1;
  return year.has_value() && month.has_value() && day.has_value() &&
         std::chrono::year_month_day(std::chrono::year(*year), std::chrono::month(static_cast<unsigned>(*month)),
                                     std::chrono::day(static_cast<unsigned>(*day)))
             .ok();
}

// Format: LAT,LON,KM.
std::optional<PositionFilter> ParsePosition(std::string_view text) {
  std::array<double, 3> numbers{};
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    const std::size_t end = i + 1 < numbers.size() ? text.find(',') : text.size();
    if (end == std::string_view::npos) {
      return std::nullopt;
    }
    const auto [stop, error] = std::from_chars(text.data(), text.data() + end, numbers[i]);
    if (error != std::errc() || stop != text.data() + end || !std::isfinite(numbers[i])) {
      return std::nullopt;
    }
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  if (std::abs(numbers[0]) > kMaxLatitude || std::abs(numbers[1]) > kMaxLongitude || numbers[2] < 0) {
    return std::nullopt;
  }
  return PositionFilter{.latitude = numbers[0], .longitude = numbers[1], .kilometres = numbers[2]};
}

// Returns the minimum that "3", ">=3" or ">3" stands for.
std::optional<int> ParseRating(std::string_view text) {
  const bool above = text.starts_with('>') && !text.starts_with(">=");
  text.remove_prefix(text.starts_with(">=") ? 2 : (above ? 1 : 0));
  const std::optional<int> number = text.empty() ? std::nullopt : Number(text);
  return number.has_value() && *number <= kMaxRating ? std::optional(*number + (above ? 1 : 0)) : std::nullopt;
}

bool IsDecimal(std::string_view text) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size();
}

// A place by name and optionally the distance: London, "Paris, Texas", London,5. nullopt for other text, such as a
// position that was not written correctly.
std::optional<NamedPlace> ParsePlace(std::string_view text) {
  if (text.empty() || !(IsAsciiLetter(text[0]) || static_cast<unsigned char>(text[0]) >= 0x80)) {
    return std::nullopt;
  }
  NamedPlace place{.name = std::string(text)};
  const std::size_t comma = text.rfind(',');
  if (comma == std::string_view::npos) {
    return place;
  }
  const std::string_view last = Trim(text.substr(comma + 1));
  if (!IsDecimal(last)) {
    return place;
  }
  std::from_chars(last.data(), last.data() + last.size(), place.kilometres);
  place.name = text.substr(0, comma);
  const std::size_t before = place.name.rfind(',');
  const bool has_position =
      before != std::string::npos && IsDecimal(Trim(std::string_view(place.name).substr(before + 1)));
  return has_position || !(place.kilometres > 0) || !std::isfinite(place.kilometres) ? std::nullopt
                                                                                     : std::optional(place);
}

Status Parser::AddNear(const Token& token) {
  if (const std::optional<NamedPlace> place = ParsePlace(token.value)) {
    query_.facts.push_back({.kind = FactTerm::Kind::kNear,
                            .value = token.value,
                            .near = {},
                            .near_place = place,
                            .other_names = {},
                            .rating = 0,
                            .negated = token.negated});
    return absl::OkStatus();
  }
  const std::optional<PositionFilter> near = ParsePosition(token.value);
  if (!near.has_value()) {
    return Error(
        token.value_at,
        fmt::format("near: has \"{}\"; latitude, longitude and kilometres are needed, as in near:48.21,16.37,5, or a "
                    "place, as in near:London",
                    token.value));
  }
  query_.facts.push_back({.kind = FactTerm::Kind::kNear,
                          .value = token.value,
                          .near = near,
                          .near_place = {},
                          .other_names = {},
                          .rating = 0,
                          .negated = token.negated});
  return absl::OkStatus();
}

Status Parser::AddRating(const Token& token) {
  const std::optional<int> rating = ParseRating(token.value);
  if (!rating.has_value()) {
    return Error(token.value_at, fmt::format("rating: has \"{}\"; a number from 0 to {} is needed, as in rating:>=3",
                                             token.value, kMaxRating));
  }
  query_.facts.push_back({.kind = FactTerm::Kind::kRating,
                          .value = token.value,
                          .near = {},
                          .near_place = {},
                          .other_names = {},
                          .rating = *rating,
                          .negated = token.negated});
  return absl::OkStatus();
}

Status Parser::AddLike(const Token& token) {
  if (token.negated) {
    return Error(token.at, "like: cannot be negated, because every photo is a little similar to every other");
  }
  query_.likes.push_back({.path = token.value});
  return absl::OkStatus();
}

Status Parser::AddFact(const Token& token, FactTerm::Kind kind) {
  if (kind == FactTerm::Kind::kNear) {
    return AddNear(token);
  }
  if (kind == FactTerm::Kind::kRating) {
    return AddRating(token);
  }
  if (kind == FactTerm::Kind::kMarked && !FindUserMark(ToLowerAscii(token.value)).has_value()) {
    return Error(token.value_at, fmt::format("marked: has \"{}\"; marks are {}", token.value, MarkNames()));
  }
  if (kind == FactTerm::Kind::kType && !FormatOf(token.value).has_value()) {
    return Error(token.value_at, fmt::format("type: has \"{}\"; types are {}", token.value, FormatNames()));
  }
  const bool is_time = kind == FactTerm::Kind::kAfter || kind == FactTerm::Kind::kBefore || kind == FactTerm::Kind::kOn;
  if (is_time && !IsDate(token.value)) {
    return Error(token.value_at, fmt::format("{}: has \"{}\"; a date is YYYY, YYYY-MM or YYYY-MM-DD, as in {}:2024-05",
                                             token.key, token.value, token.key));
  }
  query_.facts.push_back({.kind = kind,
                          .value = token.value,
                          .near = {},
                          .near_place = {},
                          .other_names = {},
                          .rating = 0,
                          .negated = token.negated});
  return absl::OkStatus();
}

Status Parser::Add(const Token& token) {
  struct FactKey {
    std::string_view key;
    FactTerm::Kind kind;
  };
  constexpr std::array kFactKeys = {
      FactKey{"camera", FactTerm::Kind::kCamera},   FactKey{"person", FactTerm::Kind::kPerson},
      FactKey{"after", FactTerm::Kind::kAfter},     FactKey{"before", FactTerm::Kind::kBefore},
      FactKey{"lens", FactTerm::Kind::kLens},       FactKey{"on", FactTerm::Kind::kOn},
      FactKey{"near", FactTerm::Kind::kNear},       FactKey{"place", FactTerm::Kind::kPlace},
      FactKey{"in", FactTerm::Kind::kFolder},       FactKey{"name", FactTerm::Kind::kName},
      FactKey{"keyword", FactTerm::Kind::kKeyword}, FactKey{"rating", FactTerm::Kind::kRating},
      FactKey{"marked", FactTerm::Kind::kMarked},   FactKey{"type", FactTerm::Kind::kType},
      FactKey{"tag", FactTerm::Kind::kKeyword}};
  if (token.key.empty()) {
    return AddWord(token);
  }
  const auto* fact = std::ranges::find(kFactKeys, token.key, &FactKey::key);
  const bool is_known = token.key == "text" || token.key == "object" || token.key == "like" || fact != kFactKeys.end();
  if (is_known && std::ranges::all_of(token.value, IsSpace)) {
    return Error(token.at, fmt::format("{0}: has no value; write {0}:something, without a space", token.key));
  }
  if (token.key == "like") {
    return AddLike(token);
  }
  if (is_known) {
    return fact != kFactKeys.end() ? AddFact(token, fact->kind)
                                   : (token.key == "text" ? AddText(token) : AddObject(token));
  }
  return Error(token.at,
               fmt::format("\"{}:\" is no filter; allowed are {}. To search for it as a word, put it in quotes",
                           token.key, AllowedKeys()));
}

StatusOr<Query> Parser::Parse() {
  while (true) {
    while (const std::size_t space = SpaceSize(text_.substr(next_))) {
      next_ += space;
    }
    if (next_ == text_.size()) {
      break;
    }
    CALOTYPE_ASSIGN_OR_RETURN(const Token token, ReadToken());
    CALOTYPE_RETURN_IF_ERROR(Add(token));
  }
  if (query_.meaning.empty() && query_.text.empty() && query_.objects.empty() && query_.facts.empty() &&
      query_.likes.empty()) {
    return absl::InvalidArgumentError(
        fmt::format("the query is empty; write what the photo shows, or a filter: {}", AllowedKeys()));
  }
  return std::move(query_);
}

}  // namespace

std::optional<PhotoFormat> FormatOf(std::string_view name) {
  const auto* const found = std::ranges::find(kFormats, ToLowerAscii(name), &FormatKey::name);
  return found == kFormats.end() ? std::nullopt : std::optional(found->format);
}

std::span<const std::string_view> QueryKeys() { return kKeys; }

std::vector<std::string_view> FormatKeys() {
  std::vector<std::string_view> names;
  std::ranges::transform(kFormats, std::back_inserter(names), &FormatKey::name);
  return names;
}

StatusOr<Query> ParseQuery(std::string_view text) { return Parser(text).Parse(); }

}  // namespace calotype
