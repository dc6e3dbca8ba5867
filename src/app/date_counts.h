// How many photos were taken on each date. Counting a million photos takes seconds, so the counts are kept.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "base/mutex.h"
#include "base/status.h"
#include "catalog/catalog.h"

namespace calotype {

// Thread-safe.
class DateCounts {
 public:
  using Counts = std::shared_ptr<const std::vector<DateCount>>;

  // BrowseCatalog::CountByDate() of `catalog`, counted only if a photo changed since the last call, or the catalogue is
  // another one. Callers that ask for the same part meanwhile wait for one count.
  StatusOr<Counts> Get(Catalog& catalog, DatePart part);

  // How often photos were counted.
  int64_t counted() const;

 private:
  struct Kept {
    mutable Mutex mutex;  // held while photos are counted
    std::string library ABSL_GUARDED_BY(mutex);
    int64_t last_change ABSL_GUARDED_BY(mutex) = 0;
    Counts counts ABSL_GUARDED_BY(mutex);  // null: none yet
    int64_t counted ABSL_GUARDED_BY(mutex) = 0;
  };

  std::array<Kept, 2> kept_;  // of each DatePart
};

}  // namespace calotype
