#include "app/fleet/coordinator.h"

#include <fmt/format.h>

#include <algorithm>
#include <ctime>
#include <utility>

#include "app/folders.h"
#include "app/index_segments.h"
#include "app/open_catalog.h"
#include "base/log.h"

namespace calotype {
namespace {

// After a walk or another step failed; also how often somebody who waits for something looks at the clock.
constexpr std::chrono::seconds kTryAgain{10};

}  // namespace

std::optional<int64_t> Coordinator::LeadsAs() const {
  return membership_ == nullptr ? std::nullopt : membership_->leads();
}

std::optional<int64_t> Coordinator::Leads() const {
  const MutexLock lock(&mutex_);
  return LeadsAs();
}

Status Coordinator::Reachable() const {
  const MutexLock lock(&mutex_);
  return membership_ == nullptr ? absl::UnavailableError("the coordinator starts") : membership_->reachable();
}

ProcessFigures Coordinator::Figures() const {
  const MutexLock lock(&mutex_);
  return figures_;
}

void Coordinator::OnChange() {
  std::stop_source stop(std::nostopstate);
  {
    const MutexLock lock(&mutex_);  // wakes Wait() when it is released
    if (number_.has_value() && LeadsAs() != number_) {
      stop = walk_stop_;
    }
  }
  stop.request_stop();
}

void Coordinator::Wait(std::optional<int64_t> number, Clock::time_point until, const std::stop_token& stop) {
  const std::stop_callback wake(stop, [this] { OnChange(); });
  const MutexLock lock(&mutex_);
  mutex_.AwaitWithTimeout(
      [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return stop.stop_requested() || LeadsAs() != number; },
      until - Clock::now());
}

Status Coordinator::Walk(int64_t number, const EventHandler& on_event, const std::stop_token& stop) {
  std::stop_source walk_stop;
  {
    const MutexLock lock(&mutex_);
    walk_stop_ = walk_stop;
    number_ = number;
  }
  const std::stop_callback forward(stop, [&walk_stop] { walk_stop.request_stop(); });
  OnChange();  // it may have lost the lead before it wrote down its number
  std::vector<std::string> folders = request_.folders;
  if (folders.empty()) {
    CALOTYPE_ASSIGN_OR_RETURN(folders, ScannedFolders(library_));
    if (folders.empty()) {
      return absl::FailedPreconditionError(
          "no folder was scanned yet, or all were removed; name one: calotype coordinate FOLDER");
    }
  }
  // Opened for each walk: other models may have been chosen since the last one.
  const std::stop_token token = walk_stop.get_token();
  const ScanRequest request{.folders = folders, .only = request_.only, .only_walk = true, .leads_as = number};
  runner_.reset();
  CALOTYPE_ASSIGN_OR_RETURN(runner_, ScanRunner::Open(library_, request, on_event, token));
  const StatusOr<ScanReport> report = runner_->Run({});
  const MutexLock lock(&mutex_);
  number_.reset();
  if (report.ok() && !report->stopped) {
    figures_.walked_at = time(nullptr);
    figures_.walked = report->photos;
  }
  return report.status();
}

Status Coordinator::Tend(int64_t number, const std::stop_token& stop) {
  CALOTYPE_ASSIGN_OR_RETURN(const std::unique_ptr<Catalog> catalog, OpenCatalog(library_.app(), /*create=*/false));
  CALOTYPE_RETURN_IF_ERROR(catalog->WriteOnlyAsLeader(number));
  CALOTYPE_RETURN_IF_ERROR(catalog->RetryFailed({.due = true}).status());
  CALOTYPE_RETURN_IF_ERROR(catalog->CompleteSwitch().status());
  CALOTYPE_ASSIGN_OR_RETURN(const LibraryModels models, catalog->Models());
  CALOTYPE_ASSIGN_OR_RETURN(const int64_t faces, catalog->CountFaces());
  if (faces != faces_ && runner_ != nullptr && models.wanted == models.shown) {
    CALOTYPE_RETURN_IF_ERROR(runner_->SortPeople(*catalog));
    faces_ = faces;
  }
  return library_.app().settings().search_segments.empty() ? absl::OkStatus()
                                                           : BuildIndexSegments(library_, stop).status();
}

Status Coordinator::LeadAs(int64_t number, const EventHandler& on_event, const std::stop_token& stop) {
  const Settings& settings = library_.app().settings();
  Log(LogLevel::kNotice, fmt::format("this coordinator leads (number {})", number));
  Clock::time_point next_walk = Clock::now();
  Clock::time_point next_care = next_walk;
  while (!stop.stop_requested() && Leads() == number) {
    const Clock::time_point began = Clock::now();
    Status status;
    if (began >= next_walk) {
      faces_ = -1;  // a photo may have come back, or got new faces in place of old ones
      status = Walk(number, on_event, stop);
      next_walk = began + (status.ok() ? std::chrono::seconds(settings.walk_s) : kTryAgain);
      if (!status.ok() && !walked_ && !absl::IsUnavailable(status) && !absl::IsAborted(status)) {
        return status;
      }
      walked_ = walked_ || status.ok();
    }
    if (status.ok() && Clock::now() >= next_care && Leads() == number) {
      next_care = Clock::now() + std::chrono::seconds(settings.people_s);
      status = Tend(number, stop);
    }
    if (!status.ok() && !absl::IsAborted(status) && !stop.stop_requested()) {
      LogWarning("{}; trying again in {} s", Message(status), kTryAgain.count());
      next_walk = std::max(next_walk, Clock::now() + kTryAgain);
    }
    Wait(number, std::min(next_walk, std::max(next_care, Clock::now())), stop);
  }
  if (!stop.stop_requested()) {
    Log(LogLevel::kNotice, "this coordinator does not lead any more; waiting to take over");
  }
  return absl::OkStatus();
}

Status Coordinator::Run(const EventHandler& on_event, const std::stop_token& stop) {
  {
    const MutexLock lock(&mutex_);
    membership_ = std::make_unique<Membership>(
        library_.app(), MembershipOptions{.role = ProcessRole::kCoordinator,
                                          .lease = std::chrono::seconds(library_.app().settings().fleet_lease_s),
                                          .may_lead = true,
                                          .figures = [this] { return Figures(); },
                                          .on_change = [this] { OnChange(); }});
  }
  bool ready = false;
  bool told = false;
  Status status;
  while (status.ok() && !stop.stop_requested()) {
    const bool reachable = Reachable().ok();
    if (reachable && !ready && request_.on_ready) {
      request_.on_ready();
    }
    ready = ready || reachable;
    if (const std::optional<int64_t> number = Leads(); number.has_value()) {
      status = LeadAs(*number, on_event, stop);
      continue;
    }
    if (reachable && !told) {
      Log(LogLevel::kNotice, "another coordinator leads; waiting to take over");
      told = true;
    }
    constexpr std::chrono::milliseconds kLook{200};  // until the catalogue has answered for the first time
    Wait(std::nullopt, Clock::now() + (reachable ? std::chrono::milliseconds(kTryAgain) : kLook), stop);
  }
  std::unique_ptr<Membership> ended;  // destroyed without the lock, which its thread takes
  {
    const MutexLock lock(&mutex_);
    ended.swap(membership_);
  }
  runner_.reset();  // it may have an observer that ends before this object
  return status;
}

}  // namespace calotype
