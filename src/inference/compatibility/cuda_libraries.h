// What the names of NVIDIA's libraries say: which CUDA, which cuDNN.
#pragma once

#include <string>
#include <string_view>

namespace calotype {

inline constexpr std::string_view kDriverLibrary = "libcuda.so.1";

// The major version of the CUDA that a library of this name belongs to ("libcublasLt.so.12" and "libcufft.so.11": 12);
// 0 when the name does not tell (libcurand.so.10 came with CUDA 11, 12 and 13) or is none of CUDA's.
int CudaMajorOf(std::string_view soname);

// "libcudnn.so.9" and "libcudnn_graph.so.9": 9; 0 when it is no library of cuDNN.
int CudnnMajorOf(std::string_view soname);

// Whether the name is one of CUDA's own libraries, whatever the version.
bool IsCudaLibrary(std::string_view soname);

// What the library is, for a sentence: "of CUDA 12", "of cuDNN 9", "of TensorRT", "of NVIDIA's driver"; empty when it
// is none that is known.
std::string LibraryOrigin(std::string_view soname);

}  // namespace calotype
