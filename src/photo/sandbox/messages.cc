#include "photo/sandbox/messages.h"

#include <algorithm>
#include <cmath>
#include <string_view>
#include <utility>

#include "base/text.h"
#include "base/unicode.h"
#include "photo/limits.h"
#include "photo/sandbox/wire.h"
#include "photo/sidecar.h"

namespace calotype {
namespace {

constexpr std::string_view kWrongAnswer = "decoder stopped: wrong answer: ";
// A text of a photo, and the list that it is in.
constexpr std::size_t kMaxText = std::size_t{16} << 20;
constexpr int kMaxTextSide = 1'000'000;
constexpr int kMaxOrientation = 8;

}  // namespace

template <typename Archive>
void Fields(Archive& archive, GpsPosition& gps) {
  archive(gps.latitude, gps.longitude, gps.altitude);
}

template <typename Archive>
void Fields(Archive& archive, Box& box) {
  archive(box.x, box.y, box.width, box.height);
}

template <typename Archive>
void Fields(Archive& archive, NamedRegion& region) {
  archive(region.name, region.box);
}

template <typename Archive>
void Fields(Archive& archive, PhotoFacts& facts) {
  archive(facts.taken_at, facts.camera, facts.lens, facts.orientation, facts.gps, facts.gps_time, facts.title,
          facts.description, facts.rating, facts.keywords, facts.regions, facts.city, facts.region, facts.country,
          facts.time_zone, facts.taken_utc, facts.unreadable);
}

template <typename Archive>
void Fields(Archive& archive, DecodeLimits& limits) {
  archive(limits.max_file_bytes, limits.max_pixels, limits.max_aspect_ratio, limits.target_long_side, limits.max_pages,
          limits.samples_per_byte, limits.max_metadata_bytes, limits.max_xmp_properties, limits.max_frames,
          limits.as_stored);
}

template <typename Archive>
void Fields(Archive& archive, SidecarProblem& problem) {
  archive(problem.sidecar, problem.reason, problem.may_pass);
}

template <typename Archive>
void Fields(Archive& archive, FactsAnswer& answer) {
  archive(answer.format, answer.facts, answer.problems);
}

// Without the pixels.
template <typename Archive>
void Fields(Archive& archive, DecodedPhoto& photo) {
  archive(photo.full_width, photo.full_height, photo.reduction, photo.damage, photo.format, photo.facts, photo.pages);
}

template <typename Archive>
void Fields(Archive& archive, DecodeAnswer& answer) {
  archive(answer.photo, answer.needed_memory, answer.problems);
}

template <typename Archive>
void Fields(Archive& archive, XmpAdditions& additions) {
  archive(additions.keywords, additions.faces, additions.known_regions, additions.labels, additions.unwanted,
          additions.orientation, additions.width, additions.height, additions.max_xmp_properties);
}

template <typename Archive>
void Fields(Archive& archive, XmpChange& change) {
  archive(change.packet, change.changes);
}

template <typename Archive>
void Fields(Archive& archive, TextImage& image) {
  archive(image.width, image.height, image.left, image.top, image.coverage);
}

template <typename Archive>
void Fields(Archive& archive, ReaderReport& report) {
  archive(report.protections, report.missing, report.libraries);
}

template <typename Archive>
void Fields(Archive& archive, ReaderRequest& request) {
  archive(request.operation, request.deadline_s, request.limits, request.page, request.max_memory, request.has_sidecar,
          request.additions, request.width, request.height, request.quality, request.long_side, request.format,
          request.text, request.text_size);
}

template <typename Archive>
void Fields(Archive& archive, ReaderAnswer& answer) {
  archive(answer.code, answer.message, answer.report, answer.format, answer.content_identifier, answer.facts,
          answer.decode, answer.width, answer.height, answer.change, answer.encoded, answer.drawn);
}

namespace {

// The first thing that is wrong with an answer.
class AnswerCheck {
 public:
  std::string_view wrong() const { return wrong_; }

  void Require(bool right, std::string_view what) {
    if (!right && wrong_.empty()) {
      wrong_ = what;
    }
  }

  // Text for people, from a photo or a library: UTF-8, without control characters.
  void Text(const std::string& text) {
    Require(text.size() <= kMaxText && DropInvalidUtf8(text, text.size()).size() == text.size() &&
                std::ranges::none_of(text, [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; }),
            "a text");
  }
  void Texts(const std::vector<std::string>& texts) {
    for (const std::string& text : texts) {
      Text(text);
    }
  }
  void Format(PhotoFormat format) { Require(format <= PhotoFormat::kRaw, "a format"); }

  void Facts(const PhotoFacts& facts) {
    for (const std::string* text : {&facts.taken_at, &facts.camera, &facts.lens, &facts.title, &facts.description,
                                    &facts.city, &facts.region, &facts.country, &facts.time_zone}) {
      Text(*text);
    }
    Texts(facts.keywords);
    Texts(facts.unreadable);
    Require(facts.orientation >= 1 && facts.orientation <= kMaxOrientation, "an orientation");
    Require(facts.rating.value_or(0) >= -1 && facts.rating.value_or(0) <= 5, "a rating");
    const GpsPosition gps = facts.gps.value_or(GpsPosition{});
    Require(std::abs(gps.latitude) <= 90 && std::abs(gps.longitude) <= 180 && std::isfinite(gps.altitude.value_or(0)),
            "a position");
    for (const NamedRegion& region : facts.regions) {
      Text(region.name);
      Require(std::isfinite(region.box.x) && std::isfinite(region.box.y) && std::isfinite(region.box.width) &&
                  std::isfinite(region.box.height),
              "a region");
    }
  }

  void Problems(const std::vector<SidecarProblem>& problems, std::size_t sidecars) {
    for (const SidecarProblem& problem : problems) {
      Require(problem.sidecar < sidecars, "a sidecar");
      Text(problem.reason);
    }
  }

  void Decoded(const ReaderAnswer& answer, const DecodeLimits& limits, std::size_t sidecars) {
    Require(answer.decode.needed_memory >= 0, "an amount of memory");
    Problems(answer.decode.problems, sidecars);
    if (!answer.decode.photo.has_value()) {
      return;
    }
    const DecodedPhoto& photo = *answer.decode.photo;
    // The whole photo was checked by its header; scaling may change the ratio of the sides a little.
    Require(CheckPixels(photo.full_width, photo.full_height, limits).ok(), "the size of a photo");
    Require(answer.width >= 1 && answer.height >= 1 &&
                static_cast<int64_t>(answer.width) * answer.height <= limits.max_pixels,
            "the size of a picture");
    Require(std::isfinite(photo.reduction.value_or(1)) && photo.reduction.value_or(1) > 0, "a reduction");
    Require(photo.pages >= 1, "a number of pages");
    Text(photo.damage);
    Format(photo.format);
    Facts(photo.facts);
  }

  void Drawn(const TextImage& drawn) {
    Require(drawn.width >= 0 && drawn.width <= kMaxTextSide && drawn.height >= 0 && drawn.height <= kMaxTextSide &&
                std::abs(static_cast<int64_t>(drawn.left)) <= kMaxTextSide &&
                std::abs(static_cast<int64_t>(drawn.top)) <= kMaxTextSide &&
                drawn.coverage.size() == static_cast<std::size_t>(drawn.width) * static_cast<std::size_t>(drawn.height),
            "a drawn text");
  }

 private:
  std::string_view wrong_;
};

bool IsStatusCode(absl::StatusCode code) {
  return code >= absl::StatusCode::kOk && code <= absl::StatusCode::kUnauthenticated;
}

Status WrongAnswer(std::string_view what) { return absl::InternalError(std::string(kWrongAnswer) + std::string(what)); }

}  // namespace

std::vector<uint8_t> ToBytes(const ReaderRequest& request) {
  FieldWriter writer;
  writer(request);
  return writer.TakeBytes();
}

std::vector<uint8_t> ToBytes(const ReaderAnswer& answer) {
  FieldWriter writer;
  writer(answer);
  return writer.TakeBytes();
}

StatusOr<ReaderRequest> ReadRequest(std::span<const uint8_t> bytes) {
  ReaderRequest request;
  FieldReader reader(bytes);
  reader(request);
  return reader.ok() ? StatusOr<ReaderRequest>(std::move(request)) : absl::InvalidArgumentError("a damaged request");
}

StatusOr<ReaderAnswer> ReadAnswer(std::span<const uint8_t> bytes, const ReaderRequest& request, std::size_t sidecars) {
  ReaderAnswer answer;
  FieldReader reader(bytes);
  reader(answer);
  AnswerCheck check;
  check.Require(reader.ok(), "a field");
  check.Require(IsStatusCode(answer.code), "a code");
  check.Text(answer.message);
  check.Texts(answer.report.protections);
  check.Texts(answer.report.missing);
  check.Texts(answer.report.libraries);
  check.Format(answer.format);
  check.Text(answer.content_identifier);
  check.Format(answer.facts.format);
  check.Facts(answer.facts.facts);
  check.Problems(answer.facts.problems, sidecars);
  check.Decoded(answer, request.limits, sidecars);
  check.Require(answer.change.packet.size() <= 2 * kMaxSidecarBytes, "a sidecar's size");
  check.Texts(answer.change.changes);
  check.Drawn(answer.drawn);
  if (!check.wrong().empty()) {
    return WrongAnswer(check.wrong());
  }
  if (answer.code != absl::StatusCode::kOk) {
    return Status(answer.code, answer.message);
  }
  return answer;
}

bool IsWrongAnswer(const Status& status) {
  return absl::IsInternal(status) && Message(status).starts_with(kWrongAnswer);
}

}  // namespace calotype
