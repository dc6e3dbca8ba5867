// /jobs and /events
#include <nlohmann/json.hpp>

#include "app/api_json.h"
#include "server/routes/routes.h"

namespace calotype {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kMaxCalibrationPhotos = 10'000;

Field ChosenField() {
  Field field = IdsField("chosen", "export: the numbers of photos, instead of those of `query`");
  field.required = false;
  return field;
}

Field JobField() { return IdField("job", "the number of a job"); }

StatusOr<HttpResponse> SubmitJob(JobService& jobs, const FolderRules& folders, const Call& call) {
  const Arguments& arguments = call.arguments;
  const JobRequest request{
      .kind = *ParseJobKind(arguments.Text("kind")),
      .folders = arguments.Texts("folders"),
      .only = arguments.Texts("only"),
      .gone = arguments.Flag("gone"),
      .reason = arguments.Text("reason"),
      .query = arguments.Text("query"),
      .chosen = arguments.Integers("chosen"),
      .use = {.pack = arguments.Text("pack"), .choices = arguments.Texts("choices"), .undo = arguments.Flag("undo")},
      .quantise = {.tasks = arguments.Texts("tasks"),
                   .photos = static_cast<int>(arguments.Integer("photos", QuantiseRequest::kPhotos))},
      .backup = arguments.Text("backup")};
  const bool is_of_all = request.kind != JobKind::kScan && request.kind != JobKind::kRetry;
  if ((is_of_all || request.gone) && call.request.scope < Scope::kAdmin) {
    return absl::PermissionDeniedError(
        "this job writes files, forgets photos, changes models or restores a backup, which needs the scope admin");
  }
  for (const std::string& folder : request.folders) {
    CALOTYPE_RETURN_IF_ERROR(folders.Check(folder));
  }
  CALOTYPE_ASSIGN_OR_RETURN(const Job job, jobs.Submit(request));
  HttpResponse response = JsonResponse(ToApiJson(job), 202);
  // Relative to the request's path, which a proxy may have changed.
  response.headers.emplace_back("Location", "jobs/" + std::to_string(job.id));
  return response;
}

StatusOr<HttpResponse> Jobs(const JobService& jobs) {
  Json json = {{"jobs", Json::array()}};
  for (const Job& job : jobs.List()) {
    json["jobs"].push_back(ToApiJson(job));
  }
  return JsonResponse(json);
}

}  // namespace

void AddJobRoutes(Router& router, JobService& jobs, EventFeed& feed, const FolderRules& folders) {
  router.Add(
      {.method = "POST",
       .path = "/api/v1/jobs",
       .operation = "submitJob",
       .tag = "jobs",
       .summary = "Add a job to the queue: a scan, a retry of failures, a backup, an export to sidecars, a switch "
                  "to other models, int8 forms of models, or the restore of a backup",
       .scope = Scope::kWrite,
       .body = BodyKind::kJson,
       .in_body = {ChoiceField("kind", {"scan", "retry", "backup", "export", "switch", "quantise", "restore"},
                               "what to do",
                               /*required=*/true),
                   TextsField("folders", "scan: folders or files; without them, all folders scanned before"),
                   OnlyField("scan, retry: names of analyses (all)"),
                   FlagField("gone", "scan: treat all missing files as deleted; needs the scope admin"),
                   TextField("reason", "retry: only failures whose reason contains this"),
                   TextField("query", "export: which photos (all)"), ChosenField(),
                   TextField("pack", "switch: an installed pack"),
                   TextsField("choices", "switch: models of the pack, each as TASK=CHOICE (its usual ones)"),
                   FlagField("undo", "switch: go back to the models before, whose results were kept"),
                   TextsField("tasks", "quantise: tasks, such as objects or embed.image (all)"),
                   IntegerField("photos", 1, kMaxCalibrationPhotos, "quantise: photos to calibrate with (64)"),
                   TextField("backup", "restore: `file` of a backup job, or the name of a backup in that folder")},
       .answers = {{.status = 202, .schema = "Job"}},
       .problems = {http_status::kConflict, http_status::kNotFound, http_status::kTooLarge},
       .run = [&jobs, &folders](const Call& call) { return SubmitJob(jobs, folders, call); }});
  router.Add({.method = "GET",
              .path = "/api/v1/jobs",
              .operation = "listJobs",
              .tag = "jobs",
              .summary = "The jobs, the newest first",
              .answers = {{.schema = "Jobs"}},
              .run = [&jobs](const Call&) { return Jobs(jobs); }});
  router.Add({.method = "GET",
              .path = "/api/v1/jobs/{job}",
              .operation = "getJob",
              .tag = "jobs",
              .summary = "One job",
              .in_path = {JobField()},
              .answers = {{.schema = "Job"}},
              .run = [&jobs](const Call& call) -> StatusOr<HttpResponse> {
                CALOTYPE_ASSIGN_OR_RETURN(const Job job, jobs.Get(call.arguments.Integer("job")));
                return JsonResponse(ToApiJson(job));
              }});
  router.Add(
      {.method = "DELETE",
       .path = "/api/v1/jobs/{job}",
       .operation = "cancelJob",
       .tag = "jobs",
       .summary = "Cancel a job. A running scan finishes the photos in progress first; then the job is cancelled",
       .scope = Scope::kWrite,
       .in_path = {JobField()},
       .answers = {{.status = 202, .schema = "Job"}},
       .problems = {http_status::kConflict},
       .run = [&jobs](const Call& call) -> StatusOr<HttpResponse> {
         CALOTYPE_ASSIGN_OR_RETURN(const Job job, jobs.Cancel(call.arguments.Integer("job")));
         return JsonResponse(ToApiJson(job), 202);
       }});
  router.Add({.method = "GET",
              .path = "/api/v1/events",
              .operation = "listen",
              .tag = "jobs",
              .summary = "Server-sent events: hello, job, scan.progress, scan.failure, scan.waiting, devices.measuring",
              .answers = {{.content_type = "text/event-stream"}},
              .run = [&feed](const Call&) -> StatusOr<HttpResponse> {
                HttpResponse response{.content_type = "text/event-stream"};
                response.events = feed.Subscribe();
                if (!response.events) {
                  return absl::UnavailableError("too many clients listen already");
                }
                return response;
              }});
}

}  // namespace calotype
