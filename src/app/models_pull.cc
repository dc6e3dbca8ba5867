#include "app/models_pull.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <utility>

#include "app/hub_settings.h"
#include "app/model_choice.h"
#include "app/runtime_cuda.h"
#include "models/http.h"
#include "models/known_packs.h"

namespace calotype {
namespace {

// quickstart waits for the answer.
constexpr std::chrono::milliseconds kProbeTime{4000};

const char* Environment(const char* name) { return std::getenv(name); }

StatusOr<PullSelection> ReadSelection(const Settings& settings, const PullRequest& request, const Pack& pack) {
  PullSelection selection{.all = request.all};
  for (const std::string& text : request.choices) {
    const std::size_t equals = text.find('=');
    if (equals == std::string::npos) {
      return absl::InvalidArgumentError(
          fmt::format("--choice {}: TASK=CHOICE is needed, such as objects=accurate", text));
    }
    selection.choices[text.substr(0, equals)].insert(text.substr(equals + 1));
  }
  for (const auto& [task, choice] : settings.choices) {
    const std::vector<std::string> known = pack.Choices(task);
    // The setting may belong to another pack.
    if (std::ranges::find(known, choice) != known.end() && !selection.choices.contains(task)) {
      selection.choices[task].insert(choice);
    }
  }
  return selection;
}

StatusOr<PackSource> FindSource(const std::string& name) {
  StatusOr<PackSource> source = FindPackSource(name);
  if (absl::IsNotFound(source.status()) && !name.ends_with(".toml")) {
    return absl::InvalidArgumentError(fmt::format("{}; {}", Message(source.status()), kRuntimeCudaName));
  }
  return source;
}

// Fills in whether the pulled models are in use and, if not, which choices are needed for that.
void FindUse(const App& app, const PullPlan& plan, PulledPack& pulled) {
  const ModelChoice in_use = PackInUse(app);
  const StatusOr<Pack> installed = LoadPack(plan.pack.folder);
  pulled.in_use = in_use.pack == plan.pack.name;
  for (const ModelSpec& model : plan.models) {
    const ModelSpec* const usual = installed.ok() ? installed->Find(model.task) : nullptr;
    if (usual != nullptr && usual->name != model.name) {
      pulled.use_choices[model.task] = model.choice;
      const auto chosen = in_use.choices.find(model.task);
      pulled.in_use = pulled.in_use && chosen != in_use.choices.end() && chosen->second == model.choice;
    }
  }
}

}  // namespace

StatusOr<PlannedPull> PlanPull(const App& app, const PullRequest& request) {
  const Settings& settings = app.settings();
  CALOTYPE_ASSIGN_OR_RETURN(PackSource source, FindSource(request.name));
  PlannedPull pull{.name = request.name, .hub = {}, .plan = {}};
  CALOTYPE_ASSIGN_OR_RETURN(pull.hub, ReadHubSettings(settings, request.from.string(), Environment));
  CALOTYPE_ASSIGN_OR_RETURN(const Pack pack, ParseManifest(source.text, source.file, {}));
  CALOTYPE_ASSIGN_OR_RETURN(const PullSelection selection, ReadSelection(settings, request, pack));
  CALOTYPE_ASSIGN_OR_RETURN(pull.plan, PlanPull(std::move(source), settings.models_folder, selection));
  return pull;
}

Status CheckAccepted(const PlannedPull& pull, const std::vector<std::string>& accepted) {
  for (const LicenceTerms& terms : pull.plan.to_accept) {
    if (std::ranges::find(accepted, terms.licence) == accepted.end()) {
      return absl::FailedPreconditionError(fmt::format(
          "the licence {} was not accepted, so nothing was fetched. To accept it: calotype models pull {} "
          "--accept-licence {}{}",
          terms.licence, pull.name, terms.licence,
          pull.plan.pack.name == "standard" ? "; to do without these models: calotype models pull standard-free" : ""));
    }
  }
  return absl::OkStatus();
}

StatusOr<PulledPack> RunPull(const App& app, const PlannedPull& pull, const PullHandlers& handlers,
                             const std::stop_token& stop) {
  const auto start = std::chrono::steady_clock::now();
  const std::unique_ptr<HttpClient> client = CreateHttpClient();
  PulledPack pulled;
  CALOTYPE_ASSIGN_OR_RETURN(pulled.report, RunPull(pull.plan, pull.hub, *client,
                                                   static_cast<int>(app.settings().connections), handlers, stop));
  pulled.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  FindUse(app, pull.plan, pulled);
  return pulled;
}

StatusOr<std::string> ProbeHub(const App& app, const std::string& name) {
  CALOTYPE_ASSIGN_OR_RETURN(const PackSource source, FindSource(name));
  CALOTYPE_ASSIGN_OR_RETURN(const HubSettings hub, ReadHubSettings(app.settings(), "", Environment));
  CALOTYPE_ASSIGN_OR_RETURN(const PullPlan plan, PlanPull(source, app.settings().models_folder, {}));
  if (plan.files.empty()) {
    return absl::InvalidArgumentError(fmt::format("{} has no files", name));
  }
  const HttpHandlers ignore{.on_response = [](const HttpClientResponse&) { return absl::OkStatus(); },
                            .on_body = [](std::span<const uint8_t>) { return absl::OkStatus(); }};
  CALOTYPE_ASSIGN_OR_RETURN(const HttpClientResponse response,
                            CreateHttpClient()->Send({.url = HubUrl(hub.endpoint, *plan.files[0].hub),
                                                      .headers = {},
                                                      .head = true,
                                                      .connect_timeout = kProbeTime,
                                                      .total_timeout = kProbeTime},
                                                     ignore, {}));
  // The login page of a captive network answers every request, but only a hub names the content of the file.
  if (ReadHubFacts(response).etag.empty()) {
    return absl::UnavailableError(
        fmt::format("{} answers with status {}, but it is not a model hub", hub.endpoint, response.status));
  }
  return hub.endpoint;
}

}  // namespace calotype
