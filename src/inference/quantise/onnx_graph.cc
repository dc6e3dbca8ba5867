#include "inference/quantise/onnx_graph.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "base/file.h"

namespace calotype {
namespace {

namespace fs = std::filesystem;

// Field numbers of onnx.proto.
constexpr uint64_t kModelGraph = 7;
constexpr uint64_t kModelOpset = 8;
constexpr uint64_t kOpsetDomain = 1;
constexpr uint64_t kOpsetVersion = 2;
constexpr uint64_t kGraphNode = 1;
constexpr uint64_t kGraphInitializer = 5;
constexpr uint64_t kGraphInput = 11;
constexpr uint64_t kGraphOutput = 12;
constexpr uint64_t kGraphValueInfo = 13;
constexpr uint64_t kNodeInput = 1;
constexpr uint64_t kNodeOutput = 2;
constexpr uint64_t kNodeName = 3;
constexpr uint64_t kNodeOp = 4;
constexpr uint64_t kNodeAttribute = 5;
constexpr uint64_t kNodeDomain = 7;
constexpr uint64_t kAttributeName = 1;
constexpr uint64_t kAttributeFloat = 2;
constexpr uint64_t kAttributeInt = 3;
constexpr uint64_t kAttributeGraph = 6;
constexpr uint64_t kAttributeGraphs = 11;
constexpr uint64_t kAttributeType = 20;
constexpr uint64_t kAttributeTypeInt = 2;
constexpr uint64_t kTensorDims = 1;
constexpr uint64_t kTensorType = 2;
constexpr uint64_t kTensorFloats = 4;
constexpr uint64_t kTensorName = 8;
constexpr uint64_t kTensorRaw = 9;
constexpr uint64_t kTensorLocation = 14;
constexpr uint64_t kValueName = 1;
constexpr uint64_t kValueType = 2;
constexpr uint64_t kTypeTensor = 1;
constexpr uint64_t kTensorTypeElement = 1;

constexpr std::string_view kOnnxDomain = "ai.onnx";  // the empty name means the same

static_assert(std::endian::native == std::endian::little,
              "the file's little-endian weights are used without conversion");

WireBytes AsBytes(std::string_view text) { return {reinterpret_cast<const uint8_t*>(text.data()), text.size()}; }

StatusOr<std::string> FirstText(WireBytes message, uint64_t number) {
  std::string text;
  CALOTYPE_RETURN_IF_ERROR(VisitBytes(message, number, [&](WireBytes bytes) {
    text = WireText(bytes);
    return absl::OkStatus();
  }));
  return text;
}

// Reads a repeated number: packed into one field, or one field for each.
Status ReadNumbers(const WireField& field, std::vector<int64_t>& numbers) {
  if (field.is_number) {
    numbers.push_back(static_cast<int64_t>(field.value));
    return absl::OkStatus();
  }
  // A packed list contains only varints.
  uint64_t value = 0;
  unsigned shift = 0;
  for (const uint8_t byte : field.bytes) {
    if (shift > 63) {
      return NotOnnx();
    }
    value |= uint64_t{byte & 0x7FU} << shift;
    shift += 7;
    if ((byte & 0x80U) == 0) {
      numbers.push_back(static_cast<int64_t>(std::exchange(value, 0)));
      shift = 0;
    }
  }
  return shift == 0 ? absl::OkStatus() : NotOnnx();
}

struct TensorView {
  std::vector<int64_t> shape;
  uint64_t type = 0;
  WireBytes floats;
  bool beside = false;  // its weights are in a second file
};

StatusOr<TensorView> ReadTensor(WireBytes proto) {
  TensorView tensor;
  CALOTYPE_RETURN_IF_ERROR(VisitFields(proto, [&](const WireField& field) {
    if (field.number == kTensorDims) {
      return ReadNumbers(field, tensor.shape);
    }
    if (field.number == kTensorType && field.is_number) {
      tensor.type = field.value;
    } else if (field.number == kTensorLocation && field.is_number) {
      tensor.beside = field.value != 0;
    } else if ((field.number == kTensorRaw || field.number == kTensorFloats) && field.is_bytes) {
      tensor.floats = field.bytes;
    }
    return absl::OkStatus();
  }));
  return tensor;
}

bool IsFloats(const TensorView& tensor) {
  uint64_t elements = 1;
  for (const int64_t dimension : tensor.shape) {
    if (dimension < 0 || (dimension > 0 && elements > tensor.floats.size() / static_cast<uint64_t>(dimension))) {
      return false;
    }
    elements *= static_cast<uint64_t>(dimension);
  }
  return tensor.type == static_cast<uint64_t>(OnnxType::kFloat) && tensor.floats.size() == elements * sizeof(float);
}

StatusOr<OnnxNode> ReadNode(WireBytes proto) {
  OnnxNode node;
  CALOTYPE_RETURN_IF_ERROR(VisitFields(proto, [&](const WireField& field) {
    const std::string text = field.is_bytes ? WireText(field.bytes) : "";
    switch (field.number) {
      case kNodeInput:
        node.inputs.push_back(text);
        break;
      case kNodeOutput:
        node.outputs.push_back(text);
        break;
      case kNodeName:
        node.name = text;
        break;
      case kNodeOp:
        node.op = text;
        break;
      case kNodeAttribute:
        node.attributes.push_back(text);
        break;
      case kNodeDomain:
        node.domain = text == kOnnxDomain ? "" : text;
        break;
      default:
        break;
    }
    return absl::OkStatus();
  }));
  return node;
}

std::string MakeNode(const OnnxNode& node) {
  WireWriter writer;
  for (const std::string& input : node.inputs) {
    writer.Text(kNodeInput, input);
  }
  for (const std::string& output : node.outputs) {
    writer.Text(kNodeOutput, output);
  }
  writer.Text(kNodeName, node.name).Text(kNodeOp, node.op);
  for (const std::string& attribute : node.attributes) {
    writer.Text(kNodeAttribute, attribute);
  }
  if (!node.domain.empty()) {
    writer.Text(kNodeDomain, node.domain);
  }
  return writer.text();
}

std::string MakeTensor(const std::string& name, const NewWeight& weight) {
  WireWriter writer;
  for (const int64_t dimension : weight.shape) {
    writer.Number(kTensorDims, static_cast<uint64_t>(dimension));
  }
  writer.Number(kTensorType, static_cast<uint64_t>(weight.type)).Text(kTensorName, name);
  return writer.Text(kTensorRaw, weight.bytes).text();
}

std::string MakeFloatOutput(const std::string& name) {
  WireWriter element;
  element.Number(kTensorTypeElement, static_cast<uint64_t>(OnnxType::kFloat));
  WireWriter type;
  type.Text(kTypeTensor, element.text());
  return WireWriter().Text(kValueName, name).Text(kValueType, type.text()).text();
}

std::string AsField(uint64_t number, const std::string& message) { return WireWriter().Text(number, message).text(); }

// Finds field `number` of `attribute`. False if the attribute has another name or no such field.
bool FindInAttribute(const std::string& attribute, std::string_view name, uint64_t number, WireField& found) {
  bool named = false;
  bool has = false;
  WireReader reader(AsBytes(attribute));
  for (WireField field; reader.Next(field);) {
    named = named || (field.number == kAttributeName && WireText(field.bytes) == name);
    if (field.number == number) {
      found = field;
      has = true;
    }
  }
  return named && has;
}

// Writes pieces one after the other and keeps the first error.
class PieceWriter {
 public:
  explicit PieceWriter(int descriptor) : descriptor_(descriptor) {}
  void Add(WireBytes bytes) {
    if (status_.ok()) {
      status_ = WriteAll(descriptor_, bytes);
    }
  }
  const Status& status() const { return status_; }

 private:
  const int descriptor_;
  Status status_;
};

}  // namespace

std::optional<int64_t> OnnxNode::IntAttribute(std::string_view attribute) const {
  for (const std::string& candidate : attributes) {
    WireField field;
    if (FindInAttribute(candidate, attribute, kAttributeInt, field) && field.is_number) {
      return static_cast<int64_t>(field.value);
    }
  }
  return std::nullopt;
}

std::optional<float> OnnxNode::FloatAttribute(std::string_view attribute) const {
  for (const std::string& candidate : attributes) {
    WireField field;
    if (FindInAttribute(candidate, attribute, kAttributeFloat, field) && field.bytes.size() == sizeof(float)) {
      float value = 0;
      std::memcpy(&value, field.bytes.data(), sizeof(value));
      return value;
    }
  }
  return std::nullopt;
}

bool OnnxNode::HasGraph() const {
  return std::ranges::any_of(attributes, [](const std::string& attribute) {
    WireReader reader(AsBytes(attribute));
    for (WireField field; reader.Next(field);) {
      if (field.number == kAttributeGraph || field.number == kAttributeGraphs) {
        return true;
      }
    }
    return false;
  });
}

void OnnxNode::SetInt(std::string_view attribute, int64_t value) {
  attributes.push_back(WireWriter()
                           .Text(kAttributeName, attribute)
                           .Number(kAttributeInt, static_cast<uint64_t>(value))
                           .Number(kAttributeType, kAttributeTypeInt)
                           .text());
}

StatusOr<OnnxGraph> OnnxGraph::Open(const fs::path& path) {
  CALOTYPE_ASSIGN_OR_RETURN(MappedFile file, MappedFile::Open(path));
  OnnxGraph graph(std::move(file));
  CALOTYPE_RETURN_IF_ERROR(Annotate(graph.Parse(), path.string()));
  return graph;
}

Status OnnxGraph::Parse() {
  CALOTYPE_RETURN_IF_ERROR(VisitFields(file_.bytes(), [&](const WireField& field) -> Status {
    if (field.number == kModelGraph && field.is_bytes) {
      return ParseGraph(field.bytes);
    }
    other_model_fields_.push_back(field.whole);
    if (field.number == kModelOpset && field.is_bytes) {
      CALOTYPE_ASSIGN_OR_RETURN(std::string domain, FirstText(field.bytes, kOpsetDomain));
      return VisitFields(field.bytes, [&](const WireField& part) {
        if (part.number == kOpsetVersion && part.is_number) {
          domains_[domain == kOnnxDomain ? "" : domain] = static_cast<int64_t>(part.value);
        }
        return absl::OkStatus();
      });
    }
    return absl::OkStatus();
  }));
  return nodes_.empty() || outputs_.empty() ? NotOnnx() : absl::OkStatus();
}

Status OnnxGraph::ParseGraph(WireBytes graph) {
  CALOTYPE_RETURN_IF_ERROR(VisitFields(graph, [&](const WireField& field) { return AddOld(field); }));
  std::erase_if(inputs_, [this](const std::string& name) { return weights_.contains(name); });
  return absl::OkStatus();
}

Status OnnxGraph::AddOld(const WireField& field) {
  if (!field.is_bytes || field.number == kGraphValueInfo) {
    return absl::OkStatus();  // shapes of intermediate tensors: the engine computes them again, and some of these
                              // tensors are removed
  }
  if (field.number == kGraphNode) {
    CALOTYPE_ASSIGN_OR_RETURN(OnnxNode node, ReadNode(field.bytes));
    nodes_.push_back(std::move(node));
    return absl::OkStatus();
  }
  if (field.number == kGraphInitializer) {
    CALOTYPE_ASSIGN_OR_RETURN(const std::string name, FirstText(field.bytes, kTensorName));
    CALOTYPE_ASSIGN_OR_RETURN(const TensorView tensor, ReadTensor(field.bytes));
    weights_[name] = {.whole = field.whole, .proto = field.bytes};
    return tensor.beside ? absl::UnimplementedError(
                               fmt::format("the weights of {} are in a second file, which is not supported", name))
                         : absl::OkStatus();
  }
  if (field.number == kGraphInput || field.number == kGraphOutput) {
    CALOTYPE_ASSIGN_OR_RETURN(std::string name, FirstText(field.bytes, kValueName));
    if (field.number == kGraphInput) {
      inputs_.push_back(std::move(name));
    } else {
      outputs_.insert(std::move(name));
    }
  }
  other_graph_fields_.push_back(field.whole);
  return absl::OkStatus();
}

int64_t OnnxGraph::opset() const {
  const auto found = domains_.find("");
  return found == domains_.end() ? 0 : found->second;
}

void OnnxGraph::UseDomain(const std::string& domain, int64_t version) {
  domains_.emplace(domain, version);  // an existing version stays
}

std::optional<std::vector<int64_t>> OnnxGraph::FloatShape(const std::string& name) const {
  const auto found = weights_.find(name);
  if (found == weights_.end()) {
    return std::nullopt;
  }
  const StatusOr<TensorView> tensor = ReadTensor(found->second.proto);
  return tensor.ok() && IsFloats(*tensor) ? std::optional(tensor->shape) : std::nullopt;
}

StatusOr<std::optional<FloatWeight>> OnnxGraph::FindFloats(const std::string& name) const {
  const auto found = weights_.find(name);
  if (found == weights_.end()) {
    return std::nullopt;
  }
  CALOTYPE_ASSIGN_OR_RETURN(const TensorView tensor, ReadTensor(found->second.proto));
  if (!IsFloats(tensor)) {
    return std::nullopt;
  }
  FloatWeight weight{.shape = tensor.shape, .values = std::vector<float>(tensor.floats.size() / sizeof(float))};
  if (!weight.values.empty()) {
    std::memcpy(weight.values.data(), tensor.floats.data(), tensor.floats.size());
  }
  return weight;
}

// All fields of the graph except old constants.
std::vector<std::string> OnnxGraph::MakeNodes() const {
  std::vector<std::string> fields;
  for (const OnnxNode& node : nodes_) {
    fields.push_back(AsField(kGraphNode, MakeNode(node)));
  }
  for (const auto& [name, weight] : new_weights_) {
    fields.push_back(AsField(kGraphInitializer, MakeTensor(name, weight)));
  }
  for (const std::string& name : new_outputs_) {
    fields.push_back(AsField(kGraphOutput, MakeFloatOutput(name)));
  }
  return fields;
}

// The fields after the graph: added domains.
std::vector<std::string> OnnxGraph::MakeEnds() const {
  std::set<std::string> named;
  for (const WireBytes field : other_model_fields_) {
    VisitBytes(field, kModelOpset, [&](WireBytes opset) {
      const StatusOr<std::string> domain = FirstText(opset, kOpsetDomain);
      named.insert(domain.ok() && *domain != kOnnxDomain ? *domain : "");
      return absl::OkStatus();
    }).IgnoreError();
  }
  std::vector<std::string> ends;
  for (const auto& [domain, version] : domains_) {
    if (!named.contains(domain)) {
      ends.push_back(AsField(
          kModelOpset,
          WireWriter().Text(kOpsetDomain, domain).Number(kOpsetVersion, static_cast<uint64_t>(version)).text()));
    }
  }
  return ends;
}

Status OnnxGraph::Write(const fs::path& path) const {
  std::set<std::string> used = outputs_;
  bool has_graphs = false;
  for (const OnnxNode& node : nodes_) {
    used.insert(node.inputs.begin(), node.inputs.end());
    has_graphs = has_graphs || node.HasGraph();
  }
  const std::vector<std::string> made = MakeNodes();
  std::vector<WireBytes> graph = other_graph_fields_;
  graph.insert(graph.end(), made.size(), {});
  std::ranges::transform(made, graph.end() - static_cast<std::ptrdiff_t>(made.size()), AsBytes);
  for (const auto& [name, weight] : weights_) {
    if (has_graphs || used.contains(name)) {
      graph.push_back(weight.whole);
    }
  }
  uint64_t size = 0;
  for (const WireBytes field : graph) {
    size += field.size();
  }
  const fs::path part = fmt::format("{}.{}.part", path.string(), getpid());
  const UniqueFd file(open(part.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
  if (file.get() < 0) {
    return ErrnoStatus(errno, fmt::format("create {}", part.string()));
  }
  auto remove_part = absl::MakeCleanup([&part] { unlink(part.c_str()); });
  PieceWriter writer(file.get());
  for (const WireBytes field : other_model_fields_) {
    writer.Add(field);
  }
  const std::string head = WireWriter().Head(kModelGraph, size).text();
  writer.Add(AsBytes(head));
  for (const WireBytes field : graph) {
    writer.Add(field);
  }
  for (const std::string& end : MakeEnds()) {
    writer.Add(AsBytes(end));
  }
  CALOTYPE_RETURN_IF_ERROR(Annotate(writer.status(), fmt::format("write {}", part.string())));
  if (fsync(file.get()) != 0) {
    return ErrnoStatus(errno, fmt::format("write {}", part.string()));
  }
  if (rename(part.c_str(), path.c_str()) != 0) {
    return ErrnoStatus(errno, fmt::format("rename {}", part.string()));
  }
  std::move(remove_part).Cancel();
  return SyncFolder(path.has_parent_path() ? path.parent_path() : fs::path("."));
}

}  // namespace calotype
