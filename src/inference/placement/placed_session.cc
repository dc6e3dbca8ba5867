#include "inference/placement/placed_session.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "inference/placement/trial.h"

namespace calotype {
namespace {

// What is wrong with the device's answer. OK for a good answer and for errors that are the caller's fault.
Status Complaint(const StatusOr<std::vector<Tensor>>& answer) {
  return answer.ok() ? CheckFinite(*answer) : answer.status();
}

}  // namespace

PlacedSession::PlacedSession(ModelFile model, ModelProbe probe, Placement& placement, Plan plan)
    : model_(std::move(model)),
      probe_(std::move(probe)),
      placement_(placement),
      plan_(std::move(plan)),
      failures_(plan_.slots.size()) {}

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
  placement.Announce(placed->model_, placed->device(), placed->trial(), placed->NotUsedNow());
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

// A model that passed on the CPU passes again with the same engine and machine. The state of a GPU may have changed.
bool PlacedSession::IsInDoubt(const DeviceSlot& slot) const {
  const PlacementSettings& settings = placement_.settings();
  return settings.measure_all || slot.option.device != "cpu" || (!slot.trial && !settings.few_runs);
}

StatusOr<std::shared_ptr<const PlacedSession::Loaded>> PlacedSession::LoadSlot(std::size_t slot) const {
  const DeviceOption& option = plan_.slots[slot].option;
  CALOTYPE_ASSIGN_OR_RETURN(std::shared_ptr<Session> session, placement_.Load(model_, option));
  if (probe_ && IsInDoubt(plan_.slots[slot])) {
    if (const Status status = AskProbe(*session, probe_).status(); !status.ok()) {
      return Annotate(status, fmt::format("model {} fails its self-test on {}", model_.name, option.name()));
    }
  }
  return std::make_shared<const Loaded>(Loaded{.slot = slot, .session = std::move(session)});
}

StatusOr<std::shared_ptr<const PlacedSession::Loaded>> PlacedSession::LoadFrom(std::size_t first) {
  Status problem = absl::NotFoundError("no other device is left");
  for (std::size_t slot = first; slot < plan_.slots.size(); ++slot) {
    StatusOr<std::shared_ptr<const Loaded>> loaded = LoadSlot(slot);
    if (loaded.ok()) {
      return loaded;
    }
    problem = loaded.status();
    RecordFailure(slot, problem);
  }
  return problem;
}

void PlacedSession::RecordFailure(std::size_t slot, const Status& reason) {
  const DeviceOption& option = plan_.slots[slot].option;
  // Do not give up the last slot: there is no other, and the next process may succeed.
  const bool last = plan_.slots.size() == 1;
  failures_[slot] = {.reason = Message(reason),
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
  if (complaint.ok() || plan_.slots.size() == 1) {
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
      // The first slot follows the last: a slot that is tried again may work better than the last one.
      StatusOr<std::shared_ptr<const Loaded>> next = LoadFrom(failed->slot + 1);
      if (!next.ok() && failed->slot > 0) {
        next = LoadSlot(0);
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
    RecordFailure(failed->slot, reason);
    RecordPlacement();
    if (ModelObserver* const observer = placement_.settings().observer; observer != nullptr) {
      observer->OnFallback(model_.name, device().ToString(), reason);
    }
    LogWarning("model {} failed on {}: {}; it continues on {}, and no result was lost", model_.name,
               failed->session->device().ToString(), Message(reason), other->session->device().ToString());
  }
  return second;
}

void PlacedSession::UpdateNextChance() {
  auto next = std::chrono::system_clock::time_point::max();
  const std::shared_ptr<const Loaded> current = Current();
  for (std::size_t slot = 0; current != nullptr && slot < current->slot; ++slot) {
    if (failures_[slot].failed) {
      next = std::min(next, failures_[slot].next_try);
    }
  }
  next_chance_ = next;
}

void PlacedSession::GiveSecondChance() {
  const MutexLock lock(&replacing_);
  const auto now = placement_.store().Now();
  if (next_chance_.load() > now) {
    return;  // another thread did so
  }
  const std::size_t until = Current()->slot;
  for (std::size_t slot = 0; slot < until; ++slot) {
    Failed& failure = failures_[slot];
    if (!failure.failed || failure.next_try > now) {
      continue;
    }
    StatusOr<std::shared_ptr<const Loaded>> loaded = LoadSlot(slot);
    if (loaded.ok()) {
      failure = {};
      placement_.RecordSuccess(model_, plan_.slots[slot].option);
      LogWarning("model {} runs on {} again", model_.name, (*loaded)->session->device().ToString());
      Use(*std::move(loaded));
      RecordPlacement();
      break;
    }
    RecordFailure(slot, loaded.status());
  }
  UpdateNextChance();
}

std::vector<NotUsed> PlacedSession::not_used() const {
  const MutexLock lock(&replacing_);
  return NotUsedNow();
}

void PlacedSession::RecordPlacement() const {
  if (placement_.settings().few_runs) {
    return;  // other slots are not recorded: `status` shows where the model usually runs
  }
  placement_.store().PutPlacement(
      model_.name, {.task = model_.task, .device = device(), .trial = trial(), .not_used = NotUsedNow()});
}

std::vector<NotUsed> PlacedSession::NotUsedNow() const {
  std::vector<NotUsed> not_used;
  for (std::size_t slot = 0; slot < failures_.size(); ++slot) {
    if (failures_[slot].failed) {
      not_used.push_back({plan_.slots[slot].option.name(), failures_[slot].reason, true});
    }
  }
  const std::string current = plan_.slots[Current()->slot].option.name();
  for (const NotUsed& device : plan_.not_used) {
    const auto same = [&device](const NotUsed& other) { return other.device == device.device; };
    if (device.device != current && std::ranges::none_of(not_used, same)) {
      not_used.push_back(device);
    }
  }
  return not_used;
}

}  // namespace calotype
