#include "pipeline/photo_facts.h"

#include <fmt/format.h>

#include <ranges>
#include <vector>

#include "base/file.h"
#include "base/log.h"
#include "photo/sidecar.h"

namespace calotype {
namespace {

// Raised when facts are read in a way that the catalogue would notice.
constexpr std::string_view kFactsVersion = "1";

}  // namespace

std::string FactsReader::version() const {
  return places_ == nullptr ? std::string(kFactsVersion) : fmt::format("{} of {}", kFactsVersion, places_->version());
}

StatusOr<PhotoFacts> FactsReader::Read(std::span<const std::string> paths, const DecodeLimits& limits) const {
  Status status = absl::NotFoundError("no file holds this photo any more");
  for (const std::string& path : paths) {
    const StatusOr<UniqueFd> file = OpenForReading(path);
    if (file.ok()) {
      CALOTYPE_ASSIGN_OR_RETURN(PhotoFacts facts, ReadPhotoFacts(file->get(), limits));
      Complete(paths, facts);
      return facts;
    }
    status = file.status();
  }
  return status;
}

void FactsReader::Complete(std::span<const std::string> paths, PhotoFacts& facts) const {
  std::vector<PhotoFacts> found;
  for (const std::string& path : paths) {
    for (const std::filesystem::path& sidecar : SidecarsOf(path)) {
      StatusOr<PhotoFacts> said = ReadSidecar(sidecar, facts.orientation);
      if (said.ok()) {
        found.push_back(*std::move(said));
      } else {
        LogWarning("{}: {}", sidecar.string(), Message(said.status()));
      }
    }
  }
  // The last word is that of the first.
  for (PhotoFacts& said : std::views::reverse(found)) {
    TakeFromSidecar(std::move(said), facts);
  }
  CompletePlace(places_.get(), facts);
}

}  // namespace calotype
