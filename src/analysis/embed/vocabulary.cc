#include "analysis/embed/vocabulary.h"

#include <fmt/format.h>

namespace calotype {

std::optional<int64_t> Vocabulary::Find(std::string_view piece) const {
  const auto found = ids_.find(piece);
  return found == ids_.end() ? std::nullopt : std::optional(found->second);
}

std::optional<std::vector<int64_t>> ByteTokens(const Vocabulary& vocabulary, std::string_view text) {
  std::vector<int64_t> ids;
  for (const char c : text) {
    const std::optional<int64_t> id = vocabulary.Find(fmt::format("<0x{:02X}>", static_cast<unsigned char>(c)));
    if (!id) {
      return std::nullopt;
    }
    ids.push_back(*id);
  }
  return ids;
}

}  // namespace calotype
