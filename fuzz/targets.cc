#include "targets.h"

#include <algorithm>
#include <array>

namespace calotype {

std::span<const FuzzTarget> FuzzTargets() {
  static constexpr std::array kTargets = {
      FuzzTarget{"format", FuzzFormat},
      FuzzTarget{"photo", FuzzPhoto},
      FuzzTarget{"sidecar", FuzzSidecar},
      FuzzTarget{"xmp_additions", FuzzXmpAdditions},
      FuzzTarget{"dates", FuzzDates},
      FuzzTarget{"manifest", FuzzManifest},
      FuzzTarget{"tokenizer", FuzzTokenizer},
      FuzzTarget{"protobuf", FuzzProtobuf},
      FuzzTarget{"findings", FuzzFindings},
      FuzzTarget{"vector_index", FuzzVectorIndex},
      FuzzTarget{"state_files", FuzzStateFiles},
      FuzzTarget{"query", FuzzQuery},
      FuzzTarget{"http_target", FuzzHttpTarget},
      FuzzTarget{"json_body", FuzzJsonBody},
      FuzzTarget{"form", FuzzForm},
      FuzzTarget{"immich_entries", FuzzImmichEntries},
      FuzzTarget{"kernels", FuzzKernels},
  };
  return kTargets;
}

const FuzzTarget* FindFuzzTarget(std::string_view name) {
  const std::span<const FuzzTarget> targets = FuzzTargets();
  const auto found = std::ranges::find(targets, name, &FuzzTarget::name);
  return found == targets.end() ? nullptr : &*found;
}

}  // namespace calotype
