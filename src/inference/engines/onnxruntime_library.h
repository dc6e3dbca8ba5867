// Opens ONNX Runtime's shared library at run time, so that one program works with every version and a user can replace
// the library.
#pragma once

#include <filesystem>
#include <string>

#include "base/status.h"

namespace calotype {

struct OnnxRuntimeLibrary {
  std::filesystem::path file;    // as requested
  std::filesystem::path folder;  // folder of the loaded file, which has the provider libraries
  std::string version;           // "1.31.1"
  int api = 0;                   // the C API version in use: the lower of the library's and our headers' version
};

// Opens the library (see OpenOnnxRuntime() in engine.h) and connects the C++ wrappers to it. Thread-safe. The library
// stays open until the process ends.
StatusOr<OnnxRuntimeLibrary> OpenOnnxRuntimeLibrary(const std::filesystem::path& library);

// "1.31.1" -> 31: ONNX Runtime 1.N has C API version N. kInvalidArgument if the text is not such a version.
StatusOr<int> OnnxRuntimeApiOf(const std::string& version);

}  // namespace calotype
