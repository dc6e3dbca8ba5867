// What is known of a photo without looking at it: its own metadata, the sidecars beside it, the place.
#pragma once

#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <utility>

#include "base/status.h"
#include "photo/decode.h"
#include "photo/places.h"

namespace calotype {

// Thread-safe.
class FactsReader {
 public:
  // Without `places` photos get no names of places.
  explicit FactsReader(std::shared_ptr<const PlaceIndex> places) : places_(std::move(places)) {}

  // The version under which facts are booked; another extract of places has another one.
  std::string version() const;

  // From the header of the first of `paths` that can be opened; completed.
  StatusOr<PhotoFacts> Read(std::span<const std::string> paths, const DecodeLimits& limits) const;

  // Adds to a photo's own facts what the sidecars beside `paths` say (the first that has a fact is believed), and place
  // and time zone. A sidecar that cannot be read is passed over, with a warning.
  void Complete(std::span<const std::string> paths, PhotoFacts& facts) const;

 private:
  std::shared_ptr<const PlaceIndex> places_;
};

}  // namespace calotype
