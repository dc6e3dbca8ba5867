// What is fuzzed: functions that take bytes from outside. Whatever they get, they must return, soon, and touch no
// memory that is not theirs.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace calotype {

struct FuzzTarget {
  std::string_view name;
  void (*run)(std::span<const uint8_t> data);
};

// In targets.cc. The folders seeds/NAME and the file dictionaries/NAME.dict belong to the target NAME.
std::span<const FuzzTarget> FuzzTargets();
// Null if there is none.
const FuzzTarget* FindFuzzTarget(std::string_view name);

// Of photos: photo_targets.cc.
void FuzzFormat(std::span<const uint8_t> data);
void FuzzPhoto(std::span<const uint8_t> data);
void FuzzSidecar(std::span<const uint8_t> data);
void FuzzXmpAdditions(std::span<const uint8_t> data);
void FuzzDates(std::span<const uint8_t> data);

// Of models: model_targets.cc.
void FuzzManifest(std::span<const uint8_t> data);
void FuzzTokenizer(std::span<const uint8_t> data);
void FuzzProtobuf(std::span<const uint8_t> data);

// Of what Calotype stored itself, on disks that fail: stored_targets.cc.
void FuzzFindings(std::span<const uint8_t> data);
void FuzzVectorIndex(std::span<const uint8_t> data);
void FuzzStateFiles(std::span<const uint8_t> data);

// Of queries and requests: request_targets.cc.
void FuzzQuery(std::span<const uint8_t> data);
void FuzzHttpTarget(std::span<const uint8_t> data);
void FuzzJsonBody(std::span<const uint8_t> data);
void FuzzForm(std::span<const uint8_t> data);
void FuzzImmichEntries(std::span<const uint8_t> data);

// Of inner loops, each kind of CPU against the portable one: kernel_targets.cc.
void FuzzKernels(std::span<const uint8_t> data);

inline std::string_view AsText(std::span<const uint8_t> data) {
  return {reinterpret_cast<const char*>(data.data()), data.size()};
}

}  // namespace calotype
