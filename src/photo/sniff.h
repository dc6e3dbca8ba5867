// What the first bytes of a file say, one question for each format. All are safe on any bytes, also on none.
#pragma once

#include <cstdint>
#include <span>

namespace calotype {

bool IsJpeg(std::span<const uint8_t> head);
bool IsPng(std::span<const uint8_t> head);
bool IsWebp(std::span<const uint8_t> head);
bool IsGif(std::span<const uint8_t> head);
bool IsTiff(std::span<const uint8_t> head);  // also true for RAW kinds that are built like TIFF: ask IsRaw() first
bool IsHeic(std::span<const uint8_t> head);
bool IsAvif(std::span<const uint8_t> head);
bool IsJpegXl(std::span<const uint8_t> head);

// Camera RAW: by signature (CR2, CR3, CRW, RAF, ORF, RW2, MRW, X3F), or a TIFF one of whose directories holds sensor
// data (NEF, ARW, DNG, PEF, SRW, 3FR ...). A TIFF's directories are often at the end: give the whole file.
bool IsRaw(std::span<const uint8_t> file);

// The second half of IsRaw().
bool IsRawTiff(std::span<const uint8_t> file);

}  // namespace calotype
