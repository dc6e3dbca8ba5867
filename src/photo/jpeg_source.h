// A data source for libjpeg that reads from memory and notes when libjpeg needs more bytes than there are. For jpeg.cc.
#pragma once

#include <cstdint>
#include <span>

#include "photo/jpeg_error.h"

namespace calotype {

// Like the source of libjpeg itself, it returns an end marker after the last byte, and the rest of the picture becomes
// grey. This one also records that, so that the decoder can recognise a photo that was cut short.
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
