// /status, /pause, /resume, /folders, /duplicates, /models, /devices
#include <filesystem>
#include <nlohmann/json.hpp>

#include "app/api_json.h"
#include "app/doctor.h"
#include "app/doctor_json.h"
#include "app/duplicates.h"
#include "app/duplicates_json.h"
#include "app/folders.h"
#include "app/library_status.h"
#include "app/models_list.h"
#include "app/pending_work.h"
#include "app/program_data.h"
#include "app/status_json.h"
#include "app/trash_plan.h"
#include "server/routes/empty_library.h"
#include "server/routes/routes.h"

namespace calotype {
namespace {

using Json = nlohmann::ordered_json;

StatusOr<HttpResponse> StatusOf(Library& library) {
  CALOTYPE_ASSIGN_OR_RETURN(const LibraryStatus status,
                            OrEmpty(library, ReadStatus(library), LibraryStatus{.scanned = false}));
  return JsonResponse(StatusToJson(status));
}

StatusOr<HttpResponse> FoldersOf(Library& library) {
  CALOTYPE_ASSIGN_OR_RETURN(const std::vector<std::string> folders, OrEmpty(library, ScannedFolders(library)));
  CALOTYPE_ASSIGN_OR_RETURN(const std::vector<std::string> trash, OrEmpty(library, TrashFolders(library)));
  return JsonResponse({{"folders", folders}, {"trash", trash}});
}

Json FolderToJson(const std::filesystem::path& folder, const std::vector<std::string>& scanned) {
  return {{"path", folder.string()},
          {"name", folder.filename().string()},
          {"scanned", RealPathBelow(folder.string(), scanned).has_value()}};
}

// The roots, or the folders in a folder.
StatusOr<HttpResponse> Browse(Library& library, const FolderRules& rules, const Arguments& arguments) {
  const std::vector<std::string> scanned = ScannedFolders(library).value_or(std::vector<std::string>());
  const std::string samples = FindProgramData("samples").string();
  Json json = {{"path", nullptr},
               {"parent", nullptr},
               {"samples", rules.Check(samples).ok() ? Json(samples) : Json(nullptr)},
               {"folders", Json::array()}};
  std::vector<std::string> folders = rules.Roots();
  if (arguments.Has("path")) {
    const std::filesystem::path path = arguments.Text("path");
    CALOTYPE_ASSIGN_OR_RETURN(folders, rules.Subfolders(path.string()));
    json["path"] = path.string();
    const std::string parent = path.parent_path().string();
    json["parent"] = rules.Check(parent).ok() && parent != path ? Json(parent) : Json(nullptr);
  }
  for (const std::string& folder : folders) {
    json["folders"].push_back(FolderToJson(folder, scanned));
  }
  return JsonResponse(json);
}

StatusOr<HttpResponse> DuplicatesOf(Library& library, const Arguments& arguments) {
  CALOTYPE_ASSIGN_OR_RETURN(const Duplicates found,
                            OrEmpty(library, FindDuplicates(library, {.turned = arguments.Flag("turned"),
                                                                      .crops = arguments.Flag("crops"),
                                                                      .query = arguments.Text("q")})));
  return JsonResponse(DuplicatesToJson(found));
}

StatusOr<HttpResponse> ModelsOf(const App& app) {
  CALOTYPE_ASSIGN_OR_RETURN(const ModelsList list, ListModels(app));
  Json json = {{"packs", Json::array()}, {"problems", list.problems}};
  for (const ListedPack& pack : list.packs) {
    json["packs"].push_back(ToApiJson(pack));
  }
  return JsonResponse(json);
}

Route Simple(std::string method, std::string path, std::string operation, std::string summary, Scope scope,
             std::function<StatusOr<HttpResponse>(const Call&)> run) {
  return {.method = std::move(method),
          .path = std::move(path),
          .operation = std::move(operation),
          .tag = "library",
          .summary = std::move(summary),
          .scope = scope,
          .problems = {http_status::kConflict},
          .run = std::move(run)};
}

StatusOr<HttpResponse> After(const Status& status) {
  CALOTYPE_RETURN_IF_ERROR(status);
  return HttpResponse{.status = 204};
}

}  // namespace

void AddLibraryRoutes(Router& router, Library& library, const FolderRules& rules) {
  Route status = Simple("GET", "/api/v1/status", "getStatus", "Counts, failures, devices and the running scan",
                        Scope::kRead, [&library](const Call&) { return StatusOf(library); });
  status.answers = {{.schema = "Status"}};
  router.Add(std::move(status));

  const std::vector<Answer> nothing = {{.status = 204, .content_type = ""}};
  Route pause = Simple("POST", "/api/v1/pause", "pauseScans", "Pause the scans of this library", Scope::kWrite,
                       [&library](const Call&) { return After(PauseScans(library)); });
  pause.answers = nothing;
  router.Add(std::move(pause));
  Route resume = Simple("POST", "/api/v1/resume", "resumeScans", "Continue paused scans", Scope::kWrite,
                        [&library](const Call&) { return After(ResumeScans(library)); });
  resume.answers = nothing;
  router.Add(std::move(resume));

  Route folders = Simple("GET", "/api/v1/folders", "listFolders",
                         "The scanned folders, and those of them whose photos may be moved to a trash folder",
                         Scope::kRead, [&library](const Call&) { return FoldersOf(library); });
  folders.answers = {{.schema = "Folders"}};
  router.Add(std::move(folders));
  Route browse =
      Simple("GET", "/api/v1/folders/browse", "browseFolders",
             "The folders in a folder, for choosing one to scan; without `path` those that may be scanned",
             Scope::kWrite, [&library, &rules](const Call& call) { return Browse(library, rules, call.arguments); });
  browse.in_query = {TextField("path", "an absolute path, at or below a folder that may be scanned")};
  browse.answers = {{.schema = "FolderListing"}};
  browse.problems = {http_status::kNotFound};
  router.Add(std::move(browse));
  Route remove = Simple(
      "DELETE", "/api/v1/folders", "removeFolder", "Stop scanning a folder; its files are not touched", Scope::kAdmin,
      [&library](const Call& call) { return After(RemoveFolder(library, call.arguments.Text("path"))); });
  remove.in_query = {TextField("path", "one of the scanned folders", /*required=*/true)};
  remove.answers = nothing;
  remove.problems = {http_status::kConflict, http_status::kNotFound};
  router.Add(std::move(remove));

  Route duplicates =
      Simple("GET", "/api/v1/duplicates", "listDuplicates", "Groups of copies, each with the photo to keep first",
             Scope::kRead, [&library](const Call& call) { return DuplicatesOf(library, call.arguments); });
  duplicates.lane = Lane::kHeavy;
  duplicates.in_query = {TextField("q", "filters that restrict the search, such as in:holiday"),
                         FlagField("turned", "also rotated and mirrored copies"), FlagField("crops", "also crops")};
  duplicates.answers = {{.schema = "Duplicates"}};
  router.Add(std::move(duplicates));

  Route models = Simple("GET", "/api/v1/models", "listModels", "Packs of models with their licences", Scope::kRead,
                        [&library](const Call&) { return ModelsOf(library.app()); });
  models.answers = {{.schema = "Models"}};
  router.Add(std::move(models));
  Route devices =
      Simple("GET", "/api/v1/devices", "getDevices",
             "Check the installation, and say on which device each model runs, and why not on others", Scope::kRead,
             [&library](const Call&) -> StatusOr<HttpResponse> {
               return JsonResponse(DoctorToJson(RunDoctor(library.app(), {}, [](const DoctorProgress&) {})));
             });
  devices.lane = Lane::kHeavy;
  devices.answers = {{.schema = "Devices"}};
  router.Add(std::move(devices));
}

}  // namespace calotype
