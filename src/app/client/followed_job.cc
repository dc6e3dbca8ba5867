#include "app/client/followed_job.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <deque>
#include <iterator>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "app/api_json.h"
#include "app/client/event_parser.h"
#include "app/client/read_answer.h"
#include "app/jobs.h"
#include "base/mutex.h"

namespace calotype {
namespace {

using Json = nlohmann::ordered_json;

// How soon a request to stop is noticed.
constexpr std::chrono::milliseconds kStopPoll{200};
// How often the job is asked for when there are no events.
constexpr std::chrono::seconds kJobPoll{1};

// The events of a server, read on a thread of its own.
class Listener {
 public:
  explicit Listener(ApiConnection& api)
      : thread_([this, &api](const std::stop_token& stop) {
          EventParser parser;
          End(api.Listen("/events", [&](std::string_view bytes) { Add(parser.Add(bytes)); }, stop));
        }) {}

  // The next event; nullopt if none comes within `timeout`, or at once when the stream has ended.
  std::optional<ServerEvent> Next(std::chrono::milliseconds timeout) ABSL_LOCKS_EXCLUDED(mutex_) {
    const MutexLock lock(&mutex_);
    mutex_.AwaitWithTimeout(
        [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return end_.has_value() || !events_.empty(); }, timeout);
    if (events_.empty()) {
      return std::nullopt;
    }
    ServerEvent event = std::move(events_.front());
    events_.pop_front();
    return event;
  }

  // How the stream ended; nullopt while it is open.
  std::optional<Status> end() const ABSL_LOCKS_EXCLUDED(mutex_) {
    const MutexLock lock(&mutex_);
    return end_;
  }

 private:
  void Add(std::vector<ServerEvent> events) ABSL_LOCKS_EXCLUDED(mutex_) {
    const MutexLock lock(&mutex_);
    std::ranges::move(events, std::back_inserter(events_));
  }
  void End(Status status) ABSL_LOCKS_EXCLUDED(mutex_) {
    const MutexLock lock(&mutex_);
    end_ = std::move(status);
  }

  mutable Mutex mutex_;
  std::deque<ServerEvent> events_ ABSL_GUARDED_BY(mutex_);
  std::optional<Status> end_ ABSL_GUARDED_BY(mutex_);
  std::jthread thread_;
};

// One scan: submits it, cancels it, and passes on what concerns it.
class FollowedScan {
 public:
  FollowedScan(ApiConnection& api, const EventHandler& on_event) : api_(api), on_event_(on_event) {}

  Status Submit(const ScanRequest& request) {
    Json body = {{"kind", "scan"}, {"folders", request.folders}, {"only", request.only}, {"gone", request.gone}};
    CALOTYPE_ASSIGN_OR_RETURN(job_, ReadAnswer(api_.Send("POST", "/jobs", body), JobFrom));
    return absl::OkStatus();
  }

  Status Cancel() {
    const Status cancelled = api_.Send("DELETE", Path(), nullptr).status();
    return absl::IsFailedPrecondition(cancelled) ? absl::OkStatus() : cancelled;  // it has just ended
  }

  // For a server that no longer tells.
  Status Ask() {
    CALOTYPE_ASSIGN_OR_RETURN(job_, ReadAnswer(api_.Get(Path()), JobFrom));
    if (job_.progress.has_value()) {
      Report(*job_.progress);
    }
    return absl::OkStatus();
  }

  Status Handle(const ServerEvent& event) {
    const StatusOr<Json> data = Json::parse(event.data, nullptr, /*allow_exceptions=*/false);
    if (event.name == "job") {
      CALOTYPE_ASSIGN_OR_RETURN(Job job, ReadAnswer(data, JobFrom));
      if (job.id == job_.id) {
        job_ = std::move(job);
      }
      return absl::OkStatus();
    }
    // While the job waits, events are those of another one.
    if (job_.state == JobState::kRunning) {
      CALOTYPE_ASSIGN_OR_RETURN(const std::optional<Event> known,
                                ReadAnswer(data, [&](const Json& json) { return EventFrom(event.name, json); }));
      if (known.has_value()) {
        Report(*known);
      }
    }
    return absl::OkStatus();
  }

  // The error of a failed job.
  StatusOr<ScanReport> Finish() {
    if (job_.state == JobState::kFailed) {
      return absl::InternalError(job_.error);
    }
    const auto count = [this](const char* name) {
      const auto found = job_.counts.find(name);
      return found == job_.counts.end() ? int64_t{0} : found->second;
    };
    ScanReport report{.photos = count("photos"),
                      .unchanged = count("unchanged"),
                      .missing = count("missing"),
                      .forgotten = count("forgotten"),
                      .analysed = count("analysed"),
                      .failed = count("failed"),
                      .problems = count("problems"),
                      .skipped_pdfs = count("pdfs"),
                      .skipped_videos = count("videos"),
                      .stopped = job_.state == JobState::kCancelled,
                      .seconds = job_.started == 0 ? 0 : static_cast<double>(job_.ended - job_.started)};
    Report(report);
    Report(ScanEnded{});
    return report;
  }

  bool ended() const { return HasEnded(job_); }
  int64_t id() const { return job_.id; }

 private:
  std::string Path() const { return fmt::format("/jobs/{}", job_.id); }

  void Report(const Event& event) {
    const auto* const measurement = std::get_if<DeviceMeasurement>(&event);
    if (measuring_ && measurement == nullptr) {
      on_event_(DeviceMeasurement{.finished = true});  // the API leaves this out
    }
    measuring_ = measurement != nullptr;
    on_event_(event);
  }

  ApiConnection& api_;
  const EventHandler& on_event_;
  Job job_;
  bool measuring_ = false;
};

// Until the job has ended.
Status Follow(Listener& listener, FollowedScan& scan, const std::stop_token& stop) {
  bool cancelled = false;
  while (!scan.ended()) {
    if (stop.stop_requested() && !std::exchange(cancelled, true)) {
      CALOTYPE_RETURN_IF_ERROR(scan.Cancel());
    }
    if (const std::optional<ServerEvent> event = listener.Next(kStopPoll); event.has_value()) {
      CALOTYPE_RETURN_IF_ERROR(scan.Handle(*event));
    } else if (listener.end().has_value()) {
      CALOTYPE_RETURN_IF_ERROR(scan.Ask());
      std::this_thread::sleep_for(kJobPoll);
    }
  }
  return absl::OkStatus();
}

}  // namespace

StatusOr<ScanReport> FollowScan(ApiConnection& api, const ScanRequest& request, const EventHandler& on_event,
                                const std::stop_token& stop) {
  Listener listener(api);
  // The server says hello when it listens, so no event of the job is lost.
  while (!listener.Next(kStopPoll).has_value()) {
    if (const std::optional<Status> end = listener.end(); end.has_value()) {
      return end->ok() ? absl::UnavailableError("the server ended the stream of events") : *end;
    }
    if (stop.stop_requested()) {
      return absl::CancelledError("stopped before the scan was submitted");
    }
  }
  FollowedScan scan(api, on_event);
  CALOTYPE_RETURN_IF_ERROR(scan.Submit(request));
  if (const Status followed = Follow(listener, scan, stop); !followed.ok()) {
    return absl::Status(followed.code(),
                        fmt::format("{}; job {} goes on without this command", Message(followed), scan.id()));
  }
  return scan.Finish();
}

}  // namespace calotype
