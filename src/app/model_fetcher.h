// Downloads packs in the background for models that somebody asked for and that are not installed.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "app/app.h"
#include "app/predict_models.h"
#include "base/mutex.h"
#include "base/status.h"

namespace calotype {

// Thread-safe. One download runs at a time.
class ModelFetcher {
 public:
  // `packs` are names of known packs or paths of manifests, and the only ones that are downloaded; of models whose
  // licence must be accepted, only those with one of `licences`. At most `waiting` calls of Fetch() wait at the same
  // time. `app` must outlive the fetcher. kInvalidArgument for a pack that is not known.
  static StatusOr<std::unique_ptr<ModelFetcher>> Open(const App& app, std::vector<std::string> packs,
                                                      std::vector<std::string> licences, int waiting);
  // Stops a download. What has arrived of it is kept, and the next one continues from there.
  ~ModelFetcher();
  ModelFetcher(const ModelFetcher&) = delete;
  ModelFetcher& operator=(const ModelFetcher&) = delete;

  // Downloads the pack of the model, after other downloads, and waits for it, up to 4 minutes: Immich gives a job up
  // that fails, and an answer that takes 5 minutes. Calls for text encoders do not wait, because a person waits for
  // their answers. nullopt if no pack has the model.
  //   kOk                  it is installed now
  //   kUnavailable         it will be there later; or its download failed, and is repeated by the first call a minute
  //                        later
  //   kFailedPrecondition  a licence was not accepted
  std::optional<Status> Fetch(const PredictModelName& wanted) ABSL_LOCKS_EXCLUDED(mutex_);

  // Stops a download as the destructor does, and ends all calls of Fetch(). Later ones fail.
  void Stop() ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  using Clock = std::chrono::steady_clock;
  struct Failure {
    std::string reason;
    Clock::time_point at;
  };

  ModelFetcher(const App& app, std::vector<std::string> packs, std::vector<std::string> licences, int waiting)
      : app_(app), packs_(std::move(packs)), licences_(std::move(licences)), most_waiting_(waiting) {}

  // The pack that contains a model. `choice` selects the model in the pack ("TASK=CHOICE"); it is empty if the pack has
  // only one model for the task.
  struct Source {
    std::string pack;
    std::string choice;
  };
  std::optional<Source> Find(const PredictModelName& wanted) const;
  Status Begin(const Source& source) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Why the pack could not be downloaded within the last minute.
  std::optional<std::string> RecentFailure(const std::string& pack) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Waits for the end of the running download. False if it has not ended by then, or too many wait already.
  bool AwaitEnd(Clock::time_point deadline) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const App& app_;
  const std::vector<std::string> packs_;
  const std::vector<std::string> licences_;
  const int most_waiting_;
  Mutex mutex_;
  std::string running_ ABSL_GUARDED_BY(mutex_);                      // the pack that is being downloaded; empty: none
  std::map<std::string, Failure> failures_ ABSL_GUARDED_BY(mutex_);  // by pack
  int waiting_ ABSL_GUARDED_BY(mutex_) = 0;
  int64_t ended_ ABSL_GUARDED_BY(mutex_) = 0;  // downloads
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
  std::stop_source stop_;
  std::jthread thread_;  // started with mutex_ held; the last member, so that it ends first
};

}  // namespace calotype
