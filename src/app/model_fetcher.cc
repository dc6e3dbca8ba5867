#include "app/model_fetcher.h"

#include <fmt/format.h>

#include <algorithm>
#include <stop_token>

#include "app/models_pull.h"
#include "base/log.h"
#include "models/known_packs.h"
#include "models/pack.h"

namespace calotype {
namespace {

constexpr std::chrono::minutes kRetryAfter{1};

}  // namespace

StatusOr<std::unique_ptr<ModelFetcher>> ModelFetcher::Open(const App& app, std::vector<std::string> packs,
                                                           std::vector<std::string> licences) {
  for (const std::string& pack : packs) {
    if (const Status known = FindPackSource(pack).status(); !known.ok()) {
      return absl::InvalidArgumentError(Message(known));
    }
  }
  return std::unique_ptr<ModelFetcher>(new ModelFetcher(app, std::move(packs), std::move(licences)));
}

ModelFetcher::~ModelFetcher() = default;

std::optional<ModelFetcher::Source> ModelFetcher::Find(const PredictModelName& wanted) const {
  for (const std::string& name : packs_) {
    const StatusOr<PackSource> source = FindPackSource(name);
    const StatusOr<Pack> pack = source.ok() ? ParseManifest(source->text, source->file, "") : source.status();
    const ModelSpec* const model = pack.ok() ? FindInPack(*pack, wanted) : nullptr;
    if (model != nullptr) {
      return Source{.pack = name,
                    .choice = model->choice == kOnlyChoice ? "" : fmt::format("{}={}", model->task, model->choice)};
    }
  }
  return std::nullopt;
}

std::optional<Status> ModelFetcher::Fetch(const PredictModelName& wanted) {
  const std::optional<Source> source = Find(wanted);
  if (!source.has_value()) {
    return std::nullopt;
  }
  const std::string model =
      fmt::format("the model {} ({} {})", wanted.name, ImmichTask(wanted.role), ImmichType(wanted.role));
  const MutexLock lock(&mutex_);
  if (running_.empty()) {
    const auto failure = failures_.find(source->pack);
    if (failure != failures_.end() && Clock::now() < failure->second.at + kRetryAfter) {
      return absl::UnavailableError(
          fmt::format("{} could not be downloaded with the pack {}: {}", model, source->pack, failure->second.reason));
    }
    if (Status begun = Begin(*source); !begun.ok()) {
      return begun;
    }
  }
  return absl::UnavailableError(fmt::format("{} is not there yet: the pack {} is being downloaded", model, running_));
}

Status ModelFetcher::Begin(const Source& source) {
  PullRequest request{.name = source.pack};
  if (!source.choice.empty()) {
    request.choices = {source.choice};
  }
  CALOTYPE_ASSIGN_OR_RETURN(PlannedPull pull, PlanPull(app_, request));
  for (const LicenceTerms& terms : pull.plan.to_accept) {
    if (std::ranges::find(licences_, terms.licence) == licences_.end()) {
      return absl::FailedPreconditionError(
          fmt::format("the licence {} was not accepted, so the pack {} was not downloaded; server.immich_licences can "
                      "accept it (calotype models pull {} shows its terms)",
                      terms.licence, source.pack, source.pack));
    }
  }
  running_ = source.pack;
  Log(LogLevel::kNotice, fmt::format("the pack {} is being downloaded: Immich asked for a model of it", source.pack));
  thread_ = std::jthread([this, pull = std::move(pull)](const std::stop_token& stop) {
    const StatusOr<PulledPack> pulled =
        RunPull(app_, pull, {.on_progress = [](const PullProgress&) {}, .on_fetched = [](const PackFile&) {}}, stop);
    const MutexLock lock(&mutex_);
    running_.clear();
    failures_.erase(pull.name);
    if (pulled.ok()) {
      Log(LogLevel::kNotice, fmt::format("the pack {} is installed", pull.name));
    } else if (!stop.stop_requested()) {
      failures_[pull.name] = {.reason = Message(pulled.status()), .at = Clock::now()};
      LogWarning("the pack {} could not be downloaded: {}", pull.name, Message(pulled.status()));
    }
  });
  return absl::OkStatus();
}

}  // namespace calotype
