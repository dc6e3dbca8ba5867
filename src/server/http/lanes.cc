#include "server/http/lanes.h"

namespace calotype {
namespace {

// Analyses of photos leave more of the cores to what somebody waits for: searches, lists, health checks. Other programs
// gain, too, so it is not much: a thread of normal priority gets three times as much.
constexpr int kNiceOfModels = 5;

}  // namespace

Lanes::Lanes(const HttpLimits& limits)
    : most_waiting_(limits.waiting),
      quick_(limits.quick_threads),
      heavy_(limits.heavy_threads),
      models_(limits.model_threads, kNiceOfModels) {}

FairWorkers& Lanes::Of(Lane lane) { return lane == Lane::kModels ? models_ : lane == Lane::kHeavy ? heavy_ : quick_; }

int64_t Lanes::Waiting(Lane lane) { return lane == Lane::kInline ? 0 : Of(lane).waiting(); }

bool Lanes::IsFull(Lane lane, const std::string& client) {
  const int64_t most_of_one = most_waiting_ - most_waiting_ / 2;
  return Waiting(lane) >= most_waiting_ || (lane != Lane::kInline && Of(lane).waiting(client) >= most_of_one);
}

void Lanes::Join() {
  quick_.Join();
  heavy_.Join();
  models_.Join();
}

}  // namespace calotype
