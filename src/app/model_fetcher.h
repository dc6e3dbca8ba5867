// Downloads packs in the background for models that somebody asked for and that are not installed.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <optional>
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
  // licence must be accepted, only those with one of `licences`. `app` must outlive the fetcher. kInvalidArgument for a
  // pack that is not known.
  static StatusOr<std::unique_ptr<ModelFetcher>> Open(const App& app, std::vector<std::string> packs,
                                                      std::vector<std::string> licences);
  // Stops a download. What has arrived of it is kept, and the next one continues from there.
  ~ModelFetcher();
  ModelFetcher(const ModelFetcher&) = delete;
  ModelFetcher& operator=(const ModelFetcher&) = delete;

  // Why the model is not there yet; begins to download it if nothing else is being downloaded. nullopt if no pack has
  // it.
  //   kUnavailable         it will be there later; or its download failed, and is repeated by the first call a minute
  //                        later
  //   kFailedPrecondition  a licence was not accepted
  std::optional<Status> Fetch(const PredictModelName& wanted) ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  using Clock = std::chrono::steady_clock;
  struct Failure {
    std::string reason;
    Clock::time_point at;
  };

  ModelFetcher(const App& app, std::vector<std::string> packs, std::vector<std::string> licences)
      : app_(app), packs_(std::move(packs)), licences_(std::move(licences)) {}

  // The pack that contains a model. `choice` selects the model in the pack ("TASK=CHOICE"); it is empty if the pack has
  // only one model for the task.
  struct Source {
    std::string pack;
    std::string choice;
  };
  std::optional<Source> Find(const PredictModelName& wanted) const;
  Status Begin(const Source& source) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const App& app_;
  const std::vector<std::string> packs_;
  const std::vector<std::string> licences_;
  Mutex mutex_;
  std::string running_ ABSL_GUARDED_BY(mutex_);                      // the pack that is being downloaded; empty: none
  std::map<std::string, Failure> failures_ ABSL_GUARDED_BY(mutex_);  // by pack
  std::jthread thread_;  // started with mutex_ held; the last member, so that it ends first
};

}  // namespace calotype
