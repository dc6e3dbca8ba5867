#include "search/segments/manifest.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <numeric>

#include "base/sha256.h"

namespace calotype {
namespace {

using nlohmann::json;

constexpr int kManifestVersion = 1;

json ToJson(const SegmentFile& file) { return {{"sha256", file.sha256}, {"bytes", file.bytes}}; }

SegmentFile FileOf(const json& file) {
  SegmentFile result{.sha256 = file.at("sha256").get<std::string>(), .bytes = file.at("bytes").get<int64_t>()};
  // The hash is used as a file name: it must not lead into another folder.
  if (result.bytes < 0 || !ParseSha256(result.sha256).ok()) {
    throw json::other_error::create(0, "a file without a hash", nullptr);
  }
  return result;
}

json ToJson(const IndexSegment& segment) {
  return {{"photos", segment.photos},
          {"first", segment.first},
          {"last", segment.last},
          {"codes", ToJson(segment.codes)},
          {"vectors", ToJson(segment.vectors)},
          {"mean", ToJson(segment.mean)},
          {"replaced", ToJson(segment.replaced)}};
}

IndexSegment SegmentOf(const json& segment) {
  return {.photos = segment.at("photos").get<int64_t>(),
          .first = segment.at("first").get<PhotoId>(),
          .last = segment.at("last").get<PhotoId>(),
          .codes = FileOf(segment.at("codes")),
          .vectors = FileOf(segment.at("vectors")),
          .mean = FileOf(segment.at("mean")),
          .replaced = FileOf(segment.at("replaced"))};
}

}  // namespace

std::string IndexSegment::Name() const {
  const std::string all = codes.sha256 + vectors.sha256 + mean.sha256 + replaced.sha256;
  return Sha256({reinterpret_cast<const uint8_t*>(all.data()), all.size()}).Hex();
}

int64_t IndexManifest::photos() const {
  return std::transform_reduce(segments.begin(), segments.end(), int64_t{0}, std::plus<>(),
                               [](const IndexSegment& segment) { return segment.photos; });
}

bool IndexManifest::Continues(const VectorChanges& changes) const {
  return library == changes.library && last_change <= changes.last && last_change + 1 >= changes.first;
}

std::string ToText(const IndexManifest& manifest) {
  json segments = json::array();
  for (const IndexSegment& segment : manifest.segments) {
    segments.push_back(ToJson(segment));
  }
  json retired = json::array();
  for (const RetiredFile& file : manifest.retired) {
    retired.push_back({{"file", ToJson(file.file)}, {"since", file.since}});
  }
  return json{{"version", kManifestVersion},     {"library", manifest.library},
              {"dimension", manifest.dimension}, {"last_change", manifest.last_change},
              {"segments", std::move(segments)}, {"retired", std::move(retired)}}
      .dump();
}

StatusOr<IndexManifest> ParseIndexManifest(std::string_view text) {
  try {
    const json value = json::parse(text);
    if (const int version = value.at("version").get<int>(); version != kManifestVersion) {
      return absl::FailedPreconditionError(fmt::format(
          "the list of index segments has version {}, this program uses version {}", version, kManifestVersion));
    }
    IndexManifest manifest{.library = value.at("library").get<std::string>(),
                           .dimension = value.at("dimension").get<std::size_t>(),
                           .last_change = value.at("last_change").get<int64_t>(),
                           .segments = {},
                           .retired = {}};
    for (const json& segment : value.at("segments")) {
      manifest.segments.push_back(SegmentOf(segment));
    }
    for (const json& file : value.at("retired")) {
      manifest.retired.push_back({.file = FileOf(file.at("file")), .since = file.at("since").get<int64_t>()});
    }
    return manifest;
  } catch (const json::exception& error) {
    return absl::DataLossError(fmt::format("the list of index segments cannot be read: {}", error.what()));
  }
}

}  // namespace calotype
