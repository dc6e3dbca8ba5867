#include "app/fleet/membership.h"

#include <utility>

#include "app/open_catalog.h"
#include "base/log.h"
#include "base/stoppable_sleep.h"

namespace calotype {
namespace {

constexpr int kReports = 6;  // in the time of a lease

}  // namespace

Membership::Membership(const App& app, MembershipOptions options) : app_(app), options_(std::move(options)) {
  thread_ = std::jthread([this](const std::stop_token& stop) { Run(stop); });
}

Membership::~Membership() {
  thread_.request_stop();
  thread_.join();
  if (catalog_ != nullptr) {
    catalog_->EndProcess(owner_).IgnoreError();  // else the lease ends
  }
}

void Membership::Run(const std::stop_token& stop) {
  const std::chrono::milliseconds pause = std::chrono::milliseconds(options_.lease) / kReports;
  do {
    const Clock::time_point began = Clock::now();
    Note(Report(), began);
  } while (SleepUnlessStopped(pause, stop));
}

StatusOr<std::optional<int64_t>> Membership::Report() {
  if (catalog_ == nullptr) {
    CALOTYPE_ASSIGN_OR_RETURN(catalog_, OpenCatalog(app_, /*create=*/options_.may_lead));
  }
  CALOTYPE_RETURN_IF_ERROR(catalog_->ReportProcess(owner_, options_.role, options_.figures(), options_.lease.count()));
  if (!options_.may_lead) {
    return std::optional<int64_t>();
  }
  return catalog_->Lead(owner_);
}

// Between two reports a lease may end; leads() would not notice, but what the leader writes is refused then.
void Membership::Note(const StatusOr<std::optional<int64_t>>& report, Clock::time_point began) {
  bool changed = false;
  {
    const MutexLock lock(&mutex_);
    const std::optional<int64_t> before = leads_;
    changed = reachable_ != report.status();
    if (!report.ok() && changed) {
      LogWarning("{}", Message(report.status()));
    }
    if (report.ok() && changed && reported_ != Clock::time_point()) {
      Log(LogLevel::kNotice, "the catalogue answers again");
    }
    reachable_ = report.status();
    if (report.ok()) {
      reported_ = began;
      leads_ = *report;
    } else if (Clock::now() - reported_ >= options_.lease) {
      leads_.reset();
    }
    changed = changed || leads_ != before;
  }
  if (!report.ok()) {
    catalog_.reset();
  }
  if (changed && options_.on_change) {
    options_.on_change();
  }
}

Status Membership::reachable() const {
  const MutexLock lock(&mutex_);
  return reachable_;
}

std::optional<int64_t> Membership::leads() const {
  const MutexLock lock(&mutex_);
  return leads_;
}

}  // namespace calotype
