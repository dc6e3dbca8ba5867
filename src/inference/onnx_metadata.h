// Reads an ONNX file's metadata, inputs and outputs without an engine.
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
  std::map<std::string, std::string> properties;  // the file's key-value metadata
  std::vector<TensorInfo> inputs;                 // without those that have a constant value in the graph
  std::vector<TensorInfo> outputs;  // an output without a shape in the file gets an empty one, like a scalar
  // The names ("batch") of free first dimensions of inputs, except names that another dimension has as well.
  std::set<std::string> row_names;
};

// `file` is the content of an ONNX file; weights, in it or in a second file, are not read.
//   kInvalidArgument  not an ONNX model
//   kUnimplemented    the type of an input or output is not one of ElementType
StatusOr<OnnxMetadata> ParseOnnxMetadata(std::span<const uint8_t> file);

// The same for a file of any size; also returns the errors of OpenForReading().
StatusOr<OnnxMetadata> ReadOnnxMetadata(const std::filesystem::path& path);

}  // namespace calotype
