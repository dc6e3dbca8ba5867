#include "inference/compatibility/compatibility_table.h"

#include <algorithm>
#include <array>

namespace calotype {
namespace {

// Drivers: NVIDIA, "CUDA Compatibility", the table of minor version compatibility.
constexpr std::array<CudaRelease, 3> kReleases = {
    {{11, "450.80.02", 35}, {12, "525.60.13", 50}, {13, "580.65.06", 75}}};

constexpr Version kForEver = {{1000, 0, 0}};

// CUDA and cuDNN: ONNX Runtime's release notes. GPUs: read from the libraries of 1.23.2 and 1.31.1 and assumed to be
// the same for neighbouring versions. The default build of a version comes first.
constexpr std::array<ProviderBuild, 9> kBuilds = {{{{{1, 0, 0}}, {{1, 17, 0}}, 11, 8, 37, 90},
                                                   {{{1, 17, 0}}, {{1, 18, 1}}, 11, 8, 37, 90},
                                                   {{{1, 17, 0}}, {{1, 18, 1}}, 12, 8, 50, 90},
                                                   {{{1, 18, 1}}, {{1, 19, 0}}, 11, 8, 37, 90},
                                                   {{{1, 18, 1}}, {{1, 19, 0}}, 12, 9, 50, 90},
                                                   {{{1, 19, 0}}, {{1, 27, 0}}, 12, 9, 60, 90},
                                                   {{{1, 19, 0}}, {{1, 27, 0}}, 11, 8, 37, 90},
                                                   {{{1, 27, 0}}, kForEver, 13, 9, 75, 121},
                                                   {{{1, 27, 0}}, kForEver, 12, 9, 60, 121}}};

}  // namespace

const CudaRelease* FindCudaRelease(int major) {
  const auto* const found = std::ranges::find(kReleases, major, &CudaRelease::major);
  return found == kReleases.end() ? nullptr : found;
}

const ProviderBuild* FindProviderBuild(const Version& runtime, int cuda) {
  const auto* const found = std::ranges::find_if(kBuilds, [&](const ProviderBuild& build) {
    return runtime >= build.from && runtime < build.before && (cuda == 0 || cuda == build.cuda);
  });
  return found == kBuilds.end() ? nullptr : found;
}

}  // namespace calotype
