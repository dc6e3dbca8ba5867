// Analyses photos that somebody sends. Nothing is stored.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "app/analyze.h"
#include "app/library.h"
#include "app/open_models.h"
#include "base/mutex.h"
#include "base/status.h"
#include "photo/places.h"

namespace calotype {

// Thread-safe. The library must outlive it.
class UploadAnalyser {
 public:
  explicit UploadAnalyser(Library& library) : library_(library) {}

  // Analyses the bytes of a photo with the pack in use. The models are opened by the first call, and again after
  // another pack was chosen. AnalyzedPhoto::path is empty. `only`: names of analyses; empty: all of the pack.
  //   kInvalidArgument  an unknown name of an analysis
  // A photo that cannot be decoded is an answer (AnalyzedPhoto::status).
  StatusOr<AnalyzedPhoto> Analyze(std::span<const uint8_t> photo, const std::vector<std::string>& only);

 private:
  struct Opened {
    std::shared_ptr<const Models> models;
    std::shared_ptr<const PlaceIndex> places;  // null: there are no names of places
  };

  StatusOr<Opened> OpenOnce() ABSL_LOCKS_EXCLUDED(mutex_);

  Library& library_;
  Mutex mutex_;
  Opened opened_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace calotype
