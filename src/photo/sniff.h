// Recognise formats by the first bytes of a file. Safe for any bytes, and for none.
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
// An animation in the HEIF container, which may also hold a still picture.
bool IsAnimatedHeif(std::span<const uint8_t> head);
bool IsJpegXl(std::span<const uint8_t> head);

// Camera RAW: by signature (CR2, CR3, CRW, RAF, ORF, RW2, MRW, X3F), or a TIFF one of whose directories holds sensor
// data (NEF, ARW, DNG, PEF, SRW, 3FR ...). The directories of a TIFF are often at its end, so pass the whole file.
bool IsRaw(std::span<const uint8_t> file);

// The second part of IsRaw().
bool IsRawTiff(std::span<const uint8_t> file);

}  // namespace calotype
