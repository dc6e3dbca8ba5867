// What the program asks of a child process that reads photos, and what it answers.
//
// The program trusts no answer: ReadAnswer() returns only what a working child could have sent. That makes an answer
// safe to use, not true.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/status.h"
#include "photo/photo_reader.h"
#include "photo/reader_settings.h"
#include "photo/text_image.h"

namespace calotype {

enum class Operation : uint8_t {
  kDescribe = 0,
  kDetectFormat = 1,
  kReadContentIdentifier = 2,
  kReadFacts = 3,
  kDecode = 4,
  kAddToSidecar = 5,
  kEncodeJpeg = 6,
  kEncodeThumbnail = 7,
  kDrawText = 8,
};

// A child that gets no processor, as on a busy machine, has this many times its deadline.
inline constexpr int64_t kPatience = 5;

// Each operation uses a part of the fields. Its files travel beside it: the photo or the pixels first, then the
// sidecars.
struct ReaderRequest {
  Operation operation = Operation::kDescribe;
  // The child ends itself somewhat later than kPatience times this, in case its program is gone.
  int64_t deadline_s = 0;
  DecodeLimits limits;
  int page = 1;
  int64_t max_memory = 0;
  bool has_sidecar = false;  // kAddToSidecar
  XmpAdditions additions;
  int width = 0;  // of the pixels to encode
  int height = 0;
  int quality = 0;
  int long_side = 0;
  PhotoFormat format = PhotoFormat::kUnknown;
  std::string text;
  int text_size = 0;
};

// As in ReaderRequest. The pixels of `decode` are in the file beside the answer.
struct ReaderAnswer {
  absl::StatusCode code = absl::StatusCode::kOk;
  std::string message;
  ReaderReport report;
  PhotoFormat format = PhotoFormat::kUnknown;
  std::string content_identifier;
  FactsAnswer facts;
  DecodeAnswer decode;
  int width = 0;  // of the picture in the file
  int height = 0;
  XmpChange change;
  std::vector<uint8_t> encoded;
  TextImage drawn;
};

std::vector<uint8_t> ToBytes(const ReaderRequest& request);
std::vector<uint8_t> ToBytes(const ReaderAnswer& answer);

// kInvalidArgument when the bytes are no request.
StatusOr<ReaderRequest> ReadRequest(std::span<const uint8_t> bytes);

// The answer to `request`, without pixels. An error of the child becomes the error that is returned; kInternal with
// "decoder stopped: wrong answer" when the bytes are not what a working child sends: a size, an enumeration or a number
// out of range, text that is not UTF-8 or has control characters, more sidecars than were asked for.
StatusOr<ReaderAnswer> ReadAnswer(std::span<const uint8_t> bytes, const ReaderRequest& request, std::size_t sidecars);

// True for errors that ReadAnswer() makes up because the answer is wrong.
bool IsWrongAnswer(const Status& status);

}  // namespace calotype
