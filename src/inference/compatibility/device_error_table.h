// Explains the error messages of runtimes that failed on a device: one table row for each known kind of failure.
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
  kDriverMismatch,  // the kernel driver and its library have different versions
  kNoDevice,        // the GPU is hidden or gone
  kNoDriver,
  kMissingLibrary,
  kNoProvider,  // the runtime was built without the provider
  kCudnn,
  kCublas,
  kGpuFault,  // the GPU or its context is broken until the process or the machine is restarted
  kWrongAnswer,
  kNoHardware,  // a plug-in provider finds no hardware that it supports
  kSlow,        // works, but plans again for each new input shape
};

struct DeviceErrorMeaning {
  DeviceErrorKind kind = DeviceErrorKind::kOther;
  std::string meaning;    // one sentence
  std::string remedy;     // what to do
  bool may_pass = false;  // the same device may work later
};

// `runtime_text` is the runtime's message, of any length. An unknown message is kOther; its first line is quoted.
DeviceErrorMeaning ExplainDeviceError(std::string_view runtime_text);

}  // namespace calotype
