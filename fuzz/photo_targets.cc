#include <array>
#include <memory>
#include <string>

#include "base/file.h"
#include "photo/facts_text.h"
#include "photo/photo_reader.h"
#include "photo/xmp_writer.h"
#include "targets.h"

namespace calotype {
namespace {

const PhotoReader& Reader() {
  static const std::unique_ptr<PhotoReader> reader = CreateInProcessReader();
  return *reader;
}

// Small, so that a round is quick: what these limits let through is decoded.
DecodeLimits SmallLimits() {
  constexpr int64_t kPixels = 1'000'000;
  constexpr int kLongSide = 256;
  DecodeLimits limits;
  limits.max_pixels = kPixels;
  limits.target_long_side = kLongSide;
  return limits;
}

}  // namespace

void FuzzFormat(std::span<const uint8_t> data) {
  if (const StatusOr<UniqueFd> file = MakeMemoryFile("fuzz", data); file.ok()) {
    Reader().DetectFormat(file->get());
    Reader().ReadContentIdentifier(file->get());
  }
}

void FuzzPhoto(std::span<const uint8_t> data) {
  const StatusOr<UniqueFd> file = MakeMemoryFile("fuzz", data);
  if (!file.ok()) {
    return;
  }
  const PhotoRequest request{.photo = file->get(), .sidecars = {}, .limits = SmallLimits()};
  Reader().ReadFacts(request).IgnoreError();
  Reader().Decode(request).IgnoreError();
}

void FuzzSidecar(std::span<const uint8_t> data) {
  // The headers of a JPEG of one grey pixel: sidecars are read only for photos whose own facts can be read.
  static constexpr std::array<uint8_t, 25> kPhoto = {0xFF, 0xD8, 0xFF, 0xC0, 0, 11, 8, 0, 1, 0, 1,  1, 1,
                                                     0x11, 0,    0xFF, 0xDA, 0, 8,  1, 1, 0, 0, 63, 0};
  static const UniqueFd photo = *MakeMemoryFile("photo", kPhoto);
  const StatusOr<UniqueFd> file = MakeMemoryFile("fuzz", data);
  if (file.ok() &&
      !Reader().ReadFacts({.photo = photo.get(), .sidecars = {file->get()}, .limits = SmallLimits()}).ok()) {
    __builtin_trap();
  }
}

void FuzzXmpAdditions(std::span<const uint8_t> data) {
  XmpAdditions additions;
  additions.keywords = {"holiday", "Events|party"};
  additions.faces = {{.name = "Ada", .box = Box{.x = 10, .y = 10, .width = 20, .height = 20}}};
  additions.labels = {{"object|dog"}};
  additions.width = 100;
  additions.height = 80;
  const StatusOr<XmpChange> change = AddToXmp(AsText(data), additions);
  if (change.ok()) {
    // What was written can be read, and needs no second change.
    const StatusOr<XmpChange> again = AddToXmp(change->packet, additions);
    if (!again.ok() && !absl::IsFailedPrecondition(again.status())) {
      __builtin_trap();
    }
  }
}

void FuzzDates(std::span<const uint8_t> data) {
  const std::string_view text = AsText(data);
  const std::string_view first = text.substr(0, text.size() / 2);
  const std::string_view rest = text.substr(first.size());
  IsoFromExif(first, rest, rest.substr(0, rest.size() / 2));
  IsoFromXmp(text);
  IsoFromIptc(first, rest);
  IsoFromPng(text);
  CleanText(text);
  CameraName(first, rest);
}

}  // namespace calotype
