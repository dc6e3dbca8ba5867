#include "models/known_packs.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/file.h"
#include "known_packs_data.h"

namespace calotype {

namespace fs = std::filesystem;

std::span<const std::string_view> KnownPackNames() { return kKnownPackNames; }

StatusOr<PackSource> FindPackSource(const std::string& name_or_path) {
  if (const auto* const known = std::ranges::find(kKnownPackNames, name_or_path); known != kKnownPackNames.end()) {
    return PackSource{.file = fmt::format("packs/{}.toml", name_or_path),
                      .text = std::string(kKnownPackTexts[static_cast<std::size_t>(known - kKnownPackNames.begin())]),
                      .folder = {}};
  }
  if (!name_or_path.ends_with(".toml")) {
    return absl::NotFoundError(fmt::format("unknown pack '{}'; known: {}, or the path of a manifest (.toml)",
                                           name_or_path, fmt::join(kKnownPackNames, ", ")));
  }
  CALOTYPE_ASSIGN_OR_RETURN(std::string text, ReadTextFile(name_or_path));
  return PackSource{.file = name_or_path, .text = std::move(text), .folder = fs::absolute(name_or_path).parent_path()};
}

std::optional<std::span<const uint8_t>> KnownFile(std::string_view name) {
  const auto* const known = std::ranges::find(kKnownFileNames, name);
  if (known == kKnownFileNames.end()) {
    return std::nullopt;
  }
  const std::string_view bytes = kKnownFiles[static_cast<std::size_t>(known - kKnownFileNames.begin())];
  return std::span(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size());
}

}  // namespace calotype
