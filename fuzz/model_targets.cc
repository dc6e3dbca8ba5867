#include <memory>
#include <string>

#include "analysis/embed/tokenizer.h"
#include "analysis/embed/tokenizer_json.h"
#include "inference/protobuf_wire.h"
#include "models/pack.h"
#include "targets.h"

namespace calotype {
namespace {

constexpr int kMaxDepth = 8;

// Reads each field as a message, too.
void ReadMessage(WireBytes message, int depth) {
  VisitFields(message, [&](const WireField& field) -> Status {
    if (field.is_bytes && depth < kMaxDepth) {
      WireText(field.bytes);
      ReadMessage(field.bytes, depth + 1);
    }
    return absl::OkStatus();
  }).IgnoreError();
}

}  // namespace

void FuzzManifest(std::span<const uint8_t> data) {
  ParseManifest(std::string(AsText(data)), "pack.toml", "/models/pack").IgnoreError();
}

void FuzzTokenizer(std::span<const uint8_t> data) {
  if (const auto tokenizer = ReadTokenizerJson(AsText(data), "", {}); tokenizer.ok()) {
    for (const char* const text : {"a dog on a beach", "Grüße 東京 😀", "  \t<|endoftext|>"}) {
      (*tokenizer)->Encode(text);
    }
  }
}

void FuzzProtobuf(std::span<const uint8_t> data) { ReadMessage(data, 0); }

}  // namespace calotype
