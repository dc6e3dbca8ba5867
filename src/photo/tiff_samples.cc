#include "photo/tiff_samples.h"

#include <algorithm>
#include <cstddef>

#include "photo/tiff_bytes.h"

namespace calotype {
namespace {

// Tags of TIFF 6.0.
constexpr uint32_t kExtraSamples = 338;
constexpr uint32_t kSampleFormat = 339;

constexpr std::size_t kShortBytes = 2;

}  // namespace

TiffSamples ReadTiffSamples(std::span<const uint8_t> file) {
  const TiffBytes bytes(file);
  const TiffLayout& layout = bytes.layout();
  const std::size_t directory = bytes.Number(layout.first_directory, layout.offset);
  const uint64_t count = std::min(bytes.Number(directory, layout.entry_count), kMaxTiffTags);
  TiffSamples samples;
  for (uint64_t i = 0; i < count; ++i) {
    const std::size_t entry = directory + layout.entry_count + i * layout.entry;
    const std::size_t value = entry + 4 + layout.offset;
    // All of these are numbers of 16 bits. Values that do not fit into the entry are where it points.
    const bool fits = bytes.Number(entry + 4, layout.offset) * kShortBytes <= layout.offset;
    const uint32_t first = bytes.U16(fits ? value : bytes.Number(value, layout.offset));
    if (bytes.U16(entry) == kExtraSamples) {
      samples.has_alpha = first == 1 || first == 2;  // associated, unassociated
    } else if (bytes.U16(entry) == kSampleFormat) {
      samples.is_float = first == 3;
    }
  }
  return samples;
}

}  // namespace calotype
