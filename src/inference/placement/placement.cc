#include "inference/placement/placement.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <set>
#include <utility>

#include "base/log.h"
#include "inference/compatibility/device_error_table.h"
#include "inference/placement/batching_session.h"
#include "inference/placement/loaded_on.h"
#include "inference/placement/observed_session.h"
#include "inference/placement/trial.h"
#include "inference/quantise/quantised_file.h"

namespace calotype {
namespace {

// Version of the rule of agreement, of how devices are measured and of how engines are configured. Increase it when one
// of these changes; measurements of other revisions are not used.
constexpr int kRevision = 6;

// After so many trials that ended the process, the device is no longer tried. The first may have been a user's Ctrl-C.
constexpr int kMostDeaths = 2;

// Repeated measurements on a busy machine differ by this much, so a smaller gain is not worth a change.
constexpr double kWorthIt = 0.95;
// Models of one engine share working memory. A second engine needs its own, 0.5 to 1.5 GB for five models of full size.
// So it must be faster by 15 % in total; 15 % of one model's time are only a few percent of the time for a photo.
constexpr double kOtherEngine = 0.95 / 0.85;
// Between these parts of the reference's time, the variation of measurements decides whether an option is fast enough.
constexpr double kLeastDoubt = 0.75;
constexpr double kMostDoubt = 1.05;

std::string WithNextTry(std::string_view reason, std::chrono::system_clock::time_point when) {
  return fmt::format("{} (next attempt after {:%H:%M:%S} UTC)", reason,
                     fmt::gmtime(std::chrono::system_clock::to_time_t(when)));
}

// A failure explained, and whether it may go away by itself.
struct Diagnosis {
  std::string reason;
  bool may_pass = true;
};

Diagnosis Diagnose(const Status& failure) {
  const std::string text = Message(failure);
  const DeviceErrorMeaning meaning = ExplainDeviceError(text);
  if (meaning.kind == DeviceErrorKind::kOther) {
    // These errors stay until something is installed or replaced.
    return {.reason = text,
            .may_pass = !absl::IsFailedPrecondition(failure) && !absl::IsInvalidArgument(failure) &&
                        !absl::IsNotFound(failure)};
  }
  return {.reason = fmt::format("{} ({}; {})", text, meaning.meaning, meaning.remedy), .may_pass = meaning.may_pass};
}

Status NothingWorks(const ModelFile& model, const DevicePolicy& policy, std::string_view setting,
                    const std::vector<NotUsed>& reasons) {
  std::string text;
  for (const NotUsed& reason : reasons) {
    text += fmt::format("; {}: {}", reason.device, reason.reason);
  }
  return absl::FailedPreconditionError(fmt::format("model {} is limited to {} ({}), which does not work here{}",
                                                   model.name, policy.ToString(), setting, text));
}

}  // namespace

Placement::Placement(PlacementSettings settings, std::shared_ptr<DeviceStore> store)
    : settings_(std::move(settings)), store_(std::move(store)) {}

const DevicePolicy& Placement::PolicyFor(const ModelFile& model) const {
  const auto own = settings_.policies.find(model.task);
  return own == settings_.policies.end() ? settings_.default_policy : own->second;
}

std::string Placement::PolicySetting(const ModelFile& model) const {
  return "devices." + (settings_.policies.contains(model.task) ? model.task : "default");
}

StatusOr<std::filesystem::path> Placement::FileFor(const ModelFile& model, const DeviceOption& option) const {
  return option.precision == kInt8Precision ? FindQuantisedFile(settings_.quantised, model.path, model.hash)
                                            : model.path;
}

std::string Placement::Key(const ModelFile& model, const DeviceOption& option) const {
  // A new int8 file can have the same size and still answer differently.
  const std::string made = option.precision == kInt8Precision ? FileStampText(FileFor(model, option)) : "";
  return fmt::format("{} {} | {} {} {}{} | {} threads x {} | {} | {}", model.name, model.hash, option.engine->name(),
                     option.device, option.precision, made, settings_.threads, settings_.parallel, settings_.machine,
                     kRevision);
}

std::string Placement::Key(const DeviceOption& option) const {
  return fmt::format("{} {} {} | {}", option.engine->name(), option.device, option.precision, settings_.machine);
}

Status Placement::MayTry(const DeviceOption& option) const {
  const std::string key = Key(option);
  if (const auto failure = store_->FindFailure(key)) {
    return absl::FailedPreconditionError(failure->reason);
  }
  if (store_->BeginTrial(key) < kMostDeaths) {
    return absl::OkStatus();
  }
  Status died = absl::FailedPreconditionError(
      fmt::format("the program ended {} times while it tried a model there (a crash, or it was stopped); "
                  "`calotype doctor --fix` tries it again",
                  kMostDeaths));
  store_->PutFailure(key, Message(died), false);
  store_->PutUnfinished(key, kMostDeaths - 1);  // when the wait is over, one more attempt is allowed
  return died;
}

std::vector<std::vector<std::size_t>> Placement::GroupsFor(const ModelFile& model,
                                                           std::vector<NotUsed>* not_used) const {
  const DevicePolicy& policy = PolicyFor(model);
  auto groups = GroupOptions(policy, settings_.options);
  for (std::size_t i = 0; i < groups.size(); ++i) {
    if (groups[i].empty() && not_used != nullptr) {
      not_used->push_back({policy.selectors[i].text, "this machine has no such device", true});
    }
    std::erase_if(groups[i], [&](std::size_t option) {
      const Status file = FileFor(model, settings_.options[option]).status();
      if (!file.ok() && not_used != nullptr && !policy.automatic() && policy.selectors[i].precision == kInt8Precision) {
        not_used->push_back({settings_.options[option].name(),
                             fmt::format("{}; `calotype models quantise {}` creates it", Message(file), model.task),
                             true});
      }
      return !file.ok();
    });
  }
  return groups;
}

std::optional<Trial> Placement::FindTrial(const ModelFile& model, const DeviceOption& option) const {
  return store_->FindTrial(Key(model, option));
}

std::vector<std::size_t> Placement::Wanted(const ModelFile& model) const {
  std::set<std::size_t> wanted = {0};
  for (const auto& group : GroupsFor(model, nullptr)) {
    wanted.insert(group.begin(), group.end());
  }
  std::erase_if(wanted, [this](std::size_t i) { return !settings_.options[i].usable.ok(); });
  return {wanted.begin(), wanted.end()};
}

bool Placement::IsKnown(const ModelFile& model, const DeviceOption& option) const {
  const std::string key = Key(model, option);
  return store_->FindTrial(key).has_value() || store_->FindFailure(key).has_value();
}

void Placement::Tell(const std::vector<NotUsed>& not_used) {
  const MutexLock lock(&telling_);
  for (const NotUsed& device : not_used) {
    if (device.news && told_.insert(device.device + device.reason).second) {
      LogWarning("{} is not used: {}", device.device, device.reason);
    }
  }
}

void Placement::Announce(const ModelFile& model, const DeviceInfo& device, const std::optional<Trial>& trial,
                         const std::vector<NotUsed>& not_used) {
  const MutexLock lock(&telling_);
  if (!settings_.announce || !announced_.insert(model.name).second) {
    return;
  }
  const CpuReason why = WhyOnCpu(PolicyFor(model), PolicySetting(model), settings_.options, not_used);
  LogFields fields = {{.name = "model", .value = model.name}, {.name = "device", .value = device.ToString()}};
  if (trial) {
    fields.push_back({.name = "ms_per_run", .value = trial->milliseconds});
  }
  LogLevel level = LogLevel::kNotice;
  std::string_view reason = why.text;
  if (device.device == "cpu") {
    fields.push_back({.name = "reason", .value = why.text});
    if (!cpu_reasons_.insert(why.text).second) {
      reason = "for the same reason";
    } else if (why.device != nullptr && why.device->news) {
      level = LogLevel::kWarning;
      told_.insert(why.device->device + why.device->reason);  // Tell() need not repeat it
    }
  }
  Log(level, LoadedOn(model.title.empty() ? model.name : model.title, device, trial, reason), fields);
}

bool Placement::HasChoice(const ModelFile& model) const {
  const auto groups = GroupsFor(model, nullptr);
  return std::ranges::any_of(groups, [this](const std::vector<std::size_t>& group) {
    const auto usable = [this](std::size_t i) { return settings_.options[i].usable.ok(); };
    const auto doubtful = [&](std::size_t i) { return usable(i) && settings_.options[i].device != "cpu"; };
    return std::ranges::count_if(group, usable) > 1 || std::ranges::any_of(group, doubtful);
  });
}

bool Placement::NeedsMeasuring(const ModelFile& model, const ModelProbe& probe) const {
  return probe && (settings_.measure_all || HasChoice(model)) &&
         std::ranges::any_of(Wanted(model), [&](std::size_t i) { return !IsKnown(model, settings_.options[i]); });
}

StatusOr<std::unique_ptr<Session>> Placement::LoadPlain(const ModelFile& model, const DeviceOption& option) const {
  if (settings_.check) {
    CALOTYPE_RETURN_IF_ERROR(settings_.check(model));
  }
  CALOTYPE_ASSIGN_OR_RETURN(const std::filesystem::path file, FileFor(model, option));
  return LoadOn(option, file,
                {.threads = settings_.threads,
                 .parallel = settings_.parallel,
                 .compiled = settings_.compiled,
                 .few_runs = settings_.few_runs,
                 .run_limit = settings_.cpu_limit},
                settings_.limit);
}

StatusOr<std::shared_ptr<Session>> Placement::Load(const ModelFile& model, const DeviceOption& option) const {
  CALOTYPE_ASSIGN_OR_RETURN(std::unique_ptr<Session> session, LoadPlain(model, option));
  if (settings_.observer != nullptr) {
    session = std::make_unique<ObservedSession>(std::move(session), model.name, *settings_.observer);
  }
  const auto batch = settings_.max_batch.find(model.task);
  const bool on_cpu = option.device == "cpu";
  if ((on_cpu && !settings_.serves) || batch == settings_.max_batch.end() || !CanBatch(*session)) {
    return session;
  }
  BatchingOptions options{.max_batch = batch->second, .max_delay = settings_.batch_delay, .fixed_buckets = !on_cpu};
  if (settings_.serves && batch->second > 1) {
    options.runs_at_once = on_cpu ? settings_.parallel : 1;
    options.learn_rows = on_cpu;
  }
  return std::make_shared<BatchingSession>(std::move(session), options);
}

StatusOr<Trial> Placement::Measure(const ModelFile& model, const DeviceOption& option, const ModelProbe& probe,
                                   double best_ms, const ReferenceAnswer* reference, ReferenceAnswer* own) const {
  CALOTYPE_ASSIGN_OR_RETURN(const std::unique_ptr<Session> session, LoadPlain(model, option));
  return RunTrial(*session, probe, option.device == "cpu" && settings_.threads == 1, best_ms, reference, own);
}

Status Placement::MeasureMissing(const ModelFile& model, const ModelProbe& probe, const std::stop_token& stop) {
  // One model at a time: two at once would slow each other down and falsify the results.
  const MutexLock lock(&measuring_);
  if (!NeedsMeasuring(model, probe)) {
    return absl::OkStatus();
  }
  // The reference's answer is not stored, so the reference runs again whenever another option is measured.
  ReferenceAnswer reference;
  bool have_reference = false;
  double best_ms = std::numeric_limits<double>::max();
  for (const std::size_t i : Wanted(model)) {
    const DeviceOption& option = settings_.options[i];
    if (i != 0 && IsKnown(model, option)) {
      continue;
    }
    if (stop.stop_requested()) {
      return absl::CancelledError(
          fmt::format("stopped while devices were measured for {}; the next run measures the rest", model.name));
    }
    if (const Status may_try = i == 0 ? absl::OkStatus() : MayTry(option); !may_try.ok()) {
      RecordFailure(model, option, may_try);
      continue;
    }
    const StatusOr<Trial> trial =
        Measure(model, option, probe, best_ms, have_reference ? &reference : nullptr, &reference);
    if (i != 0) {
      store_->EndTrial(Key(option));
    }
    if (!trial.ok()) {
      LogInfo("model {} does not work on {}: {}", model.name, option.name(), Message(trial.status()));
      RecordFailure(model, option, trial.status());
      continue;
    }
    have_reference = have_reference || i == 0;
    LogInfo("model {} measured on {}: {:.1f} ms, {}", model.name, option.name(), trial->milliseconds, trial->figure);
    best_ms = std::min(best_ms, trial->milliseconds);
    store_->PutTrial(Key(model, option), *trial);
    RecordSuccess(model, option);
  }
  if (have_reference && !stop.stop_requested()) {
    MeasureAgainInDoubt(model, probe, reference);
  }
  return absl::OkStatus();
}

// Repeated measurements differ by some percent from minute to minute. If that difference decides, measures both options
// again and keeps the better result of each.
void Placement::MeasureAgainInDoubt(const ModelFile& model, const ModelProbe& probe, const ReferenceAnswer& reference) {
  const DeviceOption& first = settings_.options.front();
  std::optional<Trial> best = FindTrial(model, first);
  const DeviceOption* rival = nullptr;
  for (const std::size_t i : Wanted(model)) {
    const DeviceOption& option = settings_.options[i];
    const std::optional<Trial> trial = FindTrial(model, option);
    if (i != 0 && trial && trial->agrees && (rival == nullptr || trial->milliseconds < best->milliseconds)) {
      rival = &option;
      best = trial;
    }
  }
  const std::optional<Trial> mine = FindTrial(model, first);
  if (rival == nullptr || !mine) {
    return;
  }
  const double ratio = best->milliseconds / mine->milliseconds;
  if (ratio < kLeastDoubt || ratio > kMostDoubt) {
    return;
  }
  for (const DeviceOption* const option : {&first, rival}) {
    const StatusOr<Trial> again =
        Measure(model, *option, probe, std::numeric_limits<double>::max(), &reference, nullptr);
    std::optional<Trial> trial = FindTrial(model, *option);
    if (again.ok() && again->agrees && trial && again->milliseconds < trial->milliseconds) {
      trial->milliseconds = again->milliseconds;
      store_->PutTrial(Key(model, *option), *trial);
    }
  }
  LogInfo("model {}: {} took {:.0f} % of the time of {}, too close to decide; measuring again", model.name,
          rival->name(), ratio * 100, first.name());
}

void Placement::AddGroup(const ModelFile& model, bool has_probe, const std::vector<std::size_t>& group,
                         Plan& plan) const {
  const bool obeyed = group.size() == 1;  // the policy names exactly this option
  std::vector<DeviceSlot> slots;
  for (const std::size_t i : group) {
    const DeviceOption& option = settings_.options[i];
    const std::optional<Trial> trial = store_->FindTrial(Key(model, option));
    if (!option.usable.ok()) {
      plan.not_used.push_back({option.name(), Message(option.usable), option.present || !PolicyFor(model).automatic()});
    } else if (const auto failure = store_->FindFailure(Key(model, option))) {
      plan.not_used.push_back({option.name(), WithNextTry(failure->reason, failure->next_try), true});
    } else if (has_probe && trial && !trial->agrees && !obeyed) {
      plan.not_used.push_back(
          {option.name(), fmt::format("disagrees with fp32: {} ({:.1f} ms)", trial->figure, trial->milliseconds)});
    } else if (!has_probe && i != 0 && !obeyed) {
      plan.not_used.push_back({option.name(), "the model's manifest has no self-test, so answers cannot be compared"});
    } else {
      slots.push_back({.option = option, .trial = trial});
    }
  }
  const auto cost = [this](const DeviceSlot& slot) {
    if (!slot.trial) {
      return 0.0;
    }
    const DeviceOption& reference = settings_.options.front();
    const double worth = slot.option.name() == reference.name()   ? kWorthIt
                         : slot.option.engine == reference.engine ? 1
                                                                  : kOtherEngine;
    return slot.trial->milliseconds * worth;
  };
  std::ranges::stable_sort(slots, {}, cost);
  for (std::size_t i = 0; i < slots.size(); ++i) {
    const DeviceSlot& slot = slots[i];
    if (i > 0 && slot.trial) {
      const double best = slots.front().trial ? slots.front().trial->milliseconds : 0;
      plan.not_used.push_back(
          {slot.option.name(),
           fmt::format("{}: {:.1f} ms, against {:.1f} ms on the device in use ({})",
                       slot.trial->milliseconds > best ? "slower" : "faster, but by too little to change devices",
                       slot.trial->milliseconds, best, slot.trial->figure)});
    }
    plan.slots.push_back(slot);
  }
}

// If no other option is left, a failed one is used without waiting.
void Placement::AddFailedOnes(const std::vector<std::vector<std::size_t>>& groups, Plan& plan) const {
  for (const auto& group : groups) {
    for (const std::size_t i : group) {
      if (settings_.options[i].usable.ok()) {
        plan.slots.push_back({.option = settings_.options[i], .trial = std::nullopt});
      }
    }
  }
}

StatusOr<Plan> Placement::PlanFor(const ModelFile& model, const ModelProbe& probe, const std::stop_token& stop) {
  const DevicePolicy& policy = PolicyFor(model);
  if (settings_.few_runs && policy.automatic()) {
    return Plan{.slots = {{.option = settings_.options.front(), .trial = std::nullopt}}, .not_used = {}};
  }
  if (probe) {
    CALOTYPE_RETURN_IF_ERROR(MeasureMissing(model, probe, stop));
  }
  Plan plan;
  const auto groups = GroupsFor(model, &plan.not_used);
  for (const auto& group : groups) {
    AddGroup(model, static_cast<bool>(probe), group, plan);
  }
  if (plan.slots.empty()) {
    AddFailedOnes(groups, plan);
  }
  return plan.slots.empty() ? StatusOr<Plan>(NothingWorks(model, policy, PolicySetting(model), plan.not_used)) : plan;
}

std::chrono::system_clock::time_point Placement::RecordFailure(const ModelFile& model, const DeviceOption& option,
                                                               const Status& failure) {
  const Diagnosis diagnosis = Diagnose(failure);
  return store_->PutFailure(Key(model, option), diagnosis.reason, diagnosis.may_pass);
}

void Placement::RecordSuccess(const ModelFile& model, const DeviceOption& option) {
  store_->ForgetFailure(Key(model, option));
}

}  // namespace calotype
