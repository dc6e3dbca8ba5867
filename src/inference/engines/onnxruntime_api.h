// Includes ONNX Runtime's C++ wrappers without linking the library. For onnxruntime_* files only.
#pragma once

#define ORT_API_MANUAL_INIT
#include <onnxruntime_cxx_api.h>
#undef ORT_API_MANUAL_INIT
