// Derives the versions of CUDA and cuDNN from the names of NVIDIA's libraries.
#pragma once

#include <string>
#include <string_view>

namespace calotype {

inline constexpr std::string_view kDriverLibrary = "libcuda.so.1";

// The major version of CUDA that a library of this name belongs to ("libcublasLt.so.12" and "libcufft.so.11": 12). 0 if
// the name does not determine it (libcurand.so.10 is part of CUDA 11, 12 and 13) or is not one of CUDA's.
int CudaMajorOf(std::string_view soname);

// The major version of cuDNN ("libcudnn.so.9" and "libcudnn_graph.so.9": 9); 0 for other libraries.
int CudnnMajorOf(std::string_view soname);

// True if the name is one of CUDA's libraries, of any version.
bool IsCudaLibrary(std::string_view soname);

// The origin of a library for use in a message: "of CUDA 12", "of cuDNN 9", "of TensorRT", "of NVIDIA's driver". Empty
// if unknown.
std::string LibraryOrigin(std::string_view soname);

}  // namespace calotype
