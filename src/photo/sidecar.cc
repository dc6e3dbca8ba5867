#include "photo/sidecar.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <exception>
#include <span>
#include <system_error>
#include <utility>

#include "base/file.h"
#include "photo/metadata.h"
#include "photo/xmp_facts.h"

namespace calotype {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 2> kExtensions = {".xmp", ".XMP"};

template <typename Fact>
void Take(Fact& from, Fact& to) {
  if (from != Fact()) {
    to = std::move(from);
  }
}

template <typename Fact>
void TakeUnknown(Fact& from, Fact& to) {
  if (to == Fact()) {
    to = std::move(from);
  }
}

}  // namespace

bool IsSidecarName(std::string_view name) {
  const std::string_view end = name.substr(name.size() - std::min<std::size_t>(name.size(), 4));
  return name.size() > 4 && std::ranges::equal(end, kExtensions.front(), {},
                                               [](char c) { return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c; });
}

std::vector<fs::path> SidecarsOf(const fs::path& path) {
  std::vector<fs::path> found;
  std::error_code error;
  for (const bool whole : {true, false}) {
    for (const std::string_view extension : kExtensions) {
      fs::path sidecar = path;
      whole ? sidecar += extension : sidecar.replace_extension(extension);
      if (fs::is_regular_file(sidecar, error)) {
        found.push_back(std::move(sidecar));
      }
    }
  }
  return found;
}

StatusOr<PhotoFacts> ReadSidecar(int descriptor, int orientation) {
  CALOTYPE_ASSIGN_OR_RETURN(const std::vector<uint8_t> bytes, ReadAll(descriptor, kMaxSidecarBytes, kSidecarBytesKnob));
  return FactsFromXmp(bytes, orientation);
}

void TakeFromSidecar(PhotoFacts sidecar, PhotoFacts& facts) {
  Take(sidecar.title, facts.title);
  Take(sidecar.description, facts.description);
  Take(sidecar.rating, facts.rating);
  Take(sidecar.keywords, facts.keywords);
  if (!sidecar.regions.empty()) {
    facts.regions = std::move(sidecar.regions);
  }
  if (sidecar.gps) {
    facts.gps = sidecar.gps;
  }
  if (!sidecar.city.empty() || !sidecar.region.empty() || !sidecar.country.empty()) {
    facts.city = std::move(sidecar.city);
    facts.region = std::move(sidecar.region);
    facts.country = std::move(sidecar.country);
  }
  TakeUnknown(sidecar.taken_at, facts.taken_at);
  TakeUnknown(sidecar.camera, facts.camera);
  TakeUnknown(sidecar.lens, facts.lens);
  for (const std::string& kind : sidecar.unreadable) {
    AddUnreadable(kind, facts);
  }
}

}  // namespace calotype
