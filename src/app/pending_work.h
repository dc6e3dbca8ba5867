// The work that is left for scans: what failed is retried, photos are moved to the front, scans are paused.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "app/library.h"
#include "base/status.h"

namespace calotype {

struct RetryRequest {
  std::vector<std::string> photos;  // paths; empty: all photos
  std::string reason;               // only failures whose reason contains this, in any case; empty: all
};

// Makes failed analyses pending again and moves the named photos to the front. Returns the number of analyses; a scan
// does the work. kNotFound for a path that is no photo of the library.
StatusOr<int64_t> RetryFailures(Library& library, const RetryRequest& request);

// Moves the pending work of the photo at `path` to the front. kNotFound as above.
Status PrioritisePhoto(Library& library, const std::string& path);

// Pauses the scans of this library, in all processes, until they are resumed. Photos in progress are finished.
Status PauseScans(Library& library);
Status ResumeScans(Library& library);

}  // namespace calotype
