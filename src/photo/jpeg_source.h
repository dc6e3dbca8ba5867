// Where libjpeg takes its bytes from: memory, with a note of whether it asked for more than there are. For jpeg.cc.
#pragma once

#include <cstdint>
#include <span>

#include "photo/jpeg_error.h"

namespace calotype {

// After its last byte libjpeg's own source gives an end marker and a warning, and the rest of the picture becomes grey.
// This one does the same but remembers it, for the decoder to tell a photo cut short from a whole one.
class JpegSource {
 public:
  explicit JpegSource(std::span<const uint8_t> file);
  JpegSource(const JpegSource&) = delete;
  JpegSource& operator=(const JpegSource&) = delete;

  jpeg_source_mgr* manager() { return &manager_; }
  bool exhausted() const { return exhausted_; }

 private:
  static boolean GiveEndMarker(j_decompress_ptr info);
  static void Skip(j_decompress_ptr info, long count);  // NOLINT(google-runtime-int): libjpeg's type

  jpeg_source_mgr manager_{};  // first, so that a pointer to it is a pointer to this
  bool exhausted_ = false;
};

}  // namespace calotype
