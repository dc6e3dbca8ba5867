#include "photo/jpeg_error.h"

#include <fmt/format.h>
#include <jerror.h>

#include <algorithm>
#include <array>

namespace calotype {
namespace {

// `manager` is the first member of JpegErrors, so a pointer to one is a pointer to the other.
[[noreturn]] void KeepMessageAndJump(j_common_ptr info) {
  auto* errors = reinterpret_cast<JpegErrors*>(info->err);
  info->err->format_message(info, errors->text);
  errors->code = info->err->msg_code;
  std::longjmp(errors->escape, 1);
}

void CountWarning(j_common_ptr info, int level) {
  if (level < 0) {
    ++info->err->num_warnings;
  }
}

void PrintNothing(j_common_ptr /*info*/) {}

constexpr std::array kNotReadable = {JERR_BAD_PRECISION,      JERR_SOF_UNSUPPORTED, JERR_ARITH_NOTIMPL,
                                     JERR_CONVERSION_NOTIMPL, JERR_NOTIMPL,         JERR_CCIR601_NOTIMPL};

}  // namespace

JpegErrors::JpegErrors() {
  jpeg_std_error(&manager);
  manager.error_exit = KeepMessageAndJump;
  manager.emit_message = CountWarning;
  manager.output_message = PrintNothing;
}

Status JpegErrors::ToStatus() const {
  const std::string message = fmt::format("JPEG: {}", text);
  if (code == JERR_OUT_OF_MEMORY) {
    return absl::ResourceExhaustedError(message);
  }
  if (std::ranges::find(kNotReadable, code) != kNotReadable.end()) {
    return absl::UnimplementedError(message);
  }
  return absl::InvalidArgumentError(message);
}

}  // namespace calotype
