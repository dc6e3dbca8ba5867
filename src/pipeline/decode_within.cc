#include "pipeline/decode_within.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <utility>
#include <vector>

#include "base/file.h"
#include "photo/decode_memory.h"
#include "photo/limits.h"

namespace calotype {
namespace {

// What models take while they look at one photo, measured with the packs that people use; more than that is theirs for
// good after the first photo and counted then.
constexpr int64_t kAnalysisBytes = 150'000'000;

Status TooLarge(std::string_view what, int64_t bytes, const MemoryBudget& budget) {
  constexpr double kMegabyte = 1e6;
  return absl::ResourceExhaustedError(fmt::format("{} takes {:.0f} MB of memory, the limit is {:.0f} ({})", what,
                                                  static_cast<double>(bytes) / kMegabyte,
                                                  static_cast<double>(budget.limit()) / kMegabyte, kMemoryKnob));
}

StatusOr<std::vector<uint8_t>> ReadPhoto(int descriptor, const DecodeLimits& limits) {
  return ReadAll(descriptor, limits.max_file_bytes, kFileBytesKnob);
}

}  // namespace

StatusOr<DecodedPhoto> DecodeWithin(int descriptor, const DecodeLimits& limits, MemoryBudget& budget,
                                    MemoryBudget::Claim& claim) {
  if (budget.limit() == 0) {
    return DecodePhoto(descriptor, limits);
  }
  struct stat info{};
  if (fstat(descriptor, &info) != 0) {
    return ErrnoStatus(errno, "cannot read");
  }
  const int64_t size = info.st_size;
  if (size > budget.limit()) {
    return TooLarge("the file", size, budget);
  }
  claim = budget.Take(size + kAnalysisBytes);
  CALOTYPE_ASSIGN_OR_RETURN(std::vector<uint8_t> file, ReadPhoto(descriptor, limits));
  CALOTYPE_ASSIGN_OR_RETURN(const int64_t needed, MemoryToDecode(file, limits));
  if (needed > budget.limit()) {
    return TooLarge("decoding it", needed, budget);
  }
  if (!claim.GrowTo(needed)) {
    // To wait for more while holding some could be to wait for each other.
    file = {};
    claim.ShrinkTo(0);
    claim = budget.Take(std::max(needed, size + kAnalysisBytes));
    CALOTYPE_ASSIGN_OR_RETURN(file, ReadPhoto(descriptor, limits));
  }
  StatusOr<DecodedPhoto> photo = DecodePhoto(file, limits);
  file = {};
  claim.ShrinkTo(photo.ok() ? static_cast<int64_t>(photo->image.pixels().size()) + kAnalysisBytes : 0);
  return photo;
}

}  // namespace calotype
