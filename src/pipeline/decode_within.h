// Decoding that waits until there is memory for it.
#pragma once

#include "base/memory_budget.h"
#include "base/status.h"
#include "photo/decode.h"

namespace calotype {

// The setting that MemorySettings::limit comes from, for messages.
inline constexpr char kMemoryKnob[] = "limits.memory_mb, scan --memory";

// Waits until `budget` has room for the photo, then decodes it as DecodePhoto() does. `claim` is empty before;
// afterwards it stands for the decoded photo and what analysing it takes, and is to be kept until that is done.
// kResourceExhausted when the photo takes more than the whole budget.
StatusOr<DecodedPhoto> DecodeWithin(int descriptor, const DecodeLimits& limits, MemoryBudget& budget,
                                    MemoryBudget::Claim& claim);

}  // namespace calotype
