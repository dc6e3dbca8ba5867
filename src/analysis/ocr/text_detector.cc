#include "analysis/ocr/text_detector.h"

#include <fmt/format.h>

#include "analysis/ocr/network.h"

namespace calotype {
namespace {

StatusOr<DetectorSettings> Read(const ModelParams& params) {
  DetectorSettings settings;
  CALOTYPE_ASSIGN_OR_RETURN(settings.limits.limit_side,
                            IntBetween(params, "limit_side", 32, 4096, settings.limits.limit_side));
  CALOTYPE_ASSIGN_OR_RETURN(settings.limits.max_side,
                            IntBetween(params, "max_side", 32, 8192, settings.limits.max_side));
  CALOTYPE_ASSIGN_OR_RETURN(settings.limits.multiple, IntBetween(params, "multiple", 1, 256, settings.limits.multiple));
  CALOTYPE_ASSIGN_OR_RETURN(settings.regions.threshold,
                            NumberBetween(params, "threshold", 0, 1, settings.regions.threshold));
  CALOTYPE_ASSIGN_OR_RETURN(settings.regions.box_threshold,
                            NumberBetween(params, "box_threshold", 0, 1, settings.regions.box_threshold));
  CALOTYPE_ASSIGN_OR_RETURN(settings.regions.unclip_ratio,
                            NumberBetween(params, "unclip_ratio", 0, 10, settings.regions.unclip_ratio));
  CALOTYPE_ASSIGN_OR_RETURN(settings.regions.dilation, params.BoolOr("dilation", settings.regions.dilation));
  CALOTYPE_ASSIGN_OR_RETURN(settings.normalisation, ReadPaddleNormalisation(params));
  return settings;
}

}  // namespace

StatusOr<DetectorSettings> ReadDetectorSettings(const ModelSpec& detector) {
  if (detector.family != "db") {
    return absl::InvalidArgumentError(
        fmt::format("model {}: family {} detects no text; db does", detector.name, detector.family));
  }
  StatusOr<DetectorSettings> settings = Read(detector.params);
  return settings.ok() ? settings : Annotate(settings.status(), fmt::format("model {}", detector.name));
}

StatusOr<std::vector<TextRegion>> DetectText(Session& session, const Image& photo, const DetectorSettings& settings) {
  if (photo.empty()) {
    return std::vector<TextRegion>{};
  }
  const DetectionInput input = PlanDetection({photo.width(), photo.height()}, settings.limits);
  const bool pad = input.pad_x > 0 || input.pad_y > 0;
  const Image padded = pad ? Pad(photo, input.pad_x, input.pad_y) : Image();
  const Image& seen = pad ? padded : photo;
  const Image resized = ResizeBilinear(seen, input.network.width, input.network.height);
  CALOTYPE_ASSIGN_OR_RETURN(const Tensor map, RunNetwork(session, ToTensor({&resized, 1}, settings.normalisation), 4));
  const PixelSize map_size{static_cast<int>(map.dim(3)), static_cast<int>(map.dim(2))};
  CALOTYPE_ASSIGN_OR_RETURN(
      std::vector<TextRegion> regions,
      FindTextRegions(map.data<float>(), map_size, {seen.width(), seen.height()}, settings.regions));
  for (TextRegion& region : regions) {
    for (Point& corner : region.quad) {
      corner.x -= static_cast<float>(input.pad_x);
      corner.y -= static_cast<float>(input.pad_y);
    }
  }
  SortInReadingOrder(regions);
  return regions;
}

}  // namespace calotype
