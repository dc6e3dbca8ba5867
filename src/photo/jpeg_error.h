// Turns errors of libjpeg into Status. Only for the .cc files of this folder that call libjpeg.
#pragma once

#include <csetjmp>
#include <cstddef>
#include <cstdio>
// jpeglib.h uses size_t and FILE without including their headers.
#include <jpeglib.h>

#include <string_view>

#include "base/status.h"

namespace calotype {

// On an error, libjpeg calls a function that must not return. Here that function keeps the message and jumps back into
// RunJpegStep(). `client_data` must point to a JpegErrors, or to a struct whose first member it is.
struct JpegErrors {
  JpegErrors();
  JpegErrors(const JpegErrors&) = delete;
  JpegErrors& operator=(const JpegErrors&) = delete;

  // Returns "JPEG: " and the message of libjpeg. kUnimplemented for kinds of JPEG that libjpeg cannot read,
  // kResourceExhausted for too little memory, otherwise kInvalidArgument.
  Status ToStatus() const;

  jpeg_error_mgr manager{};
  std::jmp_buf escape{};
  char text[JMSG_LENGTH_MAX] = {};
  int code = 0;
};

// Runs `step`, which calls libjpeg. Returns false when libjpeg failed. The jump out of libjpeg skips destructors, so
// `step` must not own anything: it captures by reference, and its local variables are plain numbers and pointers. Not
// inlined, so that setjmp() does not leave variables of the caller in registers.
template <typename Step>
[[gnu::noinline]] bool RunJpegStep(JpegErrors& errors, const Step& step) {
  if (setjmp(errors.escape) != 0) {
    return false;
  }
  step();
  return true;
}

}  // namespace calotype
