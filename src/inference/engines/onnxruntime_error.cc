#include "inference/engines/onnxruntime_error.h"

#include <exception>
#include <new>
#include <string>

#include "inference/device_error.h"
#include "inference/engines/onnxruntime_api.h"

namespace calotype {
namespace {

// Some of the runtime's messages end with a line break. It is removed, because messages are used inside sentences.
std::string WordsOf(const std::exception& error) {
  std::string text = error.what();
  text.erase(text.find_last_not_of(" \n") + 1);
  return text;
}

Status FromOrt(const Ort::Exception& error) {
  const std::string text = WordsOf(error);
  if (IsOutOfMemory(text)) {
    return absl::ResourceExhaustedError(text);
  }
  switch (error.GetOrtErrorCode()) {
    case ORT_NO_SUCHFILE:
      return absl::NotFoundError(text);
    case ORT_INVALID_ARGUMENT:
    case ORT_INVALID_PROTOBUF:
    case ORT_INVALID_GRAPH:
    case ORT_NO_MODEL:
      return absl::InvalidArgumentError(text);
    default:
      return absl::InternalError(text);
  }
}

}  // namespace

Status StatusOfCurrentException() noexcept {
  try {
    throw;
  } catch (const Ort::Exception& error) {
    return FromOrt(error);
  } catch (const std::bad_alloc&) {
    return absl::ResourceExhaustedError("out of memory");
  } catch (const std::exception& error) {
    const std::string text = WordsOf(error);
    return IsOutOfMemory(text) ? absl::ResourceExhaustedError(text) : absl::InternalError(text);
  } catch (...) {
    return absl::InternalError("onnxruntime threw an exception of unknown type");
  }
}

}  // namespace calotype
