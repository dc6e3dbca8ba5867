// Tells out-of-memory errors of inference libraries from others.
#pragma once

#include <string_view>

namespace calotype {

// True if `text`, an error message of ONNX Runtime, CUDA, OpenVINO, OpenCL, Level Zero or the C++ library, reports that
// device memory or main memory is exhausted. Such a run may succeed with a smaller batch.
bool IsOutOfMemory(std::string_view text);

}  // namespace calotype
