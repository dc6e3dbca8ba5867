// An ONNX model with nodes that can be changed. The file is mapped; weights are copied only when the model is written
// to another file.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/mapped_file.h"
#include "base/status.h"
#include "inference/protobuf_wire.h"

namespace calotype {

// Values of TensorProto.DataType.
enum class OnnxType : uint8_t { kFloat = 1, kUint8 = 2, kInt8 = 3, kInt32 = 6 };

struct OnnxNode {
  std::string name;
  std::string op;
  std::string domain;  // empty: standard ONNX operators
  std::vector<std::string> inputs;
  std::vector<std::string> outputs;
  std::vector<std::string> attributes;  // serialised AttributeProto messages

  // The value of the named attribute; nullopt if the node has none.
  std::optional<int64_t> IntAttribute(std::string_view attribute) const;
  std::optional<float> FloatAttribute(std::string_view attribute) const;
  bool HasGraph() const;  // true for branches and loops
  void SetInt(std::string_view attribute, int64_t value);
};

// A constant with floats, in row-major order.
struct FloatWeight {
  std::vector<int64_t> shape;
  std::vector<float> values;
};

// A constant to add.
struct NewWeight {
  OnnxType type = OnnxType::kFloat;
  std::vector<int64_t> shape;
  std::string bytes;  // little-endian
};

// Not thread-safe.
class OnnxGraph {
 public:
  // kInvalidArgument if the file is not an ONNX model; kUnimplemented if its weights are in a second file.
  static StatusOr<OnnxGraph> Open(const std::filesystem::path& path);

  std::vector<OnnxNode>& nodes() { return nodes_; }
  const std::vector<OnnxNode>& nodes() const { return nodes_; }
  const std::vector<std::string>& inputs() const { return inputs_; }  // without constants
  const std::set<std::string>& outputs() const { return outputs_; }
  int64_t opset() const;  // version of the standard operators

  bool IsConstant(const std::string& name) const { return weights_.contains(name) || new_weights_.contains(name); }
  // Reads a constant; nullopt if `name` is not a float constant.
  StatusOr<std::optional<FloatWeight>> FindFloats(const std::string& name) const;
  // The shape of a constant; nullopt if `name` is not a float constant.
  std::optional<std::vector<int64_t>> FloatShape(const std::string& name) const;

  void AddWeight(const std::string& name, NewWeight weight) { new_weights_[name] = std::move(weight); }
  // Adds an output with floats.
  void AddOutput(const std::string& name) { new_outputs_.push_back(name); }
  // Declares that the model uses `version` of the operators of `domain`. No effect if it uses that domain already.
  void UseDomain(const std::string& domain, int64_t version);

  // Writes the model and its metadata, without constants that no node uses. The file appears completely or not at all.
  // kResourceExhausted if the disk is full.
  Status Write(const std::filesystem::path& path) const;

 private:
  struct Weight {
    WireBytes whole;  // the complete field
    WireBytes proto;
  };

  explicit OnnxGraph(MappedFile file) : file_(std::move(file)) {}
  Status Parse();
  Status ParseGraph(WireBytes graph);
  Status AddOld(const WireField& field);
  std::vector<std::string> MakeNodes() const;
  std::vector<std::string> MakeEnds() const;

  MappedFile file_;
  std::vector<OnnxNode> nodes_;
  std::map<std::string, Weight> weights_;
  std::map<std::string, NewWeight> new_weights_;
  std::vector<std::string> inputs_;
  std::set<std::string> outputs_;
  std::vector<std::string> new_outputs_;
  std::map<std::string, int64_t> domains_;
  std::vector<WireBytes> other_model_fields_;
  std::vector<WireBytes> other_graph_fields_;
};

}  // namespace calotype
