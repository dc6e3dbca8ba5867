#include "app/scan.h"

#include <utility>

namespace calotype {

ScanService::~ScanService() {
  Stop();
  std::jthread thread;
  {
    const MutexLock lock(&mutex_);
    thread.swap(thread_);
  }
}

Status ScanService::Start(const ScanRequest& request) {
  std::jthread previous;  // joined after the lock is released: its last step takes the lock
  const MutexLock lock(&mutex_);
  if (running_) {
    return absl::FailedPreconditionError("a scan of this library is running; stop it or wait for it to finish");
  }
  running_ = true;
  stop_ = std::stop_source();
  previous.swap(thread_);
  thread_ = std::jthread([this, request, stop = stop_.get_token()] { Run(request, stop); });
  return absl::OkStatus();
}

void ScanService::Run(const ScanRequest& request, const std::stop_token& stop) {
  StatusOr<ScanReport> result =
      RunScanRequest(library_, request, [this](const Event& event) { bus_.Publish(event); }, stop);
  const Status status = result.status();
  const MutexLock lock(&mutex_);
  result_ = std::move(result);
  running_ = false;
  // With the lock held, so that no event of the next scan comes before it. Publishing only fills queues.
  bus_.Publish(ScanEnded{.status = status});
}

void ScanService::Stop() {
  std::stop_source stop(std::nostopstate);
  {
    const MutexLock lock(&mutex_);
    stop = stop_;
  }
  stop.request_stop();  // without the lock: this runs the callbacks of whoever waits for the stop
}

StatusOr<ScanReport> ScanService::Wait() {
  const MutexLock lock(&mutex_);
  mutex_.Await([this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return !running_; });
  return result_;
}

bool ScanService::running() const {
  const MutexLock lock(&mutex_);
  return running_;
}

}  // namespace calotype
