#include "analysis/embed/charsmap.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <utility>

#include "base/unicode.h"

namespace calotype {
namespace {

uint32_t ReadLittleEndian(std::string_view bytes, std::size_t at) {
  uint32_t value = 0;
  for (std::size_t i = 0; i < sizeof(value); ++i) {
    value |= uint32_t{static_cast<unsigned char>(bytes[at + i])} << (8 * i);
  }
  return value;
}

// The fields of a unit of the double array.
bool HasLeaf(uint32_t unit) { return ((unit >> 8U) & 1U) == 1; }
uint32_t Value(uint32_t unit) { return unit & 0x7FFFFFFFU; }
uint32_t Label(uint32_t unit) { return unit & 0x800000FFU; }
uint32_t Offset(uint32_t unit) { return (unit >> 10U) << ((unit & 0x200U) >> 6U); }

// Returns the value of the shortest key that `text` starts with.
std::optional<uint32_t> ShortestPrefix(const std::vector<uint32_t>& trie, std::string_view text) {
  std::size_t node = Offset(trie[0]);
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    node ^= byte;
    if (byte == 0 || node >= trie.size() || Label(trie[node]) != byte) {
      return std::nullopt;
    }
    const uint32_t unit = trie[node];
    node ^= Offset(unit);
    if (node >= trie.size()) {
      return std::nullopt;
    }
    if (HasLeaf(unit)) {
      return Value(trie[node]);
    }
  }
  return std::nullopt;
}

}  // namespace

StatusOr<Charsmap> Charsmap::Create(std::string_view table) {
  constexpr std::size_t kUnit = sizeof(uint32_t);
  const std::size_t size = table.size() < kUnit ? 0 : ReadLittleEndian(table, 0);
  if (size == 0 || size % kUnit != 0 || size > table.size() - kUnit) {
    return absl::InvalidArgumentError(
        fmt::format("precompiled_charsmap has {} bytes, but its trie claims {}", table.size(), size));
  }
  std::vector<uint32_t> trie;
  for (std::size_t at = kUnit; at < kUnit + size; at += kUnit) {
    trie.push_back(ReadLittleEndian(table, at));
  }
  return Charsmap(std::move(trie), std::string(table.substr(kUnit + size)));
}

bool Charsmap::Replace(std::string_view chunk, std::string& out) const {
  const std::optional<uint32_t> start = ShortestPrefix(trie_, chunk);
  if (!start || *start >= texts_.size()) {
    return false;
  }
  const std::size_t end = std::min(texts_.find('\0', *start), texts_.size());
  out.append(texts_, *start, end - *start);
  return true;
}

std::string Charsmap::Apply(std::string_view text) const {
  constexpr std::size_t kLongestWhole = 5;
  std::string out;
  while (!text.empty()) {
    const std::size_t size = std::max<std::size_t>(1, FirstGraphemeSize(text));
    std::string_view grapheme = text.substr(0, size);
    text.remove_prefix(size);
    if (size <= kLongestWhole && Replace(grapheme, out)) {
      continue;
    }
    while (!grapheme.empty()) {
      const std::size_t length = std::max<std::size_t>(1, First(grapheme).size);
      const std::string_view character = grapheme.substr(0, length);
      if (!Replace(character, out)) {
        out += character;
      }
      grapheme.remove_prefix(length);
    }
  }
  return out;
}

}  // namespace calotype
