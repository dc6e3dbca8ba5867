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
constexpr std::chrono::minutes kPatience{4};

}  // namespace

StatusOr<std::unique_ptr<ModelFetcher>> ModelFetcher::Open(const App& app, std::vector<std::string> packs,
                                                           std::vector<std::string> licences, int waiting) {
  for (const std::string& pack : packs) {
    if (const Status known = FindPackSource(pack).status(); !known.ok()) {
      return absl::InvalidArgumentError(Message(known));
    }
  }
  return std::unique_ptr<ModelFetcher>(new ModelFetcher(app, std::move(packs), std::move(licences), waiting));
}

ModelFetcher::~ModelFetcher() { Stop(); }

void ModelFetcher::Stop() {
  {
    const MutexLock lock(&mutex_);
    stopped_ = true;
  }
  stop_.request_stop();
}

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
  const Clock::time_point deadline =
      wanted.role == PredictRole::kTextEmbedding ? Clock::now() : Clock::now() + kPatience;
  const MutexLock lock(&mutex_);
  while (!stopped_) {
    const std::string running = running_;
    if (running.empty()) {
      if (const std::optional<std::string> failure = RecentFailure(source->pack); failure.has_value()) {
        return absl::UnavailableError(
            fmt::format("{} could not be downloaded with the pack {}: {}", model, source->pack, *failure));
      }
      CALOTYPE_RETURN_IF_ERROR(Begin(*source));
      continue;
    }
    if (!AwaitEnd(deadline)) {
      return absl::UnavailableError(
          fmt::format("{} is not there yet: the pack {} is being downloaded", model, running));
    }
    if (!stopped_ && running == source->pack && !RecentFailure(source->pack).has_value()) {
      return absl::OkStatus();
    }
  }
  return absl::UnavailableError(fmt::format("{} is not there yet: the server ends", model));
}

std::optional<std::string> ModelFetcher::RecentFailure(const std::string& pack) const {
  const auto failure = failures_.find(pack);
  const bool is_recent = failure != failures_.end() && Clock::now() < failure->second.at + kRetryAfter;
  return is_recent ? std::optional(failure->second.reason) : std::nullopt;
}

bool ModelFetcher::AwaitEnd(Clock::time_point deadline) {
  if (waiting_ >= most_waiting_) {
    return false;
  }
  ++waiting_;
  const auto has_ended = [this, before = ended_]()
                             ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return stopped_ || ended_ != before; };
  const bool ended = mutex_.AwaitWithTimeout(has_ended, deadline - Clock::now());
  --waiting_;
  return ended;
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
  std::string accepted;
  for (const LicenceTerms& terms : pull.plan.to_accept) {
    accepted += fmt::format("; {}, accepted by server.immich_licences: {}", terms.licence, terms.terms);
  }
  running_ = source.pack;
  Log(LogLevel::kNotice,
      fmt::format("the pack {} is being downloaded: Immich asked for a model of it{}", source.pack, accepted));
  thread_ = std::jthread([this, pull = std::move(pull), stop = stop_.get_token()] {
    const StatusOr<PulledPack> pulled =
        RunPull(app_, pull, {.on_progress = [](const PullProgress&) {}, .on_fetched = [](const PackFile&) {}}, stop);
    const MutexLock lock(&mutex_);
    running_.clear();
    ++ended_;
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
