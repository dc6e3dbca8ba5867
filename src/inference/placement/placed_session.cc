#include "inference/placement/placed_session.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "inference/placement/trial.h"

namespace calotype {
namespace {

// What is wrong with an answer; OK when nothing is, or when it is the caller's fault.
Status Complaint(const StatusOr<std::vector<Tensor>>& answer) {
  return answer.ok() ? CheckFinite(*answer) : answer.status();
}

}  // namespace

PlacedSession::PlacedSession(ModelFile model, ModelProbe probe, Placement& placement, Plan plan)
    : model_(std::move(model)),
      probe_(std::move(probe)),
      placement_(placement),
      plan_(std::move(plan)),
      failures_(plan_.places.size()) {}

StatusOr<std::unique_ptr<PlacedSession>> PlacedSession::Create(ModelFile model, ModelProbe probe,
                                                               Placement& placement) {
  CALOTYPE_ASSIGN_OR_RETURN(Plan plan, placement.PlanFor(model, probe));
  std::unique_ptr<PlacedSession> placed(
      new PlacedSession(std::move(model), std::move(probe), placement, std::move(plan)));
  const MutexLock lock(&placed->replacing_);
  CALOTYPE_ASSIGN_OR_RETURN(const std::shared_ptr<const Loaded> loaded, placed->LoadFrom(0));
  placed->inputs_ = loaded->session->inputs();
  placed->outputs_ = loaded->session->outputs();
  placed->Use(loaded);
  placed->UpdateNextChance();
  placed->RecordPlacement();
  placement.Tell(placed->NotUsedNow());
  return placed;
}

std::shared_ptr<const PlacedSession::Loaded> PlacedSession::Current() const {
  const MutexLock lock(&mutex_);
  return current_;
}

void PlacedSession::Use(std::shared_ptr<const Loaded> loaded) {
  const MutexLock lock(&mutex_);
  current_ = std::move(loaded);
}

// What passed on the CPU under the same model, engine and machine will again; a GPU's state may have changed since.
bool PlacedSession::IsInDoubt(const Place& place) const {
  const PlacementSettings& settings = placement_.settings();
  return settings.measure_all || place.option.device != "cpu" || (!place.trial && !settings.few_runs);
}

StatusOr<std::shared_ptr<const PlacedSession::Loaded>> PlacedSession::LoadPlace(std::size_t place) const {
  const DeviceOption& option = plan_.places[place].option;
  CALOTYPE_ASSIGN_OR_RETURN(std::shared_ptr<Session> session, placement_.Load(model_, option));
  if (probe_ && IsInDoubt(plan_.places[place])) {
    if (const Status status = AskProbe(*session, probe_).status(); !status.ok()) {
      return Annotate(status, fmt::format("model {} fails its self-test on {}", model_.name, option.name()));
    }
  }
  return std::make_shared<const Loaded>(Loaded{.place = place, .session = std::move(session)});
}

StatusOr<std::shared_ptr<const PlacedSession::Loaded>> PlacedSession::LoadFrom(std::size_t first) {
  Status problem = absl::NotFoundError("there is no further device");
  for (std::size_t place = first; place < plan_.places.size(); ++place) {
    StatusOr<std::shared_ptr<const Loaded>> loaded = LoadPlace(place);
    if (loaded.ok()) {
      return loaded;
    }
    problem = loaded.status();
    RecordFailure(place, problem);
  }
  return problem;
}

void PlacedSession::RecordFailure(std::size_t place, const Status& reason) {
  const DeviceOption& option = plan_.places[place].option;
  // The last place is not given up: there is nothing else, and the next process may be luckier.
  const bool last = plan_.places.size() == 1;
  failures_[place] = {.reason = Message(reason),
                      .next_try = last ? placement_.store().Now() : placement_.RecordFailure(model_, option, reason),
                      .failed = true};
  UpdateNextChance();
}

StatusOr<std::vector<Tensor>> PlacedSession::Run(std::span<const Tensor> inputs) {
  if (next_chance_.load(std::memory_order_relaxed) <= placement_.store().Now()) {
    GiveSecondChance();
  }
  const std::shared_ptr<const Loaded> current = Current();
  StatusOr<std::vector<Tensor>> answer = current->session->Run(inputs);
  const Status complaint = Complaint(answer);
  if (complaint.ok() || plan_.places.size() == 1) {
    return answer;
  }
  return RunElsewhere(current, answer, complaint, inputs);
}

StatusOr<std::vector<Tensor>> PlacedSession::RunElsewhere(const std::shared_ptr<const Loaded>& failed,
                                                          const StatusOr<std::vector<Tensor>>& answer,
                                                          const Status& reason, std::span<const Tensor> inputs) {
  const MutexLock lock(&replacing_);
  std::shared_ptr<const Loaded> other = Current();
  if (other == failed) {
    if (spare_ == nullptr) {
      // Behind the last place comes the first: a place that got its second chance may be better than the last one.
      StatusOr<std::shared_ptr<const Loaded>> next = LoadFrom(failed->place + 1);
      if (!next.ok() && failed->place > 0) {
        next = LoadPlace(0);
      }
      if (!next.ok()) {
        return answer;
      }
      spare_ = *std::move(next);
    }
    other = spare_;
  }
  StatusOr<std::vector<Tensor>> second = other->session->Run(inputs);
  if (!Complaint(second).ok()) {
    return answer;
  }
  if (other == spare_) {
    spare_ = nullptr;
    Use(other);
    RecordFailure(failed->place, reason);
    RecordPlacement();
    LogWarning("model {} left {}: {}; it runs on {} now and nothing was lost", model_.name,
               failed->session->device().ToString(), Message(reason), other->session->device().ToString());
  }
  return second;
}

void PlacedSession::UpdateNextChance() {
  auto next = std::chrono::system_clock::time_point::max();
  const std::shared_ptr<const Loaded> current = Current();
  for (std::size_t place = 0; current != nullptr && place < current->place; ++place) {
    if (failures_[place].failed) {
      next = std::min(next, failures_[place].next_try);
    }
  }
  next_chance_ = next;
}

void PlacedSession::GiveSecondChance() {
  const MutexLock lock(&replacing_);
  const auto now = placement_.store().Now();
  if (next_chance_.load() > now) {
    return;  // another thread did
  }
  const std::size_t until = Current()->place;
  for (std::size_t place = 0; place < until; ++place) {
    Failed& failure = failures_[place];
    if (!failure.failed || failure.next_try > now) {
      continue;
    }
    StatusOr<std::shared_ptr<const Loaded>> loaded = LoadPlace(place);
    if (loaded.ok()) {
      failure = {};
      placement_.RecordSuccess(model_, plan_.places[place].option);
      LogWarning("model {} is back on {}", model_.name, (*loaded)->session->device().ToString());
      Use(*std::move(loaded));
      RecordPlacement();
      break;
    }
    RecordFailure(place, loaded.status());
  }
  UpdateNextChance();
}

std::vector<NotUsed> PlacedSession::not_used() const {
  const MutexLock lock(&replacing_);
  return NotUsedNow();
}

void PlacedSession::RecordPlacement() const {
  if (placement_.settings().few_runs) {
    return;  // where it is otherwise is what `status` tells
  }
  placement_.store().PutPlacement(
      model_.name, {.task = model_.task, .device = device(), .trial = trial(), .not_used = NotUsedNow()});
}

std::vector<NotUsed> PlacedSession::NotUsedNow() const {
  std::vector<NotUsed> not_used;
  for (std::size_t place = 0; place < failures_.size(); ++place) {
    if (failures_[place].failed) {
      not_used.push_back({plan_.places[place].option.name(), failures_[place].reason, true});
    }
  }
  const std::string current = plan_.places[Current()->place].option.name();
  for (const NotUsed& device : plan_.not_used) {
    const auto same = [&device](const NotUsed& other) { return other.device == device.device; };
    if (device.device != current && std::ranges::none_of(not_used, same)) {
      not_used.push_back(device);
    }
  }
  return not_used;
}

}  // namespace calotype
