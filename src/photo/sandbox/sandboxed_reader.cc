// The functions that read photos, encode pictures and draw text, as the program has them: each passes its request to a
// child process, whose answer is checked before it is used.
#include <utility>

#include "base/file.h"
#include "photo/encode.h"
#include "photo/photo_reader.h"
#include "photo/pixel_memory.h"
#include "photo/reader_settings.h"
#include "photo/sandbox/reader_pool.h"
#include "photo/text_image.h"

namespace calotype {
namespace {

ReaderCall CallFor(Operation operation, const PhotoRequest& request) {
  ReaderCall call{.request = {.operation = operation,
                              .limits = request.limits,
                              .page = request.page,
                              .max_memory = request.max_memory},
                  .files = {request.photo},
                  .sidecars = request.sidecars.size(),
                  .stop = request.stop};
  call.files.insert(call.files.end(), request.sidecars.begin(), request.sidecars.end());
  return call;
}

ReaderCall CallFor(Operation operation, int file) { return CallFor(operation, PhotoRequest{.photo = file}); }

class SandboxedReader : public PhotoReader {
 public:
  PhotoFormat DetectFormat(int file) const override {
    const StatusOr<ReaderReply> reply = ReaderPool::Get().Ask(CallFor(Operation::kDetectFormat, file));
    return reply.ok() ? reply->answer.format : PhotoFormat::kUnknown;
  }

  std::string ReadContentIdentifier(int file) const override {
    StatusOr<ReaderReply> reply = ReaderPool::Get().Ask(CallFor(Operation::kReadContentIdentifier, file));
    return reply.ok() ? std::move(reply->answer.content_identifier) : std::string();
  }

  StatusOr<FactsAnswer> ReadFacts(const PhotoRequest& request) const override {
    CALOTYPE_ASSIGN_OR_RETURN(ReaderReply reply, ReaderPool::Get().Ask(CallFor(Operation::kReadFacts, request)));
    return std::move(reply.answer.facts);
  }

  StatusOr<DecodeAnswer> Decode(const PhotoRequest& request) const override {
    CALOTYPE_ASSIGN_OR_RETURN(ReaderReply reply, ReaderPool::Get().Ask(CallFor(Operation::kDecode, request)));
    ReaderAnswer& answer = reply.answer;
    if (answer.decode.photo.has_value()) {
      if (reply.files.empty()) {
        return absl::InternalError("decoder stopped: a picture without pixels");
      }
      const auto bytes =
          static_cast<std::size_t>(answer.width) * static_cast<std::size_t>(answer.height) * Image::kChannels;
      CALOTYPE_ASSIGN_OR_RETURN(PixelMemory memory, PixelMemory::Map(reply.files.front(), bytes));
      answer.decode.photo->image = Image(answer.width, answer.height, std::move(memory));
    }
    return std::move(answer.decode);
  }

  StatusOr<XmpChange> AddToSidecar(int sidecar, const XmpAdditions& additions) const override {
    ReaderCall call{
        .request = {.operation = Operation::kAddToSidecar, .has_sidecar = sidecar >= 0, .additions = additions}};
    if (sidecar >= 0) {
      call.files.push_back(sidecar);
    }
    CALOTYPE_ASSIGN_OR_RETURN(ReaderReply reply, ReaderPool::Get().Ask(std::move(call)));
    return std::move(reply.answer.change);
  }
};

StatusOr<std::vector<uint8_t>> Encode(ReaderRequest request, const Image& image) {
  if (image.empty()) {
    return absl::InvalidArgumentError("a picture without pixels cannot be encoded");
  }
  CALOTYPE_ASSIGN_OR_RETURN(const UniqueFd pixels, MakeMemoryFile("calotype-pixels", image.pixels()));
  request.width = image.width();
  request.height = image.height();
  CALOTYPE_ASSIGN_OR_RETURN(ReaderReply reply,
                            ReaderPool::Get().Ask({.request = std::move(request), .files = {pixels.get()}}));
  return std::move(reply.answer.encoded);
}

}  // namespace

std::unique_ptr<PhotoReader> CreatePhotoReader() { return std::make_unique<SandboxedReader>(); }

StatusOr<DecodedPhoto> DecodePhoto(std::span<const uint8_t> file, const DecodeLimits& limits) {
  CALOTYPE_ASSIGN_OR_RETURN(const UniqueFd photo, MakeMemoryFile("calotype-photo", file));
  StatusOr<DecodeAnswer> answer = SandboxedReader().Decode({.photo = photo.get(), .limits = limits});
  CALOTYPE_RETURN_IF_ERROR(answer.status());
  if (!answer->photo.has_value()) {
    return absl::InternalError("decoder stopped: no picture");
  }
  return std::move(*answer->photo);
}

StatusOr<std::vector<uint8_t>> EncodeJpeg(const Image& image, int quality) {
  return Encode({.operation = Operation::kEncodeJpeg, .quality = quality}, image);
}

StatusOr<std::vector<uint8_t>> EncodeThumbnail(Image image, int long_side, PhotoFormat format) {
  return Encode({.operation = Operation::kEncodeThumbnail, .long_side = long_side, .format = format}, image);
}

StatusOr<TextImage> DrawText(std::string_view text, int size) {
  ReaderCall call{.request = {.operation = Operation::kDrawText, .text = std::string(text), .text_size = size}};
  CALOTYPE_ASSIGN_OR_RETURN(ReaderReply reply, ReaderPool::Get().Ask(std::move(call)));
  return std::move(reply.answer.drawn);
}

StatusOr<ReaderReport> DescribeReader() {
  CALOTYPE_ASSIGN_OR_RETURN(ReaderReply reply, ReaderPool::Get().Ask({.request = {.operation = Operation::kDescribe}}));
  return std::move(reply.answer.report);
}

int64_t ReaderMemory() { return ReaderPool::Get().ResidentBytes(); }

}  // namespace calotype
