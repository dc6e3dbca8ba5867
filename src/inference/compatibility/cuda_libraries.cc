#include "inference/compatibility/cuda_libraries.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace calotype {
namespace {

// The number in the soname minus CUDA's major version; kNone if the number does not determine the version.
constexpr int kNone = 1000;

struct CudaLibrary {
  std::string_view name;
  int offset;
};

// Taken from the sonames in NVIDIA's packages of CUDA 11, 12 and 13: libcufft.so.10, .11 and .12; most others have
// CUDA's own number.
constexpr std::array<CudaLibrary, 11> kCudaLibraries = {{{"libcublasLt", 0},
                                                         {"libcublas", 0},
                                                         {"libcudart", 0},
                                                         {"libcufft", -1},
                                                         {"libcufftw", -1},
                                                         {"libcurand", kNone},
                                                         {"libcusolver", kNone},
                                                         {"libcusparse", kNone},
                                                         {"libnvrtc", kNone},
                                                         {"libnvJitLink", 0},
                                                         {"libnvrtc-builtins", 0}}};

struct Parts {
  std::string_view name;  // the part before ".so"
  int number = 0;         // the number after ".so."; 0: none
};

Parts Split(std::string_view soname) {
  const std::size_t at = soname.find(".so");
  Parts parts{.name = soname.substr(0, at)};
  if (at != std::string_view::npos && soname.size() > at + 4) {
    std::from_chars(soname.data() + at + 4, soname.data() + soname.size(), parts.number);
  }
  return parts;
}

const CudaLibrary* Find(std::string_view name) {
  const auto* const found = std::ranges::find(kCudaLibraries, name, &CudaLibrary::name);
  return found == kCudaLibraries.end() ? nullptr : found;
}

// libnvrtc.so.11.2 is part of every CUDA from 11.2 to 11.8; libnvrtc.so.12 and .13 name the version.
constexpr int kOldestPlainNvrtc = 12;

}  // namespace

int CudaMajorOf(std::string_view soname) {
  const Parts parts = Split(soname);
  const CudaLibrary* const library = Find(parts.name);
  if (library == nullptr || parts.number == 0) {
    return 0;
  }
  if (parts.name == "libnvrtc") {
    return parts.number >= kOldestPlainNvrtc ? parts.number : 0;
  }
  return library->offset == kNone ? 0 : parts.number - library->offset;
}

int CudnnMajorOf(std::string_view soname) {
  const Parts parts = Split(soname);
  return parts.name == "libcudnn" || parts.name.starts_with("libcudnn_") ? parts.number : 0;
}

bool IsCudaLibrary(std::string_view soname) { return Find(Split(soname).name) != nullptr; }

std::string LibraryOrigin(std::string_view soname) {
  if (soname.starts_with("libcuda.so")) {
    return "of NVIDIA's driver";
  }
  if (const int cuda = CudaMajorOf(soname); cuda != 0) {
    return fmt::format("of CUDA {}", cuda);
  }
  if (const int cudnn = CudnnMajorOf(soname); cudnn != 0) {
    return fmt::format("of cuDNN {}", cudnn);
  }
  if (soname.starts_with("libnvinfer") || soname.starts_with("libnvonnxparser")) {
    return "of TensorRT";
  }
  return IsCudaLibrary(soname) ? "of CUDA" : "";
}

}  // namespace calotype
