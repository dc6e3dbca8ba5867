#include "server/http/openapi.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>

#include "server/http/problem.h"

namespace calotype {
namespace {

using testing::HasSubstr;

// A router with one route of each kind.
Router TwoRoutes() {
  Router router;
  router.Add({.method = "GET",
              .path = "/api/v1/photos/{photo}",
              .operation = "getPhoto",
              .tag = "photos",
              .summary = "one",
              .in_path = {IdField("photo", "its number")},
              .answers = {{.schema = "Photo"}},
              .run = [](const Call& call) -> StatusOr<HttpResponse> {
                return JsonResponse({{"photo", call.arguments.Integer("photo")}});
              }});
  router.Add({.method = "POST",
              .path = "/api/v1/jobs",
              .operation = "submitJob",
              .tag = "jobs",
              .summary = "two",
              .scope = Scope::kWrite,
              .body = BodyKind::kJson,
              .in_body = {TextField("kind", "what", /*required=*/true)},
              .answers = {{.status = 202, .schema = "Job"}},
              .run = [](const Call&) -> StatusOr<HttpResponse> { return absl::NotFoundError("no such kind"); }});
  return router;
}

HttpResponse Answer(const HttpRequest& request) { return TwoRoutes().Run(request); }

TEST(RouterTest, ARouteGetsItsCheckedValues) {
  const HttpResponse response = Answer({.method = "GET", .path = "/api/v1/photos/12"});
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, "{\"photo\":12}\n");
  EXPECT_EQ(Answer({.method = "HEAD", .path = "/api/v1/photos/12"}).status, 200);
}

TEST(RouterTest, WhatIsWrongIsSaidAsAProblem) {
  const HttpResponse unknown = Answer({.id = "7", .method = "GET", .path = "/api/v1/nothing"});
  EXPECT_EQ(unknown.status, 404);
  EXPECT_EQ(unknown.content_type, kProblemType);
  const auto json = nlohmann::json::parse(unknown.body);
  EXPECT_EQ(json["request_id"], "7");
  EXPECT_EQ(json["title"], "Not Found");
  EXPECT_THAT(json["detail"], HasSubstr("/api/v1/nothing"));

  EXPECT_EQ(Answer({.method = "GET", .path = "/api/v1/photos/x"}).status, 400);
  EXPECT_EQ(Answer({.method = "GET", .path = "/api/v1/photos/12", .query = {{"a", "b"}}}).status, 400);
  const HttpResponse method = Answer({.method = "PUT", .path = "/api/v1/photos/12"});
  EXPECT_EQ(method.status, 405);
  EXPECT_EQ(method.headers.at(0).second, "GET");
}

TEST(RouterTest, ABodyMustBeDeclaredAsJson) {
  HttpRequest request{.method = "POST", .path = "/api/v1/jobs", .body = R"({"kind":"scan"})"};
  EXPECT_EQ(Answer(request).status, 415);
  request.headers = {{"content-type", "application/json; charset=utf-8"}};
  const HttpResponse response = Answer(request);
  EXPECT_EQ(response.status, 404) << "the error of the service";
  EXPECT_THAT(response.body, HasSubstr("no such kind"));
}

TEST(OpenApiTest, TheDocumentHasEveryRouteAndItsErrors) {
  const nlohmann::ordered_json document = OpenApiDocument(TwoRoutes(), "/base");
  EXPECT_EQ(document["openapi"], "3.1.0");
  EXPECT_EQ(document["servers"][0]["url"], "/base");
  const auto& get = document["paths"]["/api/v1/photos/{photo}"]["get"];
  EXPECT_EQ(get["operationId"], "getPhoto");
  EXPECT_EQ(get["parameters"][0]["in"], "path");
  EXPECT_EQ(get["responses"]["200"]["content"]["application/json"]["schema"]["$ref"], "#/components/schemas/Photo");
  EXPECT_TRUE(get["responses"].contains("404"));
  const auto& post = document["paths"]["/api/v1/jobs"]["post"];
  EXPECT_EQ(post["requestBody"]["content"]["application/json"]["schema"]["additionalProperties"], false);
  EXPECT_TRUE(post["responses"].contains("415"));
}

// Collects the names in all "$ref" members.
void References(const nlohmann::ordered_json& json, std::set<std::string>& names) {
  constexpr std::string_view kPrefix = "#/components/schemas/";
  for (const auto& [key, value] : json.items()) {
    if (key == "$ref") {
      names.insert(value.get<std::string>().substr(kPrefix.size()));
    } else if (value.is_structured()) {
      References(value, names);
    }
  }
}

TEST(OpenApiTest, EverySchemaThatIsNamedExists) {
  std::set<std::string> names;
  References(OpenApiDocument(TwoRoutes(), ""), names);
  EXPECT_GT(names.size(), 3U);
  for (const std::string& name : names) {
    EXPECT_TRUE(Schemas().contains(name)) << name;
  }
}

}  // namespace
}  // namespace calotype
