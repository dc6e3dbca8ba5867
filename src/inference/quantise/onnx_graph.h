// An ONNX model as nodes that can be changed, over a file that is mapped: weights stay where they are until they are
// written to another file.
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

// Of TensorProto.DataType.
enum class OnnxType : uint8_t { kFloat = 1, kUint8 = 2, kInt8 = 3, kInt32 = 6 };

struct OnnxNode {
  std::string name;
  std::string op;
  std::string domain;  // empty: ONNX's own
  std::vector<std::string> inputs;
  std::vector<std::string> outputs;
  std::vector<std::string> attributes;  // each an AttributeProto

  // Of the attribute of that name; nullopt where the node has none.
  std::optional<int64_t> IntAttribute(std::string_view attribute) const;
  std::optional<float> FloatAttribute(std::string_view attribute) const;
  bool HasGraph() const;  // a branch or a loop's body
  void SetInt(std::string_view attribute, int64_t value);
};

// A constant of the graph, of floats in the order of its dimensions.
struct FloatWeight {
  std::vector<int64_t> shape;
  std::vector<float> values;
};

// A constant that is added.
struct NewWeight {
  OnnxType type = OnnxType::kFloat;
  std::vector<int64_t> shape;
  std::string bytes;  // little-endian
};

// Not thread-safe.
class OnnxGraph {
 public:
  // kInvalidArgument for a file that is no ONNX model; kUnimplemented where weights lie beside it.
  static StatusOr<OnnxGraph> Open(const std::filesystem::path& path);

  std::vector<OnnxNode>& nodes() { return nodes_; }
  const std::vector<OnnxNode>& nodes() const { return nodes_; }
  const std::vector<std::string>& inputs() const { return inputs_; }  // without constants
  const std::set<std::string>& outputs() const { return outputs_; }
  int64_t opset() const;  // of ONNX's own operators

  bool IsConstant(const std::string& name) const { return weights_.contains(name) || new_weights_.contains(name); }
  // Nullopt for what is no constant of floats.
  StatusOr<std::optional<FloatWeight>> FindFloats(const std::string& name) const;
  // Its dimensions; nullopt for what is no constant of floats.
  std::optional<std::vector<int64_t>> FloatShape(const std::string& name) const;

  void AddWeight(const std::string& name, NewWeight weight) { new_weights_[name] = std::move(weight); }
  // One more output, of floats.
  void AddOutput(const std::string& name) { new_outputs_.push_back(name); }
  // The operators of `domain` in this version, where the model does not name that domain yet.
  void UseDomain(const std::string& domain, int64_t version);

  // Writes the model with its metadata; constants that no node uses any more are left out. The file appears whole or
  // not at all. kResourceExhausted for a full disk.
  Status Write(const std::filesystem::path& path) const;

 private:
  struct Weight {
    WireBytes whole;  // the field
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
