// /search
#include <nlohmann/json.hpp>

#include "app/api_json.h"
#include "app/completions.h"
#include "server/http/problem.h"
#include "server/routes/empty_library.h"
#include "server/routes/photo_rows.h"
#include "server/routes/routes.h"
#include "server/routes/search_request.h"

namespace calotype {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kMaxHits = 1000;
constexpr int kMaxCompletions = 50;
constexpr int kMaxCursor = 1'000'000;

StatusOr<HttpResponse> Search(Library& library, const Arguments& arguments) {
  CALOTYPE_ASSIGN_OR_RETURN(const SearchAnswer answer, OrEmpty(library, SearchAsAsked(library, arguments)));
  Json json = ToApiJson(answer);
  CALOTYPE_RETURN_IF_ERROR(AddPhotoRows(library, json["hits"]));
  return JsonResponse(json);
}

StatusOr<HttpResponse> Complete(Library& library, const Arguments& arguments) {
  const auto cursor =
      arguments.Has("at") ? std::optional(static_cast<std::size_t>(arguments.Integer("at"))) : std::nullopt;
  CALOTYPE_ASSIGN_OR_RETURN(const QueryCompletions found,
                            OrEmpty(library, CompleteQuery(library, arguments.Text("q"), cursor,
                                                           static_cast<std::size_t>(arguments.Integer("limit", 10)))));
  Json json = {{"start", found.start}, {"end", found.end}, {"completions", Json::array()}};
  for (const Completion& one : found.completions) {
    json["completions"].push_back({{"text", one.text},
                                   {"key", one.key},
                                   {"value", one.value.empty() ? Json(nullptr) : Json(one.value)},
                                   {"photos", one.uses.has_value() ? Json(*one.uses) : Json(nullptr)},
                                   {"photos_is_minimum", one.is_minimum}});
  }
  return JsonResponse(json);
}

StatusOr<HttpResponse> SimilarToUpload(Library& library, UploadAnalyser& analyser, const Call& call) {
  const std::string& body = call.request.body;
  CALOTYPE_ASSIGN_OR_RETURN(
      const AnalyzedPhoto photo,
      analyser.Analyze({reinterpret_cast<const uint8_t*>(body.data()), body.size()}, {"embedding"}));
  if (!photo.status.ok()) {
    return Problem(call.request.id, http_status::kUnprocessable, Message(photo.status));
  }
  if (!photo.findings.embedding.has_value()) {
    return absl::FailedPreconditionError("the pack in use has no model that compares pictures");
  }
  CALOTYPE_ASSIGN_OR_RETURN(
      const std::vector<SimilarPhoto> similar,
      SimilarPhotos(library, *photo.findings.embedding, static_cast<int>(call.arguments.Integer("limit", 20))));
  return SimilarResponse(library, similar);
}

}  // namespace

void AddSearchRoutes(Router& router, Library& library, UploadAnalyser& analyser) {
  router.Add({.method = "GET",
              .path = "/api/v1/search",
              .operation = "search",
              .tag = "search",
              .summary = "Find photos by words and filters; confident hits come first",
              .in_query = SearchFields(kMaxHits),
              .answers = {{.schema = "SearchAnswer"}},
              .problems = {http_status::kConflict},
              .run = [&library](const Call& call) { return Search(library, call.arguments); }});
  router.Add({.method = "POST",
              .path = "/api/v1/similar",
              .operation = "searchByPhoto",
              .tag = "search",
              .summary = "Find the photos that look most like the photo in the body, which is not stored",
              .scope = Scope::kWrite,
              .lane = Lane::kHeavy,
              .in_query = {IntegerField("limit", 1, kMaxSimilar, "photos at most (20)")},
              .body = BodyKind::kUpload,
              .answers = {{.schema = "SimilarPhotos"}},
              .problems = {http_status::kConflict, http_status::kUnprocessable},
              .run = [&library, &analyser](const Call& call) { return SimilarToUpload(library, analyser, call); }});
  router.Add({.method = "GET",
              .path = "/api/v1/completions",
              .operation = "completeQuery",
              .tag = "search",
              .summary = "Complete a query that is being typed with keys, and with values that the library has",
              .in_query = {TextField("q", "the query so far"),
                           IntegerField("at", 0, kMaxCursor, "characters before the cursor (all)"),
                           IntegerField("limit", 1, kMaxCompletions, "completions at most (10)")},
              .answers = {{.schema = "Completions"}},
              .problems = {http_status::kConflict},
              .run = [&library](const Call& call) { return Complete(library, call.arguments); }});
}

}  // namespace calotype
