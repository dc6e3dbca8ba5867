#include "server/http/field.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace calotype {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using Query = std::vector<std::pair<std::string, std::string>>;

const std::vector<Field>& Fields() {
  static const std::vector<Field> kFields = {TextField("q", "words", /*required=*/true),
                                             IntegerField("limit", 1, 100, "how many"),
                                             NumberField("cosine", 0, 1, "how near"),
                                             FlagField("crops", "also crops"),
                                             ChoiceField("sort", {"newest", "oldest"}, "order"),
                                             TextsField("only", "analyses"),
                                             IdsField("faces", "faces")};
  return kFields;
}

std::string QueryError(const Query& query) {
  Arguments arguments;
  return Message(ReadQueryArguments(Fields(), query, arguments));
}

std::string JsonError(std::string_view body) {
  Arguments arguments;
  return Message(ReadJsonArguments(Fields(), body, arguments));
}

TEST(FieldTest, AQueryBecomesTypedValues) {
  Arguments arguments;
  const Query query = {{"q", "dog"},       {"limit", "7"},  {"cosine", "0.5"}, {"crops", "true"},
                       {"sort", "newest"}, {"only", "pdq"}, {"only", "text"},  {"faces", "3"}};
  EXPECT_EQ(Message(ReadQueryArguments(Fields(), query, arguments)), "");
  EXPECT_EQ(arguments.Text("q"), "dog");
  EXPECT_EQ(arguments.Integer("limit"), 7);
  EXPECT_EQ(arguments.Number("cosine"), 0.5);
  EXPECT_TRUE(arguments.Flag("crops"));
  EXPECT_THAT(arguments.Texts("only"), ElementsAre("pdq", "text"));
  EXPECT_THAT(arguments.Integers("faces"), ElementsAre(3));
}

TEST(FieldTest, AJsonObjectBecomesTypedValues) {
  Arguments arguments;
  EXPECT_EQ(Message(ReadJsonArguments(
                Fields(), R"({"q":"dog","limit":7.0,"crops":false,"faces":[1,2.0],"only":["pdq"]})", arguments)),
            "");
  EXPECT_EQ(arguments.Integer("limit"), 7);
  EXPECT_FALSE(arguments.Flag("crops", true));
  EXPECT_THAT(arguments.Integers("faces"), ElementsAre(1, 2));
}

TEST(FieldTest, WrongValuesAreNamedWithWhatIsAllowed) {
  EXPECT_THAT(QueryError({}), HasSubstr("q is missing"));
  EXPECT_THAT(QueryError({{"q", "a"}}), HasSubstr("faces is missing"));
  EXPECT_THAT(QueryError({{"q", "a"}, {"limit", "0"}}), HasSubstr("limit is '0'; it can be 1 to 100"));
  EXPECT_THAT(QueryError({{"q", "a"}, {"limit", "7x"}}), HasSubstr("a whole number"));
  EXPECT_THAT(QueryError({{"q", "a"}, {"limit", "99999999999999999999"}}), HasSubstr("a whole number"));
  EXPECT_THAT(QueryError({{"q", "a"}, {"cosine", "nan"}}), HasSubstr("0 to 1"));
  EXPECT_THAT(QueryError({{"q", "a"}, {"crops", "yes"}}), HasSubstr("true or false"));
  EXPECT_THAT(QueryError({{"q", "a"}, {"sort", "size"}}), HasSubstr("newest, oldest"));
  EXPECT_THAT(QueryError({{"q", "a"}, {"q", "b"}}), HasSubstr("twice"));
  EXPECT_THAT(QueryError({{"q", "a"}, {"what", "b"}}), HasSubstr("'what' is unknown; known are q, limit"));
  EXPECT_THAT(QueryError({{"q", ""}}), HasSubstr("0 characters"));
  EXPECT_THAT(QueryError({{"q", std::string(5000, 'a')}}), HasSubstr("5000 characters"));
}

TEST(FieldTest, WrongJsonIsNamedToo) {
  EXPECT_THAT(JsonError("{"), HasSubstr("not JSON"));
  EXPECT_THAT(JsonError("[]"), HasSubstr("JSON object"));
  EXPECT_THAT(JsonError(R"({"q":1})"), HasSubstr("q is '1'; it can be a text"));
  EXPECT_THAT(JsonError(R"({"q":"a","limit":"7"})"), HasSubstr("whole number"));
  EXPECT_THAT(JsonError(R"({"q":"a","limit":1.5})"), HasSubstr("whole number"));
  EXPECT_THAT(JsonError(R"({"q":"a","faces":["x"]})"), HasSubstr("list of whole numbers"));
  EXPECT_THAT(JsonError(R"({"q":"a","faces":[0]})"), HasSubstr("numbers from 1"));
  EXPECT_THAT(JsonError(R"({"q":"a","faces":[1e300]})"), HasSubstr("list of whole numbers"));
  EXPECT_THAT(JsonError(R"({"q":"a","crops":"true"})"), HasSubstr("true or false"));
  EXPECT_THAT(JsonError(R"({"q":"a","other":1})"), HasSubstr("'other' is unknown"));
  // A stack has no room for so many calls.
  EXPECT_THAT(JsonError("{\"q\": " + std::string(100'000, '[') + std::string(100'000, ']') + "}"),
              HasSubstr("64 levels"));
  EXPECT_THAT(JsonError("{\"q\": \"\\\"" + std::string(100, '[') + "\"}"), HasSubstr("faces is missing"))
      << "text is not nested";
}

TEST(FieldTest, SchemasForbidUnknownMembers) {
  const nlohmann::ordered_json schema = SchemaOf(Fields());
  EXPECT_EQ(schema["additionalProperties"], false);
  EXPECT_EQ(schema["required"], nlohmann::ordered_json::array({"q", "faces"}));
  EXPECT_EQ(schema["properties"]["limit"]["maximum"], 100);
  EXPECT_EQ(schema["properties"]["sort"]["enum"][0], "newest");
}

}  // namespace
}  // namespace calotype
