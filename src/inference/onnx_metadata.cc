#include "inference/onnx_metadata.h"

#include <fmt/format.h>

#include <array>
#include <set>
#include <utility>

#include "base/mapped_file.h"
#include "inference/protobuf_wire.h"

namespace calotype {
namespace {

using Bytes = WireBytes;

// Field numbers of onnx.proto.
constexpr uint64_t kModelGraph = 7;
constexpr uint64_t kModelMetadata = 14;
constexpr uint64_t kEntryKey = 1;
constexpr uint64_t kEntryValue = 2;
constexpr uint64_t kGraphInitializer = 5;
constexpr uint64_t kGraphInput = 11;
constexpr uint64_t kGraphOutput = 12;
constexpr uint64_t kTensorName = 8;
constexpr uint64_t kValueName = 1;
constexpr uint64_t kValueType = 2;
constexpr uint64_t kTypeTensor = 1;
constexpr uint64_t kTensorTypeElement = 1;
constexpr uint64_t kTensorTypeShape = 2;
constexpr uint64_t kShapeDimension = 1;
constexpr uint64_t kDimensionValue = 1;
constexpr uint64_t kDimensionName = 2;

// The names of TensorProto.DataType, indexed by its numbers.
constexpr std::array kElementNames = {"undefined", "float32", "uint8",   "int8",    "uint16",  "int16",
                                      "int32",     "int64",   "string",  "bool",    "float16", "float64",
                                      "uint32",    "uint64",  "complex", "complex", "bfloat16"};

StatusOr<ElementType> FromOnnx(uint64_t type, const std::string& name) {
  switch (type) {
    case 1:
      return ElementType::kFloat32;
    case 2:
      return ElementType::kUint8;
    case 6:
      return ElementType::kInt32;
    case 7:
      return ElementType::kInt64;
    default:
      return absl::UnimplementedError(
          fmt::format("{} has the unsupported element type {}", name,
                      type < kElementNames.size() ? kElementNames[type] : fmt::format("{} of ONNX", type)));
  }
}

// An input or output with the names of its dimensions; a dimension without a name has an empty one.
struct Value {
  TensorInfo info;
  std::vector<std::string> names;
};

Status ParseShape(Bytes message, Value& value) {
  return VisitBytes(message, kShapeDimension, [&](Bytes dimension) {
    value.info.shape.push_back(-1);  // a dimension with a name or without anything has no fixed size
    value.names.emplace_back();
    return VisitFields(dimension, [&](const WireField& field) {
      if (field.number == kDimensionValue && !field.is_bytes) {
        value.info.shape.back() = static_cast<int64_t>(field.value) < 0 ? -1 : static_cast<int64_t>(field.value);
      } else if (field.number == kDimensionName && field.is_bytes) {
        value.names.back() = WireText(field.bytes);
      }
      return absl::OkStatus();
    });
  });
}

StatusOr<Value> ParseValue(Bytes message) {
  Value value;
  TensorInfo& info = value.info;
  uint64_t element = 0;
  const auto parse_tensor = [&](Bytes tensor) {
    return VisitFields(tensor, [&](const WireField& field) {
      if (field.number == kTensorTypeElement && !field.is_bytes) {
        element = field.value;
      } else if (field.number == kTensorTypeShape && field.is_bytes) {
        return ParseShape(field.bytes, value);
      }
      return absl::OkStatus();
    });
  };
  CALOTYPE_RETURN_IF_ERROR(VisitFields(message, [&](const WireField& field) {
    if (field.number == kValueName && field.is_bytes) {
      info.name = WireText(field.bytes);
    } else if (field.number == kValueType && field.is_bytes) {
      return VisitBytes(field.bytes, kTypeTensor, parse_tensor);
    }
    return absl::OkStatus();
  }));
  CALOTYPE_ASSIGN_OR_RETURN(info.type, FromOnnx(element, info.name));
  return value;
}

std::set<std::string> RowNames(std::span<const Value> inputs) {
  std::set<std::string> rows;
  std::set<std::string> others;
  for (const Value& input : inputs) {
    for (std::size_t i = 0; i < input.names.size(); ++i) {
      (i == 0 ? rows : others).insert(input.names[i]);
    }
  }
  others.insert("");
  std::erase_if(rows, [&](const std::string& name) { return others.contains(name); });
  return rows;
}

Status ParseProperty(Bytes message, std::map<std::string, std::string>& properties) {
  std::pair<std::string, std::string> entry;
  CALOTYPE_RETURN_IF_ERROR(VisitFields(message, [&](const WireField& field) {
    if (field.is_bytes && (field.number == kEntryKey || field.number == kEntryValue)) {
      (field.number == kEntryKey ? entry.first : entry.second) = WireText(field.bytes);
    }
    return absl::OkStatus();
  }));
  properties.insert_or_assign(std::move(entry.first), std::move(entry.second));
  return absl::OkStatus();
}

Status ParseGraph(Bytes message, OnnxMetadata& metadata) {
  std::set<std::string> given;
  std::vector<Bytes> inputs;  // read last: an input with a constant value is not one, whatever its type
  CALOTYPE_RETURN_IF_ERROR(VisitFields(message, [&](const WireField& field) -> Status {
    if (field.number == kGraphInitializer && field.is_bytes) {
      return VisitBytes(field.bytes, kTensorName, [&](Bytes name) {
        given.insert(WireText(name));
        return absl::OkStatus();
      });
    }
    if (field.number == kGraphInput && field.is_bytes) {
      inputs.push_back(field.bytes);
    } else if (field.number == kGraphOutput && field.is_bytes) {
      CALOTYPE_ASSIGN_OR_RETURN(Value output, ParseValue(field.bytes));
      metadata.outputs.push_back(std::move(output.info));
    }
    return absl::OkStatus();
  }));
  std::vector<Value> values;
  for (const Bytes input : inputs) {
    std::string name;
    CALOTYPE_RETURN_IF_ERROR(VisitBytes(input, kValueName, [&](Bytes text) {
      name = WireText(text);
      return absl::OkStatus();
    }));
    if (!given.contains(name)) {
      CALOTYPE_ASSIGN_OR_RETURN(Value value, ParseValue(input));
      metadata.inputs.push_back(value.info);
      values.push_back(std::move(value));
    }
  }
  metadata.row_names = RowNames(values);
  return absl::OkStatus();
}

}  // namespace

StatusOr<OnnxMetadata> ParseOnnxMetadata(std::span<const uint8_t> file) {
  OnnxMetadata metadata;
  CALOTYPE_RETURN_IF_ERROR(VisitFields(file, [&](const WireField& field) {
    if (field.number == kModelGraph && field.is_bytes) {
      return ParseGraph(field.bytes, metadata);
    }
    if (field.number == kModelMetadata && field.is_bytes) {
      return ParseProperty(field.bytes, metadata.properties);
    }
    return absl::OkStatus();
  }));
  if (metadata.outputs.empty()) {
    return absl::InvalidArgumentError("is not an ONNX model: it has no graph with outputs");
  }
  return metadata;
}

StatusOr<OnnxMetadata> ReadOnnxMetadata(const std::filesystem::path& path) {
  // Mapped, not read: nearly all of the file is weights, whose pages are never touched.
  CALOTYPE_ASSIGN_OR_RETURN(const MappedFile file, MappedFile::Open(path));
  if (file.bytes().empty()) {
    return absl::InvalidArgumentError(fmt::format("{} is not an ONNX model: it is empty", path.string()));
  }
  StatusOr<OnnxMetadata> metadata = ParseOnnxMetadata(file.bytes());
  if (!metadata.ok()) {
    return absl::Status(metadata.status().code(), fmt::format("{} {}", path.string(), Message(metadata.status())));
  }
  return metadata;
}

}  // namespace calotype
