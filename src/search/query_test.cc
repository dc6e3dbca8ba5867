#include "search/query.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <iterator>
#include <random>
#include <string_view>

namespace calotype {
namespace {

// The parsed query as one line of text.
std::string ToText(const Query& query) {
  std::string text = query.meaning;
  for (const TextTerm& term : query.text) {
    text += fmt::format(" {}text[{}{}]", term.negated ? "-" : "", term.words, term.is_prefix ? "*" : "");
    EXPECT_NE(term.is_prefix, term.is_phrase);
  }
  for (const ObjectTerm& term : query.objects) {
    text += fmt::format(" {}object[{}]x{}", term.negated ? "-" : "", term.label, term.min_count);
  }
  constexpr const char* kKinds[] = {"after", "before", "camera", "in",     "keyword", "lens",   "marked",
                                    "name",  "near",   "on",     "person", "place",   "rating", "type"};
  for (const FactTerm& term : query.facts) {
    text += fmt::format(" {}{}[{}]", term.negated ? "-" : "", kKinds[static_cast<int>(term.kind)], term.value);
    if (term.near.has_value()) {
      text += fmt::format("{:g}/{:g}/{:g}", term.near->latitude, term.near->longitude, term.near->kilometres);
    }
    if (term.near_place.has_value()) {
      text += fmt::format("{} {:g}", term.near_place->name, term.near_place->kilometres);
    }
    if (term.kind == FactTerm::Kind::kRating) {
      text += fmt::format(">={}", term.rating);
    }
  }
  for (const LikeTerm& term : query.likes) {
    text += fmt::format(" like[{}]", term.path);
  }
  return text;
}

struct Case {
  const char* query;
  const char* understood;
};

TEST(QueryTest, Parses) {
  constexpr Case kCases[] = {
      {"cat", "cat"},
      {"  a rocket \t launch\n", "a rocket launch"},
      {"text:parking", " text[parking*]"},
      {"text:\"no parking\"", " text[no parking]"},
      {"sunset text:exit beach", "sunset beach text[exit*]"},
      {"object:dog", " object[dog]x1"},
      {"object:dog>2", " object[dog]x3"},
      {"object:dog>=2", " object[dog]x2"},
      {"object:dog>0", " object[dog]x1"},
      {"object:dog>=0", " object[dog]x1"},
      {"object:\"sports ball\"", " object[sports ball]x1"},
      {"object:\"sports ball\">1", " object[sports ball]x2"},
      {"object:person>1000", " object[person]x1001"},
      {"-object:dog", " -object[dog]x1"},
      {"-text:\"for sale\" house", "house -text[for sale]"},
      {"OBJECT:Dog Text:X", " text[X*] object[Dog]x1"},
      {"object:cat object:dog -text:a", " -text[a*] object[cat]x1 object[dog]x1"},
      {"camera:canon", " camera[canon]"},
      {"camera:\"EOS R5\"", " camera[EOS R5]"},
      {"person:\"Ada Lovelace\"", " person[Ada Lovelace]"},
      {"-person:Ada", " -person[Ada]"},
      {"after:2024", " after[2024]"},
      {"before:2024-05", " before[2024-05]"},
      {"after:2024-02-29 before:2024-12-31", " after[2024-02-29] before[2024-12-31]"},
      {"on:2024-05", " on[2024-05]"},
      {"near:48.21,16.37,5", " near[48.21,16.37,5]48.21/16.37/5"},
      {"-near:-33.86,151.2,0.5", " -near[-33.86,151.2,0.5]-33.86/151.2/0.5"},
      {"near:London", " near[London]London 25"},
      {"near:London,5", " near[London,5]London 5"},
      {"near:\"Paris, Texas\"", " near[Paris, Texas]Paris, Texas 25"},
      {"near:\"Paris, Texas, 7.5\"", " near[Paris, Texas, 7.5]Paris, Texas 7.5"},
      {"dog\xE3\x80\x80"
       "cat\xC2\xA0"
       "bird",
       "dog cat bird"},
      {"in:a\xE3\x80\x80in:b", " in[a] in[b]"},
      {"text:\xE2\x80\x9Cno parking\xE2\x80\x9D house", "house text[no parking]"},
      {"name:\xE2\x80\x9E"
       "a b\xE2\x80\x9C",
       " name[a b]"},
      {"name:\"a \\\"b\\\" c\"", " name[a \"b\" c]"},
      {"name:\"a\\\\\"", " name[a\\]"},
      {"name:\"a\\b\"", " name[a\\b]"},
      {"name:\"\xE2\x80\x9C"
       "a\xE2\x80\x9D\"",
       " name[\xE2\x80\x9C"
       "a\xE2\x80\x9D]"},
      {"place:Vienna -place:\"New York\"", " place[Vienna] -place[New York]"},
      {"in:/photos/2024 in:rome", " in[/photos/2024] in[rome]"},
      {"name:DSC08", " name[DSC08]"},
      {"keyword:\"summer 2024\"", " keyword[summer 2024]"},
      {"tag:sea -TAG:\"summer 2024\"", " keyword[sea] -keyword[summer 2024]"},
      {"lens:50mm", " lens[50mm]"},
      {"marked:Delete", " marked[Delete]"},
      {"rating:3", " rating[3]>=3"},
      {"rating:>=4", " rating[>=4]>=4"},
      {"rating:>4", " rating[>4]>=5"},
      {"type:HEIC", " type[HEIC]"},
      {"like:/photos/a.jpg dog", "dog like[/photos/a.jpg]"},
      {"like:\"/my photos/a.jpg\"", " like[/my photos/a.jpg]"},
      {"10:30", "10:30"},
      {"text:10:30", " text[10:30*]"},
      {"https://example.org/a", "https://example.org/a"},
      {"\"foo:bar\" \"a  b\"", "foo:bar a  b"},
      {"sea - sand", "sea - sand"},
      {"minus -5 degrees --", "minus -5 degrees --"},
      {"black-and-white", "black-and-white"},
      {"\"-dog\"", "-dog"},
      {"Müller's käse 猫", "Müller's käse 猫"},
      {"text:北京", " text[北京*]"},
      {"\"\" cat", "cat"},
      {":-) cat", ":-) cat"},
  };
  for (const Case& test : kCases) {
    const StatusOr<Query> query = ParseQuery(test.query);
    ASSERT_TRUE(query.ok()) << test.query << ": " << Message(query.status());
    EXPECT_EQ(ToText(*query), test.understood) << test.query;
  }
}

TEST(QueryTest, ErrorsNameThePositionAndWhatIsAllowed) {
  struct Refused {
    const char* query;
    int character;
    const char* message;
  };
  constexpr Refused kCases[] = {
      {"foo:bar", 1, "\"foo:\" is no filter; allowed are text:, object:, person:, camera:, lens:, after:"},
      {"cat Foo:", 5, "\"foo:\" is no filter"},
      {"naïve 猫 colour:red", 9, "\"colour:\" is no filter"},
      {"-foo:bar", 1, "\"foo:\" is no filter"},
      {"text:", 1, "text: has no value"},
      {"a object: dog", 3, "object: has no value"},
      {"text:\"\"", 1, "text: has no value"},
      {"text:\"  \"", 1, "text: has no value"},
      {"cat text:\"no parking", 10, "not closed"},
      {"\"cat", 1, "not closed"},
      {"text:\"a\"b", 1, "b follows a closing quote"},
      {"\"a\"\"b\"", 1, "follows a closing quote"},
      {"object:dog>", 8, "has \">\" where > and a whole number up to 1000"},
      {"object:dog>two", 8, "has \">two\""},
      {"object:dog>2x", 8, "has \">2x\""},
      {"object:dog>-1", 8, "has \">-1\""},
      {"object:dog>1001", 8, "up to 1000"},
      {"object:dog>99999999999", 8, "up to 1000"},
      {"object:>2", 8, "object: has no value"},
      {"object:\"ball\"2", 8, "has \"2\""},
      {"object:\"ball\"<2", 8, "has \"<2\""},
      {"after:yesterday", 7, "a date is YYYY, YYYY-MM or YYYY-MM-DD"},
      {"after:2024-13", 7, "\"2024-13\""},
      {"before:2023-02-29", 8, "\"2023-02-29\""},
      {"before:24-05", 8, "\"24-05\""},
      {"before:2024/05", 8, "\"2024/05\""},
      {"after:2024-5-01", 7, "\"2024-5-01\""},
      {"near:48.21", 6, "latitude, longitude and kilometres are needed"},
      {"near:91,0,5", 6, "\"91,0,5\""},
      {"near:48,16,-1", 6, "as in near:48.21,16.37,5"},
      {"near:48,16,5km", 6, "\"48,16,5km\""},
      {"near:nan,16,5", 6, "\"nan,16,5\""},
      {"on:may", 4, "a date is YYYY"},
      {"marked:none", 8, "marks are delete, favourite"},
      {"rating:6", 8, "a number from 0 to 5"},
      {"rating:good", 8, "\"good\""},
      {"type:bmp", 6, "types are jpeg, jpg, png"},
      {"-like:a.jpg", 1, "cannot be negated"},
      {"cat -dog", 5, "only filters can be negated; try -object:dog or -text:dog"},
      {"-\"cat\"", 1, "only filters can be negated"},
  };
  for (const Refused& test : kCases) {
    const Status status = ParseQuery(test.query).status();
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << test.query;
    EXPECT_THAT(Message(status), testing::StartsWith(fmt::format("query, character {}: ", test.character)))
        << test.query;
    EXPECT_THAT(Message(status), testing::HasSubstr(test.message)) << test.query;
  }
}

TEST(QueryTest, AnEmptyQueryIsRefused) {
  for (const char* query : {"", "  ", "\"\"", "\" \""}) {
    EXPECT_TRUE(absl::IsInvalidArgument(ParseQuery(query).status())) << query;
  }
}

TEST(QueryTest, AnErrorMarksItsPosition) {
  EXPECT_THAT(Message(ParseQuery("naïve 猫 colour:red").status()),
              testing::EndsWith("\n  naïve 猫 colour:red\n          ^"));
  EXPECT_THAT(Message(ParseQuery("a\nfoo:b").status()), testing::Not(testing::HasSubstr("^")));
}

// Any text is either parsed or refused.
TEST(QueryTest, AnyTextIsParsedOrRefused) {
  constexpr std::string_view kPieces[] = {"text:", "object:", "near:",   "\"",  "-",     ">",  "=",
                                          "1",     ",",       " ",       "dog", "like:", "猫", "\xff",
                                          "(",     ":",       "rating:", "on:", "2024",  "\n"};
  std::minstd_rand random(1);
  int understood = 0;
  for (int i = 0; i < 20'000; ++i) {
    std::string query;
    for (std::size_t piece = random() % 9; piece > 0; --piece) {
      query += kPieces[random() % std::size(kPieces)];
    }
    const StatusOr<Query> parsed = ParseQuery(query);
    understood += parsed.ok() ? 1 : 0;
    EXPECT_TRUE(parsed.ok() || absl::IsInvalidArgument(parsed.status())) << query;
  }
  EXPECT_GT(understood, 1000);
}

}  // namespace
}  // namespace calotype
