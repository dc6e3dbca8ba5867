#include "server/http/openapi.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <set>

#include "base/text.h"
#include "server/http/problem.h"

namespace calotype {
namespace {

using Json = nlohmann::ordered_json;

// What any route may answer: the request is malformed, not allowed, too frequent, or the server is busy or failed.
constexpr std::array kCommonProblems = {400, 401, 403, 421, 429, 500, 503};

Json Reference(std::string_view schema) { return {{"$ref", fmt::format("#/components/schemas/{}", schema)}}; }

Json ProblemAnswer(int status) {
  return {{"description", ReasonPhrase(status)},
          {"content", {{std::string(kProblemType), {{"schema", Reference("Problem")}}}}}};
}

Json Parameter(const Field& field, std::string_view where) {
  Json schema = SchemaOf(field);
  schema.erase("description");
  return {{"name", field.name},
          {"in", where},
          {"required", field.required || where == "path"},
          {"description", field.help},
          {"schema", std::move(schema)}};
}

Json Answers(const Route& route) {
  Json answers = Json::object();
  for (const Answer& answer : route.answers) {
    // One status may have several content types.
    Json& json = answers[std::to_string(answer.status)];
    json["description"] = answer.help.empty() ? std::string(ReasonPhrase(answer.status)) : answer.help;
    if (!answer.content_type.empty()) {
      const Json schema = answer.schema.empty() ? Json::object() : Reference(answer.schema);
      json["content"][answer.content_type] = {{"schema", schema}};
    }
  }
  std::set<int> problems(kCommonProblems.begin(), kCommonProblems.end());
  problems.insert(route.problems.begin(), route.problems.end());
  if (!route.in_path.empty()) {
    problems.insert(http_status::kNotFound);
  }
  if (route.body != BodyKind::kNone) {
    problems.insert({http_status::kTooLarge, http_status::kWrongType});
  }
  for (const int status : problems) {
    answers[std::to_string(status)] = ProblemAnswer(status);
  }
  return answers;
}

Json Operation(const Route& route) {
  Json operation = {{"operationId", route.operation}, {"tags", {route.tag}}, {"summary", route.summary}};
  Json parameters = Json::array();
  for (const Field& field : route.in_path) {
    parameters.push_back(Parameter(field, "path"));
  }
  for (const Field& field : route.in_query) {
    parameters.push_back(Parameter(field, "query"));
  }
  if (!parameters.empty()) {
    operation["parameters"] = std::move(parameters);
  }
  if (route.body == BodyKind::kJson) {
    operation["requestBody"] = {{"required", true},
                                {"content", {{"application/json", {{"schema", SchemaOf(route.in_body)}}}}}};
  } else if (route.body == BodyKind::kMessage) {
    operation["requestBody"] = {{"required", true},
                                {"content", {{"application/json", {{"schema", Reference(route.body_schema)}}}}}};
  } else if (route.body == BodyKind::kUpload) {
    operation["requestBody"] = {{"required", true}, {"content", {{"application/octet-stream", Json::object()}}}};
  }
  operation["responses"] = Answers(route);
  if (route.scope == Scope::kNone) {
    operation["security"] = Json::array();  // no token
  }
  return operation;
}

}  // namespace

Json OpenApiDocument(const Router& router, std::string_view base_path) {
  Json document = {
      {"openapi", "3.1.0"},
      {"info",
       {{"title", "Calotype"},
        {"version", "1"},
        {"description",
         "Finds and describes the photos of a library. Paths begin with the version of the API. A version never "
         "changes "
         "in a way that breaks clients: members may be added to answers, and parameters that are optional. What is "
         "going to be removed is marked as deprecated here and in the header Deprecation for at least a year."},
        {"license", {{"name", "Apache-2.0"}, {"identifier", "Apache-2.0"}}}}},
      {"servers", {{{"url", base_path.empty() ? std::string("/") : std::string(base_path)}}}},
      {"security", {{{"token", Json::array()}}, Json::object()}},
      {"paths", Json::object()},
      {"components",
       {{"schemas", Schemas()},
        {"securitySchemes",
         {{"token",
           {{"type", "http"},
            {"scheme", "bearer"},
            {"description",
             "A token from `calotype token create`. A server that only this machine can reach asks for none."}}}}}}}};
  for (const Route& route : router.routes()) {
    document["paths"][route.path][ToLowerAscii(route.method)] = Operation(route);
  }
  return document;
}

}  // namespace calotype
