// ONNX Runtime's shared library, opened at run time: one binary serves every version, and pointing at another folder
// replaces it.
#pragma once

#include <filesystem>
#include <string>

#include "base/status.h"

namespace calotype {

struct OnnxRuntimeLibrary {
  std::filesystem::path file;    // as it was asked for
  std::filesystem::path folder;  // where the loader found it; its provider libraries lie there
  std::string version;           // "1.31.1"
  int api = 0;                   // the C API version in use: the smaller of the library's and our headers'
};

// Opens the library (see OpenOnnxRuntime in engine.h) and makes it the one that the C++ wrappers call. Thread-safe;
// once open, it stays for the life of the process.
StatusOr<OnnxRuntimeLibrary> OpenOnnxRuntimeLibrary(const std::filesystem::path& library);

// "1.31.1" -> 31: ONNX Runtime 1.N speaks C API version N. kInvalidArgument for text that is no such version.
StatusOr<int> OnnxRuntimeApiOf(const std::string& version);

}  // namespace calotype
