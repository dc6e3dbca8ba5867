#include "photo/sidecar_facts.h"

#include <cstdint>
#include <utility>
#include <vector>

#include "base/file.h"
#include "photo/metadata.h"
#include "photo/sidecar.h"

namespace calotype {
namespace {

template <typename Fact>
void Take(Fact& from, Fact& to) {
  if (from != Fact()) {
    to = std::move(from);
  }
}

template <typename Fact>
void TakeUnknown(Fact& from, Fact& to) {
  if (to == Fact()) {
    to = std::move(from);
  }
}

}  // namespace

StatusOr<PhotoFacts> ReadSidecar(int descriptor, int orientation, const DecodeLimits& limits) {
  StatusOr<std::vector<uint8_t>> bytes = ReadAll(descriptor, kMaxSidecarBytes, kSidecarBytesKnob);
  if (!bytes.ok()) {
    const bool is_too_large = absl::IsResourceExhausted(bytes.status());
    return is_too_large ? bytes.status() : absl::UnavailableError(Message(bytes.status()));
  }
  return FactsFromXmp(*bytes, orientation, limits);
}

void TakeFromSidecar(PhotoFacts sidecar, PhotoFacts& facts) {
  Take(sidecar.title, facts.title);
  Take(sidecar.description, facts.description);
  Take(sidecar.rating, facts.rating);
  Take(sidecar.keywords, facts.keywords);
  if (!sidecar.regions.empty()) {
    facts.regions = std::move(sidecar.regions);
  }
  if (sidecar.gps) {
    facts.gps = sidecar.gps;
  }
  if (!sidecar.city.empty() || !sidecar.region.empty() || !sidecar.country.empty()) {
    facts.city = std::move(sidecar.city);
    facts.region = std::move(sidecar.region);
    facts.country = std::move(sidecar.country);
  }
  TakeUnknown(sidecar.taken_at, facts.taken_at);
  TakeUnknown(sidecar.camera, facts.camera);
  TakeUnknown(sidecar.lens, facts.lens);
  for (const std::string& kind : sidecar.unreadable) {
    AddUnreadable(kind, facts);
  }
}

}  // namespace calotype
