// ONNX Runtime's C++ wrappers without a linked library. Included by the onnxruntime_* files alone.
#pragma once

#define ORT_API_MANUAL_INIT
#include <onnxruntime_cxx_api.h>
#undef ORT_API_MANUAL_INIT
