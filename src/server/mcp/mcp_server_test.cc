#include "server/mcp/mcp_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace calotype {
namespace {

using testing::HasSubstr;

// One tool, which greets.
McpServer McpGreeter() {
  return {{{.name = "greet",
            .title = "Greet",
            .help = "Greets somebody.",
            .fields = {TextField("name", "whom", /*required=*/true)},
            .run = [](const Arguments& arguments) -> StatusOr<ToolAnswer> {
              const std::string name = arguments.Text("name");
              if (name == "nobody") {
                return absl::NotFoundError("nobody is there");
              }
              return name == "picture" ? ToolAnswer{.text = "", .jpeg = {'M', 'a', 'n', 'y'}}
                                       : ToolAnswer{.text = "hello " + name, .jpeg = {}};
            }}},
          "1.2"};
}

nlohmann::ordered_json AskMcp(const std::string& method, const nlohmann::ordered_json& params) {
  const StatusOr<std::string> answer = McpGreeter().Answer(
      nlohmann::ordered_json{{"jsonrpc", "2.0"}, {"id", 7}, {"method", method}, {"params", params}}.dump(), "");
  EXPECT_TRUE(answer.ok()) << answer.status();
  return nlohmann::ordered_json::parse(answer.value_or("{}"));
}

std::string WhyRefused(const std::string& body) { return Message(McpGreeter().Answer(body, "2025-06-18").status()); }

TEST(McpServerTest, ToolsAreListedWithTheirSchemas) {
  const nlohmann::ordered_json tool = AskMcp("tools/list", nlohmann::ordered_json::object())["result"]["tools"][0];
  EXPECT_EQ(tool["name"], "greet");
  EXPECT_EQ(tool["inputSchema"]["required"][0], "name");
  EXPECT_EQ(tool["inputSchema"]["additionalProperties"], false);
  EXPECT_EQ(AskMcp("tools/list", {{"cursor", "x"}})["error"]["code"], -32602);
}

TEST(McpServerTest, AToolAnswersWithTextOrAPicture) {
  const nlohmann::ordered_json text = AskMcp("tools/call", {{"name", "greet"}, {"arguments", {{"name", "Ada"}}}});
  EXPECT_EQ(text["id"], 7);
  EXPECT_EQ(text["result"]["content"][0]["text"], "hello Ada");
  EXPECT_EQ(text["result"]["isError"], false);
  const nlohmann::ordered_json picture =
      AskMcp("tools/call", {{"name", "greet"}, {"arguments", {{"name", "picture"}}}});
  EXPECT_EQ(picture["result"]["content"][0],
            (nlohmann::ordered_json{{"type", "image"}, {"data", "TWFueQ=="}, {"mimeType", "image/jpeg"}}));
}

TEST(McpServerTest, WhatAToolDoesNotUnderstandIsItsAnswer) {
  const auto error = [](const nlohmann::ordered_json& arguments) -> std::string {
    const nlohmann::ordered_json result = AskMcp("tools/call", {{"name", "greet"}, {"arguments", arguments}})["result"];
    EXPECT_EQ(result["isError"], true);
    return result["content"][0]["text"];
  };
  EXPECT_THAT(error(nlohmann::ordered_json::object()), HasSubstr("name is missing"));
  EXPECT_THAT(error({{"name", "Ada"}, {"age", 36}}), HasSubstr("'age' is unknown"));
  EXPECT_THAT(error("Ada"), HasSubstr("must be an object"));
  EXPECT_EQ(error({{"name", "nobody"}}), "nobody is there");
}

TEST(McpServerTest, UnknownMethodsAndToolsAreErrorsOfTheProtocol) {
  EXPECT_EQ(AskMcp("prompts/list", nlohmann::ordered_json::object())["error"]["code"], -32601);
  EXPECT_EQ(AskMcp("tools/call", {{"name", "shout"}})["error"]["code"], -32602);
  EXPECT_EQ(AskMcp("ping", nlohmann::ordered_json::array())["error"]["code"], -32602);
  EXPECT_EQ(AskMcp("initialize", nlohmann::ordered_json::object())["error"]["code"], -32602);
}

TEST(McpServerTest, NotificationsAndResponsesGetNoAnswer) {
  for (const char* body : {R"({"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}})",
                           R"({"jsonrpc":"2.0","id":1,"result":{}})", R"({"jsonrpc":"2.0","method":"ping"})"}) {
    const StatusOr<std::string> answer = McpGreeter().Answer(body, "2025-06-18");
    EXPECT_EQ(answer.value_or("refused"), "") << body;
  }
}

TEST(McpServerTest, OtherBodiesAreRefused) {
  EXPECT_THAT(WhyRefused("1"), HasSubstr("jsonrpc"));
  EXPECT_THAT(WhyRefused(R"({"jsonrpc":"1.0","id":1,"method":"ping"})"), HasSubstr("jsonrpc"));
  EXPECT_THAT(WhyRefused(R"({"jsonrpc":"2.0","id":1})"), HasSubstr("no method"));
  EXPECT_THAT(WhyRefused(R"({"jsonrpc":"2.0","id":1,"method":2})"), HasSubstr("method must be"));
  EXPECT_THAT(WhyRefused(R"({"jsonrpc":"2.0","id":1.5,"method":"ping"})"), HasSubstr("id must be"));
  EXPECT_THAT(WhyRefused("[]"), HasSubstr("no batches"));
  EXPECT_THAT(Message(McpGreeter().Answer("{}", "2020-01-01").status()), HasSubstr("2025-03-26"));
}

}  // namespace
}  // namespace calotype
