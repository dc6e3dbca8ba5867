// A fake CUDA driver for tests, controlled by FAKE_CUDA_ERROR, FAKE_CUDA_VERSION and FAKE_CUDA_GPUS.
#include <cstddef>
#include <cstdio>
#include <cstdlib>

namespace {

int Number(const char* name, int fallback) {
  const char* const value = std::getenv(name);
  return value == nullptr ? fallback : static_cast<int>(std::strtol(value, nullptr, 10));
}

constexpr int kMajorAttribute = 75;
constexpr int kMinorAttribute = 76;

}  // namespace

// NOLINTBEGIN(readability-identifier-naming): the names are NVIDIA's
extern "C" {

int cuInit(unsigned /*flags*/) { return Number("FAKE_CUDA_ERROR", 0); }

int cuDriverGetVersion(int* version) {
  *version = Number("FAKE_CUDA_VERSION", 13000);
  return 0;
}

int cuDeviceGetCount(int* count) {
  *count = Number("FAKE_CUDA_GPUS", 1);
  return 0;
}

int cuDeviceGet(int* device, int index) {
  *device = index;
  return 0;
}

int cuDeviceGetName(char* name, int size, int device) {
  std::snprintf(name, static_cast<std::size_t>(size), "Fake GPU %d", device);
  return 0;
}

int cuDeviceGetAttribute(int* value, int attribute, int /*device*/) {
  *value = attribute == kMajorAttribute ? 8 : attribute == kMinorAttribute ? 9 : 0;
  return 0;
}

int cuDeviceTotalMem_v2(std::size_t* bytes, int /*device*/) {
  *bytes = std::size_t{24} << 30;
  return 0;
}

}  // extern "C"
// NOLINTEND(readability-identifier-naming)
