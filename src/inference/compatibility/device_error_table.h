// What the words of a runtime mean that failed on a device: one row for each way in which it is known to fail.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace calotype {

enum class DeviceErrorKind : uint8_t {
  kOther,
  kOutOfMemory,
  kBusy,
  kNoKernel,  // no code for this GPU's architecture
  kDriverTooOld,
  kDriverMismatch,  // kernel driver and its library differ
  kNoDevice,        // hidden or gone
  kNoDriver,
  kMissingLibrary,
  kNoProvider,  // the runtime was built without it
  kCudnn,
  kCublas,
  kGpuFault,  // the GPU or its context is broken until the process, or the machine, starts anew
  kWrongAnswer,
  kNoHardware,  // a plug-in provider that finds nothing for itself
  kSlow,        // works, and searches again at each new shape
};

struct DeviceErrorMeaning {
  DeviceErrorKind kind = DeviceErrorKind::kOther;
  std::string meaning;    // one sentence
  std::string remedy;     // what to do
  bool may_pass = false;  // worth a second chance later on the same device
};

// `runtime_text` is what the runtime said, of any length. Text that no row knows is kOther, with its first line quoted.
DeviceErrorMeaning ExplainDeviceError(std::string_view runtime_text);

}  // namespace calotype
