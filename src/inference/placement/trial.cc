#include "inference/placement/trial.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <ctime>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "base/mutex.h"
#include "inference/placement/deadline.h"

namespace calotype {
namespace {

using Milliseconds = std::chrono::duration<double, std::milli>;

constexpr int kMinRuns = 3;
constexpr int kMaxRuns = 20;
constexpr Milliseconds kEnough{300};
constexpr double kLost = 2;
constexpr const char* kNotFinite = "it returned numbers that are not finite";

// Forwards all calls.
class SessionDecorator : public Session {
 public:
  explicit SessionDecorator(std::shared_ptr<Session> session) : session_(std::move(session)) {}
  const std::vector<TensorInfo>& inputs() const override { return session_->inputs(); }
  const std::vector<TensorInfo>& outputs() const override { return session_->outputs(); }
  std::optional<std::string> Metadata(const std::string& key) const override { return session_->Metadata(key); }
  DeviceInfo device() const override { return session_->device(); }

 protected:
  const std::shared_ptr<Session> session_;
};

// A GPU executes runs one after the other: more at a time are not faster, and each needs its own memory.
constexpr int kRunsAtATime = 2;

class GuardedSession final : public SessionDecorator {
 public:
  // `what` is what a call does, for the message when it does not return. At most `at_a_time` calls are in the session.
  GuardedSession(std::shared_ptr<Session> session, std::chrono::milliseconds limit, std::string what, int at_a_time)
      : SessionDecorator(std::move(session)), limit_(limit), what_(std::move(what)), at_a_time_(at_a_time) {}

  StatusOr<std::vector<Tensor>> Run(std::span<const Tensor> inputs) override {
    CALOTYPE_RETURN_IF_ERROR(Enter());
    StatusOr<std::vector<Tensor>> outputs = CallWithDeadline<std::vector<Tensor>>(
        limit_, what_,
        [session = session_, owned = std::vector(inputs.begin(), inputs.end())] { return session->Run(owned); });
    const MutexLock lock(&mutex_);
    --running_;
    if (absl::IsDeadlineExceeded(outputs.status())) {
      hangs_ = outputs.status();
    }
    return outputs;
  }

 private:
  // A call that waited while the device hung does not try it again.
  Status Enter() {
    const MutexLock lock(&mutex_);
    mutex_.Await([this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return running_ < at_a_time_ || !hangs_.ok(); });
    CALOTYPE_RETURN_IF_ERROR(hangs_);
    ++running_;
    return absl::OkStatus();
  }

  const std::chrono::milliseconds limit_;
  const std::string what_;
  const int at_a_time_;
  Mutex mutex_;
  int running_ ABSL_GUARDED_BY(mutex_) = 0;
  Status hangs_ ABSL_GUARDED_BY(mutex_);
};

// A text decoded from such numbers would only be reported as wrong, without the reason.
class FiniteSession final : public SessionDecorator {
 public:
  // `session` is not owned.
  explicit FiniteSession(Session& session) : SessionDecorator({&session, [](Session*) {}}) {}

  StatusOr<std::vector<Tensor>> Run(std::span<const Tensor> inputs) override {
    CALOTYPE_ASSIGN_OR_RETURN(std::vector<Tensor> outputs, session_->Run(inputs));
    CALOTYPE_RETURN_IF_ERROR(CheckFinite(outputs));
    return outputs;
  }
};

// CPU time of all threads of this process.
Milliseconds ProcessorTime() {
  timespec time = {};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

// Measures the time spent in the session, so that decoding the probe's photo is not counted. For a session on one core,
// that is at most its CPU time: time that other programs take from it says nothing about the device.
class TimedSession final : public SessionDecorator {
 public:
  // `session` is not owned.
  TimedSession(Session& session, bool one_core) : SessionDecorator({&session, [](Session*) {}}), one_core_(one_core) {}

  StatusOr<std::vector<Tensor>> Run(std::span<const Tensor> inputs) override {
    const auto start = std::chrono::steady_clock::now();
    const Milliseconds processor = ProcessorTime();
    auto outputs = session_->Run(inputs);
    const Milliseconds elapsed = std::chrono::steady_clock::now() - start;
    elapsed_ += one_core_ ? std::min(elapsed, ProcessorTime() - processor) : elapsed;
    return outputs;
  }

  Milliseconds TakeElapsed() { return std::exchange(elapsed_, Milliseconds(0)); }

 private:
  const bool one_core_;
  Milliseconds elapsed_{0};
};

bool AllFinite(const ProbeAnswer& answer) {
  const auto finite = [](float value) { return std::isfinite(value); };
  return std::ranges::all_of(answer.vectors, [&](const auto& vector) { return std::ranges::all_of(vector, finite); }) &&
         std::ranges::all_of(answer.boxes, [&](const ProbeBox& box) {
           return finite(box.score) && finite(box.box.x) && finite(box.box.y) && finite(box.box.width) &&
                  finite(box.box.height);
         });
}

StatusOr<ProbeAnswer> FindingsOf(Session& session, const ModelProbe& probe, ProbePhotos photos) {
  FiniteSession checked(session);
  return probe.findings(checked, photos);
}

}  // namespace

StatusOr<std::unique_ptr<Session>> LoadOn(const DeviceOption& option, const std::filesystem::path& model,
                                          SessionOptions session, std::chrono::milliseconds limit) {
  session.device = option.device;
  session.precision = option.precision;
  const bool on_cpu = option.device == "cpu";
  if (on_cpu && (session.run_limit.count() == 0 || option.engine->ends_runs())) {
    return option.engine->Load(model, session);
  }
  const std::chrono::milliseconds longest = on_cpu ? session.run_limit : limit;
  CALOTYPE_ASSIGN_OR_RETURN(std::unique_ptr<Session> loaded,
                            CallWithDeadline<std::unique_ptr<Session>>(
                                longest, on_cpu ? "loading on the CPU (inference.cpu_timeout_s)" : "loading",
                                [engine = option.engine, model, session] { return engine->Load(model, session); }));
  return std::make_unique<GuardedSession>(std::move(loaded), longest,
                                          on_cpu ? "a run on the CPU (inference.cpu_timeout_s)" : "a run",
                                          on_cpu ? std::max(session.parallel, 1) : kRunsAtATime);
}

Status CheckFinite(std::span<const Tensor> tensors) {
  const bool finite = std::ranges::all_of(tensors, [](const Tensor& tensor) {
    return tensor.type() != ElementType::kFloat32 ||
           std::ranges::all_of(tensor.data<float>(), [](float value) { return std::isfinite(value); });
  });
  return finite ? absl::OkStatus() : absl::InternalError(kNotFinite);
}

StatusOr<ProbeAnswer> AskProbe(Session& session, const ModelProbe& probe) {
  FiniteSession checked(session);
  CALOTYPE_ASSIGN_OR_RETURN(ProbeAnswer answer, probe.answer(checked));
  if (!AllFinite(answer)) {
    return absl::InternalError(kNotFinite);
  }
  if (probe.expect) {
    CALOTYPE_RETURN_IF_ERROR(probe.expect(answer));
  }
  return answer;
}

StatusOr<Trial> RunTrial(Session& session, const ModelProbe& probe, bool one_core, double best_ms,
                         const ReferenceAnswer* reference, ReferenceAnswer* own) {
  TimedSession timed(session, one_core);
  Trial trial{.milliseconds = std::numeric_limits<double>::max(), .agrees = true, .figure = ""};
  const auto add = [&trial](const Agreement& agreement) {
    if (trial.agrees) {
      trial.agrees = agreement.agrees;
      trial.figure = agreement.figure;
    }
  };
  const bool by_findings = reference != nullptr && probe.findings;
  ProbeAnswer first;
  Milliseconds total{0};
  for (int run = 0; run < kMinRuns || (run < kMaxRuns && total < kEnough); ++run) {
    CALOTYPE_ASSIGN_OR_RETURN(ProbeAnswer answer, AskProbe(timed, probe));
    const Milliseconds elapsed = timed.TakeElapsed();
    if (run == 0) {
      first = answer;
    } else {  // the first run is not counted: it prepares what later ones use
      total += elapsed;
      trial.milliseconds = std::min(trial.milliseconds, elapsed.count());
    }
    if (!by_findings) {
      add(CompareAnswers(reference == nullptr ? first : reference->findings, answer));
    }
    if (run > 0 && trial.milliseconds > kLost * best_ms) {
      break;
    }
  }
  if (by_findings) {
    CALOTYPE_ASSIGN_OR_RETURN(const ProbeAnswer found, FindingsOf(session, probe, ProbePhotos::kAsTheyAre));
    add(CompareAnswers(reference->findings, found, reference->saved_again ? &*reference->saved_again : nullptr));
  }
  if (reference == nullptr) {
    own->findings = std::move(first);
    if (probe.findings) {
      CALOTYPE_ASSIGN_OR_RETURN(own->findings, FindingsOf(session, probe, ProbePhotos::kAsTheyAre));
      CALOTYPE_ASSIGN_OR_RETURN(own->saved_again, FindingsOf(session, probe, ProbePhotos::kSavedAgain));
    }
  }
  return trial;
}

}  // namespace calotype
