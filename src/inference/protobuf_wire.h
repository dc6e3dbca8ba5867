// Reads protobuf messages without copying, and writes messages from new fields and old bytes. Just enough for ONNX
// files, which consist almost entirely of weights that need not be parsed.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/status.h"

namespace calotype {

using WireBytes = std::span<const uint8_t>;

// One field of a message: a number (varint), or bytes (also text and sub-messages). A fixed-width field is neither; its
// bytes are in `bytes`.
struct WireField {
  uint64_t number = 0;
  bool is_bytes = false;
  bool is_number = false;
  uint64_t value = 0;
  WireBytes bytes;
  WireBytes whole;  // the field with its tag and length
};

// Reads the fields of one message one by one. Checks every length against the remaining size.
class WireReader {
 public:
  explicit WireReader(WireBytes message) : rest_(message) {}

  // Returns false at the end and for invalid protobuf; broken() distinguishes the two.
  bool Next(WireField& field);
  bool broken() const { return broken_; }

 private:
  bool ReadVarint(uint64_t& value);
  bool Take(uint64_t count, WireBytes& taken);
  bool ReadPayload(uint64_t wire_type, WireField& field);

  WireBytes rest_;
  bool broken_ = false;
};

// Returns kInvalidArgument: "is not an ONNX model: ...".
Status NotOnnx();

std::string WireText(WireBytes bytes);

// Calls `visit(field)` for each field of `message`; stops at its first error.
template <typename Visitor>
Status VisitFields(WireBytes message, const Visitor& visit) {
  WireReader reader(message);
  for (WireField field; reader.Next(field);) {
    CALOTYPE_RETURN_IF_ERROR(visit(field));
  }
  return reader.broken() ? NotOnnx() : absl::OkStatus();
}

// Calls `visit(bytes)` for each sub-message or text called `number`.
template <typename Visitor>
Status VisitBytes(WireBytes message, uint64_t number, const Visitor& visit) {
  return VisitFields(message, [&](const WireField& field) {
    return field.number == number && field.is_bytes ? visit(field.bytes) : absl::OkStatus();
  });
}

// Builds a message.
class WireWriter {
 public:
  WireWriter& Number(uint64_t field, uint64_t value);
  WireWriter& Text(uint64_t field, std::string_view text);
  WireWriter& Bytes(uint64_t field, WireBytes bytes);
  // Writes the tag and length of a field whose `length` bytes the caller writes.
  WireWriter& Head(uint64_t field, uint64_t length);
  // Appends a complete field (WireField::whole).
  WireWriter& Whole(WireBytes field);

  const std::string& text() const { return text_; }

 private:
  void Varint(uint64_t value);

  std::string text_;
};

}  // namespace calotype
