// Reads the markers of a JPEG without a library, to know what decoding it costs before it begins.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

namespace calotype {

// What the frame header and the headers of the scans say (ITU-T T.81, B.2).
struct JpegFrame {
  int64_t width = 0;
  int64_t height = 0;
  int64_t samples = 0;   // of all channels, in whole blocks
  bool is_held = false;  // all coefficients are in memory: progressive, or separate scans for the channels
  // Samples to compute, for CheckWork(). Each scan of a picture that is held is a pass over it. A pass costs half as
  // much as decoding, since no pixels are made.
  int64_t work = 0;
};

// nullopt when there is no picture. Reads the whole file if the picture is held, otherwise only its header.
std::optional<JpegFrame> ReadJpegFrame(std::span<const uint8_t> file);

}  // namespace calotype
