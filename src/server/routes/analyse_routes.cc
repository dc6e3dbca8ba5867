// /analyze
#include <nlohmann/json.hpp>

#include "app/findings_json.h"
#include "server/http/problem.h"
#include "server/routes/routes.h"

namespace calotype {
namespace {

StatusOr<HttpResponse> Analyse(UploadAnalyser& analyser, const Call& call) {
  const std::string& body = call.request.body;
  CALOTYPE_ASSIGN_OR_RETURN(
      const AnalyzedPhoto photo,
      analyser.Analyze({reinterpret_cast<const uint8_t*>(body.data()), body.size()}, call.arguments.Texts("only")));
  if (!photo.status.ok()) {
    return Problem(call.request.id, http_status::kUnprocessable, Message(photo.status));
  }
  nlohmann::ordered_json json = AnalyzedToJson(photo, {.vectors = call.arguments.Flag("vectors")});
  json.erase("path");
  return JsonResponse(json);
}

}  // namespace

Field OnlyField(std::string help) {
  Field field = TextsField("only", std::move(help));
  field.choices.assign(kAnalysisNames.begin(), kAnalysisNames.end());
  return field;
}

void AddAnalyseRoutes(Router& router, UploadAnalyser& analyser) {
  router.Add({.method = "POST",
              .path = "/api/v1/analyze",
              .operation = "analyzePhoto",
              .tag = "analysis",
              .summary = "Analyse the photo in the body and return the findings; nothing is stored",
              .scope = Scope::kWrite,
              .lane = Lane::kHeavy,
              .in_query = {OnlyField("names of analyses (all)"),
                           FlagField("vectors", "with the embeddings of the photo and its faces")},
              .body = BodyKind::kUpload,
              .answers = {{.schema = "AnalysedUpload"}},
              .problems = {http_status::kConflict, http_status::kUnprocessable},
              .run = [&analyser](const Call& call) { return Analyse(analyser, call); }});
}

}  // namespace calotype
