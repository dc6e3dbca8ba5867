#include "search/completion.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "search/query.h"
#include "search/query_text.h"

namespace calotype {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// The place of the cursor | in `query`, as "[replaced] key typed".
std::string PlaceIn(std::string query) {
  const std::size_t cursor = query.find('|');
  query.erase(cursor, 1);
  const CompletionPlace place = FindCompletionPlace(query, cursor);
  return "[" + query.substr(place.start, place.end - place.start) + "] " + (place.negated ? "-" : "") + place.key +
         "(" + place.typed + ")";
}

TEST(CompletionPlaceTest, ThePartAtTheCursorIsFound) {
  EXPECT_EQ(PlaceIn("|"), "[] ()");
  EXPECT_EQ(PlaceIn("do|"), "[do] (do)");
  EXPECT_EQ(PlaceIn("a do|g b"), "[dog] (do)");
  EXPECT_EQ(PlaceIn("a |dog"), "[] ()");
  EXPECT_EQ(PlaceIn("a | b"), "[] ()");
  EXPECT_EQ(PlaceIn("a obj|"), "[obj] (obj)");
  EXPECT_EQ(PlaceIn("ob|ject:dog"), "[object:] (ob)");
  EXPECT_EQ(PlaceIn("object:|"), "[object:] object()");
  EXPECT_EQ(PlaceIn("Object:d|og cat"), "[Object:dog] object(d)");
  EXPECT_EQ(PlaceIn("-object:d|"), "[-object:d] -object(d)");
  EXPECT_EQ(PlaceIn("-|"), "[-] -()");
  EXPECT_EQ(PlaceIn("-ob|"), "[-ob] -(ob)");
  EXPECT_EQ(PlaceIn("person:\"ada lo|velace\" x"), "[person:\"ada lovelace\"] person(ada lo)");
  EXPECT_EQ(PlaceIn("person:\"ada lo| camera:x"), "[person:\"ada lo] person(ada lo)");
  EXPECT_EQ(PlaceIn("person:|\"ada\""), "[person:\"ada\"] person()");
  EXPECT_EQ(PlaceIn("\"a b\" do|"), "[do] (do)");
  EXPECT_EQ(PlaceIn("https://x/|"), "[https://x/] (https://x/)");
  EXPECT_EQ(PlaceIn("été pla|"), "[pla] (pla)");
}

CompletionPlace Typed(std::string_view text, bool negated = false) {
  return {.start = 0, .end = text.size(), .negated = negated, .key = {}, .typed = std::string(text)};
}

std::vector<std::string> Texts(const std::vector<Completion>& completions) {
  std::vector<std::string> texts;
  for (const Completion& one : completions) {
    texts.push_back(one.text);
  }
  return texts;
}

TEST(CompleteKeysTest, KeysThatBeginLikeThat) {
  EXPECT_THAT(Texts(CompleteKeys(Typed("T"))), ElementsAre("text:", "tag:", "type:"));
  EXPECT_THAT(Texts(CompleteKeys(Typed("pe", true))), ElementsAre("-person:"));
  EXPECT_THAT(Texts(CompleteKeys(Typed("x"))), IsEmpty());
  EXPECT_EQ(CompleteKeys(Typed("")).size(), QueryKeys().size());
}

TEST(CompleteValuesTest, ValuesThatBeginLikeThatComeFirstThenTheMostUsed) {
  const std::vector<VocabularyWord> words = {
      {"Graz", 9}, {"Great Britain", 2}, {"Zürich", 5}, {"New Zealand", 7}, {"Zagreb", 6}};
  EXPECT_THAT(Texts(CompleteValues(Typed("z"), "place", words)),
              ElementsAre("place:Zagreb", "place:Zürich", "place:\"New Zealand\""));
  EXPECT_THAT(Texts(CompleteValues(Typed("ZU"), "place", words)), ElementsAre("place:Zürich"));
  EXPECT_THAT(Texts(CompleteValues(Typed("great b"), "place", words)), ElementsAre("place:\"Great Britain\""));
  EXPECT_THAT(CompleteValues(Typed("raz"), "place", words), IsEmpty());
}

TEST(CompleteValuesTest, FoldersAreNamesOrTheNextLevel) {
  const std::vector<VocabularyWord> folders = {{"/photos/2023/rome", 2}, {"/photos/2024", 1}, {"/photos/2024/rome", 4}};
  const std::vector<Completion> rome = CompleteValues(Typed("ro"), "in", folders);
  EXPECT_THAT(Texts(rome), ElementsAre("in:rome"));
  EXPECT_EQ(rome[0].uses, 6);
  EXPECT_THAT(Texts(CompleteValues(Typed("/"), "in", folders)), ElementsAre("in:/photos"));
  EXPECT_THAT(Texts(CompleteValues(Typed("/photos/"), "in", folders)),
              ElementsAre("in:/photos/2024", "in:/photos/2023"));
  EXPECT_THAT(Texts(CompleteValues(Typed("/photos/2024/"), "in", folders)), ElementsAre("in:/photos/2024/rome"));
}

TEST(CompleteValuesTest, FormatsAndRatingsAreFixed) {
  EXPECT_THAT(Texts(CompleteValues(Typed("j"), "type", FixedValues("type"))),
              ElementsAre("type:jpeg", "type:jpg", "type:jxl"));
  EXPECT_THAT(Texts(CompleteValues(Typed("4"), "rating", FixedValues("rating"))), ElementsAre("rating:>=4"));
  EXPECT_THAT(FixedValues("after"), IsEmpty());
}

// What is completed can be searched.
TEST(CompleteValuesTest, EveryCompletionIsAQueryForItsValue) {
  for (const char* const value : {"dog", "sports ball", "a\"b", "back\\slash", "\"", "x > y", "10>5", "Zoë", "a\u3000b",
                                  "\u201ccurly\u201d", "C:\\", "-dash"}) {
    for (const bool negated : {false, true}) {
      const std::vector<VocabularyWord> words = {{value, 1}};
      const std::vector<Completion> found = CompleteValues(Typed("", negated), "object", words);
      ASSERT_EQ(found.size(), 1U);
      const StatusOr<Query> query = ParseQuery(found[0].text);
      ASSERT_TRUE(query.ok()) << query.status();
      ASSERT_EQ(query->objects.size(), 1U);
      EXPECT_EQ(query->objects[0].label, value);
      EXPECT_EQ(query->objects[0].negated, negated);
      EXPECT_EQ(FindCompletionPlace(found[0].text, found[0].text.size()).typed, value);
    }
  }
  for (const std::string_view key : QueryKeys()) {
    const std::vector<VocabularyWord> words = FixedValues(key);
    for (const Completion& one : CompleteValues(Typed(""), key, words)) {
      EXPECT_TRUE(ParseQuery(one.text).ok()) << one.text;
    }
  }
}

}  // namespace
}  // namespace calotype
