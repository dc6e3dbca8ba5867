// Protobuf messages as they lie in a file: read without copying, and put together from new fields and old bytes. Enough
// for ONNX, of whose files nearly all is weights that nobody wants to parse.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/status.h"

namespace calotype {

using WireBytes = std::span<const uint8_t>;

// One field of a message: a number (varint) or bytes (also text and sub-messages); what has a fixed width is neither,
// and its bytes are there.
struct WireField {
  uint64_t number = 0;
  bool is_bytes = false;
  bool is_number = false;
  uint64_t value = 0;
  WireBytes bytes;
  WireBytes whole;  // with its tag and length
};

// Walks the fields of one message. Every length is held against what is left.
class WireReader {
 public:
  explicit WireReader(WireBytes message) : rest_(message) {}

  // False at the end and at bytes that are no protobuf, which broken() tells apart.
  bool Next(WireField& field);
  bool broken() const { return broken_; }

 private:
  bool ReadVarint(uint64_t& value);
  bool Take(uint64_t count, WireBytes& taken);
  bool ReadPayload(uint64_t wire_type, WireField& field);

  WireBytes rest_;
  bool broken_ = false;
};

// kInvalidArgument: "is no ONNX model: ..."
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

// Puts a message together.
class WireWriter {
 public:
  WireWriter& Number(uint64_t field, uint64_t value);
  WireWriter& Text(uint64_t field, std::string_view text);
  WireWriter& Bytes(uint64_t field, WireBytes bytes);
  // What stands before bytes of that length, which the caller writes.
  WireWriter& Head(uint64_t field, uint64_t length);
  // A field as WireField::whole has it.
  WireWriter& Whole(WireBytes field);

  const std::string& text() const { return text_; }

 private:
  void Varint(uint64_t value);

  std::string text_;
};

}  // namespace calotype
