#include "photo/stopped.h"

#include "absl/strings/cord.h"

namespace calotype {
namespace {

constexpr const char* kMark = "calotype/before_pixels";

}  // namespace

Status StoppedBeforePixels(Status status) {
  status.SetPayload(kMark, absl::Cord());
  return status;
}

bool IsStoppedBeforePixels(const Status& status) { return status.GetPayload(kMark).has_value(); }

}  // namespace calotype
