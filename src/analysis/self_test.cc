#include "analysis/self_test.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "base/file.h"
#include "photo/decode.h"
#include "photo/encode.h"

namespace calotype {
namespace {

Status Mismatch(std::string_view model, std::string_view expected, std::string_view got) {
  return absl::InternalError(fmt::format("self-test of model {}: expected {}, got {}", model, expected, got));
}

std::string Quoted(std::span<const std::string> texts) {
  return texts.empty() ? "nothing" : fmt::format("\"{}\"", fmt::join(texts, "\", \""));
}

// What a second JPEG leaves of a photo is no worse than what cameras and messengers write.
constexpr int kSavedQuality = 95;

StatusOr<Image> LoadPhoto(const std::filesystem::path& path, ProbePhotos form) {
  CALOTYPE_ASSIGN_OR_RETURN(const std::vector<uint8_t> file, ReadFile(path));
  CALOTYPE_ASSIGN_OR_RETURN(DecodedPhoto photo, DecodePhoto(file, DecodeLimits{}));
  if (form == ProbePhotos::kSavedAgain) {
    CALOTYPE_ASSIGN_OR_RETURN(const std::vector<uint8_t> jpeg, EncodeJpeg(photo.image, kSavedQuality));
    CALOTYPE_ASSIGN_OR_RETURN(photo, DecodePhoto(jpeg, DecodeLimits{}));
  }
  return std::move(photo.image);
}

}  // namespace

StatusOr<Image> LoadSelfTestPhoto(const std::filesystem::path& path, ProbePhotos form) {
  StatusOr<Image> image = LoadPhoto(path, form);
  if (!image.ok()) {
    return Annotate(image.status(), fmt::format("self-test photo {}", path.string()));
  }
  return image;
}

std::function<StatusOr<ProbeAnswer>(Session&, ProbePhotos)> FindingsInPhotos(const ModelSpec& spec, RunOnPhoto run) {
  if (!spec.self_test || spec.self_test->photo.empty()) {
    return nullptr;
  }
  std::vector<std::filesystem::path> photos = {spec.self_test->photo};
  photos.insert(photos.end(), spec.self_test->more_photos.begin(), spec.self_test->more_photos.end());
  return
      [photos = std::move(photos), run = std::move(run)](Session& session, ProbePhotos form) -> StatusOr<ProbeAnswer> {
        ProbeAnswer answer;
        for (std::size_t i = 0; i < photos.size(); ++i) {
          CALOTYPE_ASSIGN_OR_RETURN(Image image, LoadSelfTestPhoto(photos[i], form));
          CALOTYPE_RETURN_IF_ERROR(run(session, std::move(image), static_cast<int>(i), answer));
        }
        return answer;
      };
}

ModelProbe PhotoProbe(const ModelSpec& spec, RunOnPhoto run, std::function<Status(const ProbeAnswer&)> expect) {
  auto find = FindingsInPhotos(spec, std::move(run));
  if (find == nullptr) {
    return {};
  }
  return {.answer = [find = std::move(find)](Session& session) { return find(session, ProbePhotos::kAsTheyAre); },
          .expect = std::move(expect),
          .findings = nullptr};
}

ModelProbe DetectorProbe(const ModelSpec& spec, const RunOnPhoto& run,
                         std::function<Status(const ProbeAnswer&)> expect) {
  ModelProbe probe = PhotoProbe(spec, run, std::move(expect));
  probe.findings = FindingsInPhotos(spec, run);
  return probe;
}

int CountOfFirstPhoto(const ProbeAnswer& answer) {
  return static_cast<int>(std::ranges::count(answer.boxes, 0, &ProbeBox::photo));
}

Status ExpectVector(std::span<const float> got, const SelfTestSpec& spec, std::string_view model) {
  const std::vector<float>& expected = spec.expect_vector;
  if (got.size() < expected.size()) {
    return Mismatch(model, fmt::format("{} components or more", expected.size()), fmt::format("{}", got.size()));
  }
  for (std::size_t i = 0; i < expected.size(); ++i) {
    // Written so that NaN fails too.
    if (!(std::abs(got[i] - expected[i]) <= static_cast<float>(spec.tolerance))) {
      return Mismatch(model, fmt::format("component {} to be {} within {}", i, expected[i], spec.tolerance),
                      fmt::format("{}", got[i]));
    }
  }
  return absl::OkStatus();
}

Status ExpectAllFound(std::span<const std::string> got, std::span<const std::string> expected, std::string_view model) {
  const bool all = std::ranges::all_of(
      expected, [got](const std::string& text) { return std::ranges::find(got, text) != got.end(); });
  return all ? absl::OkStatus() : Mismatch(model, Quoted(expected), Quoted(got));
}

Status ExpectSame(std::span<const std::string> got, std::span<const std::string> expected, std::string_view model) {
  return std::ranges::equal(got, expected) ? absl::OkStatus() : Mismatch(model, Quoted(expected), Quoted(got));
}

Status ExpectNumber(int got, std::optional<int> expected, std::string_view what, std::string_view model) {
  if (!expected || *expected == got) {
    return absl::OkStatus();
  }
  return Mismatch(model, fmt::format("{} {}", *expected, what), fmt::format("{}", got));
}

}  // namespace calotype
