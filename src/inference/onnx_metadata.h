// What an ONNX file says of itself, read without any engine: its metadata, and its inputs and outputs as declared.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "base/status.h"
#include "inference/engine.h"

namespace calotype {

struct OnnxMetadata {
  std::map<std::string, std::string> properties;  // the file's own key-value pairs
  std::vector<TensorInfo> inputs;                 // without those that the graph gives a value itself
  std::vector<TensorInfo> outputs;                // a shape that the file leaves out is empty, like a scalar's
  // The names that the file gives the first dimensions of inputs where they are free ("batch"), less those that are
  // another dimension's too.
  std::set<std::string> row_names;
};

// `file` is a whole ONNX file, or one whose weights lie beside it; weights are passed over, not read.
//   kInvalidArgument  no ONNX model
//   kUnimplemented    an input or output whose type is not among ElementType
StatusOr<OnnxMetadata> ParseOnnxMetadata(std::span<const uint8_t> file);

// The same for the file at `path`, of any size; also the errors of OpenForReading.
StatusOr<OnnxMetadata> ReadOnnxMetadata(const std::filesystem::path& path);

}  // namespace calotype
