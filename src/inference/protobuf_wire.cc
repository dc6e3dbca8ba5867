#include "inference/protobuf_wire.h"

namespace calotype {

bool WireReader::Next(WireField& field) {
  if (rest_.empty() || broken_) {
    return false;
  }
  const WireBytes before = rest_;
  uint64_t tag = 0;
  broken_ = !ReadVarint(tag) || !ReadPayload(tag & 7U, field) || (tag >> 3U) == 0;
  field.number = tag >> 3U;
  field.whole = before.first(before.size() - rest_.size());
  return !broken_;
}

bool WireReader::ReadVarint(uint64_t& value) {
  value = 0;
  for (unsigned shift = 0; shift < 64 && !rest_.empty(); shift += 7) {
    const uint8_t byte = rest_.front();
    rest_ = rest_.subspan(1);
    value |= uint64_t{byte & 0x7FU} << shift;
    if ((byte & 0x80U) == 0) {
      return true;
    }
  }
  return false;
}

bool WireReader::Take(uint64_t count, WireBytes& taken) {
  if (count > rest_.size()) {
    return false;
  }
  taken = rest_.first(static_cast<std::size_t>(count));
  rest_ = rest_.subspan(static_cast<std::size_t>(count));
  return true;
}

bool WireReader::ReadPayload(uint64_t wire_type, WireField& field) {
  field.is_number = wire_type == 0;
  field.is_bytes = wire_type == 2;
  field.bytes = {};
  switch (wire_type) {
    case 0:
      return ReadVarint(field.value);
    case 1:
      return Take(8, field.bytes);
    case 2:
      return ReadVarint(field.value) && Take(field.value, field.bytes);
    case 5:
      return Take(4, field.bytes);
    default:
      return false;
  }
}

Status NotOnnx() { return absl::InvalidArgumentError("is not an ONNX model: its protobuf cannot be read"); }

std::string WireText(WireBytes bytes) { return {bytes.begin(), bytes.end()}; }

void WireWriter::Varint(uint64_t value) {
  for (; value > 0x7F; value >>= 7U) {
    text_ += static_cast<char>((value & 0x7FU) | 0x80U);
  }
  text_ += static_cast<char>(value);
}

WireWriter& WireWriter::Number(uint64_t field, uint64_t value) {
  Varint(field << 3U);
  Varint(value);
  return *this;
}

WireWriter& WireWriter::Head(uint64_t field, uint64_t length) {
  Varint((field << 3U) | 2U);
  Varint(length);
  return *this;
}

WireWriter& WireWriter::Text(uint64_t field, std::string_view text) {
  Head(field, text.size());
  text_ += text;
  return *this;
}

WireWriter& WireWriter::Bytes(uint64_t field, WireBytes bytes) {
  Head(field, bytes.size());
  return Whole(bytes);
}

WireWriter& WireWriter::Whole(WireBytes field) {
  text_.append(field.begin(), field.end());
  return *this;
}

}  // namespace calotype
