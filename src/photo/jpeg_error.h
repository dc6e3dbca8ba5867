// How libjpeg's errors become Status: for the .cc files of this folder that call libjpeg.
#pragma once

#include <csetjmp>
#include <cstddef>
#include <cstdio>
// jpeglib.h needs size_t and FILE, and does not include what declares them.
#include <jpeglib.h>

#include <string_view>

#include "base/status.h"

namespace calotype {

// libjpeg asks for a function that does not return when it fails. This one keeps the message and jumps back into
// RunJpegStep(). It must be the first member of what `client_data` points to, or be that itself.
struct JpegErrors {
  JpegErrors();
  JpegErrors(const JpegErrors&) = delete;
  JpegErrors& operator=(const JpegErrors&) = delete;

  // "JPEG: what libjpeg said" under the code that fits: kUnimplemented for kinds of JPEG that libjpeg cannot read,
  // kResourceExhausted for memory, else kInvalidArgument.
  Status ToStatus() const;

  jpeg_error_mgr manager{};
  std::jmp_buf escape{};
  char text[JMSG_LENGTH_MAX] = {};
  int code = 0;
};

// Runs `step`, which calls libjpeg; false when libjpeg failed. The jump out of libjpeg skips destructors, therefore
// `step` must own nothing: it captures by reference, and its locals are plain numbers and pointers. Never inlined, so
// that the caller's variables are not held in registers across setjmp().
template <typename Step>
[[gnu::noinline]] bool RunJpegStep(JpegErrors& errors, const Step& step) {
  if (setjmp(errors.escape) != 0) {
    return false;
  }
  step();
  return true;
}

}  // namespace calotype
