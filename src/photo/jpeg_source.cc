#include "photo/jpeg_source.h"

#include <array>

namespace calotype {
namespace {

constexpr std::array<JOCTET, 2> kEndMarker = {0xFF, JPEG_EOI};

}  // namespace

JpegSource::JpegSource(std::span<const uint8_t> file) {
  manager_.next_input_byte = file.data();
  manager_.bytes_in_buffer = file.size();
  manager_.init_source = [](j_decompress_ptr) {};
  manager_.fill_input_buffer = GiveEndMarker;
  manager_.skip_input_data = Skip;
  manager_.resync_to_restart = jpeg_resync_to_restart;
  manager_.term_source = [](j_decompress_ptr) {};
}

boolean JpegSource::GiveEndMarker(j_decompress_ptr info) {
  reinterpret_cast<JpegSource*>(info->src)->exhausted_ = true;
  info->src->next_input_byte = kEndMarker.data();
  info->src->bytes_in_buffer = kEndMarker.size();
  return TRUE;
}

void JpegSource::Skip(j_decompress_ptr info, long count) {  // NOLINT(google-runtime-int)
  if (count <= 0) {
    return;
  }
  const auto bytes = static_cast<std::size_t>(count);
  if (bytes > info->src->bytes_in_buffer) {
    GiveEndMarker(info);
    return;
  }
  info->src->next_input_byte += bytes;
  info->src->bytes_in_buffer -= bytes;
}

}  // namespace calotype
