// What the words of an inference library mean.
#pragma once

#include <string_view>

namespace calotype {

// True when `text`, an error of ONNX Runtime, CUDA, OpenVINO, OpenCL, Level Zero or the C++ library, says that memory
// is out, of the device or of the machine. Such an error may pass with a smaller batch; others do not.
bool IsOutOfMemory(std::string_view text);

}  // namespace calotype
