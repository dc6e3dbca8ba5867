#include "analysis/ocr/text_detector.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "analysis/ocr/coarse_pass.h"
#include "analysis/ocr/network.h"
#include "analysis/resample.h"

namespace calotype {
namespace {

StatusOr<DetectorSettings> Read(const ModelParams& params) {
  DetectorSettings settings;
  CALOTYPE_ASSIGN_OR_RETURN(settings.limits.limit_side,
                            IntBetween(params, "limit_side", 32, 4096, settings.limits.limit_side));
  CALOTYPE_ASSIGN_OR_RETURN(settings.limits.max_side,
                            IntBetween(params, "max_side", 32, 8192, settings.limits.max_side));
  CALOTYPE_ASSIGN_OR_RETURN(settings.limits.multiple, IntBetween(params, "multiple", 1, 256, settings.limits.multiple));
  CALOTYPE_ASSIGN_OR_RETURN(settings.coarse_side, IntBetween(params, "first_look", 0, 4096, settings.coarse_side));
  CALOTYPE_ASSIGN_OR_RETURN(settings.coarse_threshold,
                            NumberBetween(params, "first_threshold", 0, 1, settings.coarse_threshold));
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

// Probabilities of text, row by row.
struct TextMap {
  Tensor tensor;
  PixelSize size;
};

// A fine pass over a larger share of the photo costs as much as a full pass.
constexpr double kMaxFineShare = 0.6;
// An area is enlarged at most this often; a line that still crosses its edge is too long for areas.
constexpr int kMaxEnlargements = 2;

StatusOr<TextMap> MapOf(Session& session, const Image& picture, const DetectorSettings& settings) {
  CALOTYPE_ASSIGN_OR_RETURN(Tensor map, RunNetwork(session, ToTensor({&picture, 1}, settings.normalisation), 4));
  const PixelSize size{static_cast<int>(map.dim(3)), static_cast<int>(map.dim(2))};
  return TextMap{std::move(map), size};
}

// The size of the small copy; empty when a coarse pass would not save time.
PixelSize CoarseSize(PixelSize picture, const DetectorSettings& settings) {
  const auto scaled = [&](int side) {
    const double wanted = static_cast<double>(side) * settings.coarse_side / std::max(picture.width, picture.height);
    return std::max(1, static_cast<int>(std::lround(wanted / settings.limits.multiple))) * settings.limits.multiple;
  };
  const PixelSize size{scaled(picture.width), scaled(picture.height)};
  const bool worth_it = int64_t{size.width} * size.height * 2 < int64_t{picture.width} * picture.height;
  const bool on_grid = picture.width % kAreaStep == 0 && picture.height % kAreaStep == 0;
  return settings.coarse_side > 0 && worth_it && on_grid ? size : PixelSize{};
}

// Combines the map of `area` with `whole`: the higher value counts, since near its edges an area sees less.
Status RunFinePass(Session& session, const Image& picture, const Area& area, const DetectorSettings& settings,
                   TextMap& whole) {
  const Image part = Crop(picture, area.x, area.y, area.width, area.height);
  CALOTYPE_ASSIGN_OR_RETURN(const TextMap map, MapOf(session, part, settings));
  if (map.size.width != area.width || map.size.height != area.height) {
    return absl::InvalidArgumentError(
        fmt::format("for {}x{} pixels the model returned a map of {}x{}; params.first_look = 0 "
                    "avoids passes over parts of a photo",
                    area.width, area.height, map.size.width, map.size.height));
  }
  const float* source = map.tensor.data<float>().data();
  for (int y = area.y; y < area.y + area.height; ++y, source += area.width) {
    float* const target =
        whole.tensor.data<float>().data() + static_cast<std::ptrdiff_t>(y) * whole.size.width + area.x;
    std::transform(source, source + area.width, target, target, [](float a, float b) { return std::max(a, b); });
  }
  return absl::OkStatus();
}

// The map of all of `picture`. Only the parts where the coarse pass over a small copy found text get a fine pass.
StatusOr<TextMap> CoarseToFineMap(Session& session, const Image& picture, PixelSize small,
                                  const DetectorSettings& settings) {
  const PixelSize size{picture.width(), picture.height()};
  CALOTYPE_ASSIGN_OR_RETURN(const TextMap first, MapOf(session, Resize(picture, small.width, small.height), settings));
  CoarsePass coarse =
      EvaluateCoarseMap(first.tensor.data<float>(), first.size, size, static_cast<float>(settings.coarse_threshold));
  TextMap whole{Tensor(ElementType::kFloat32, {1, 1, size.height, size.width}), size};
  std::ranges::copy(coarse.large, whole.tensor.data<float>().begin());
  std::vector<Area>& areas = coarse.areas;
  std::vector<Area> seen;
  for (int growth = 0; growth <= kMaxEnlargements; ++growth) {
    const double part = static_cast<double>(PixelsIn(areas)) / (static_cast<double>(size.width) * size.height);
    if (part > kMaxFineShare || (growth == kMaxEnlargements && areas != seen)) {
      return MapOf(session, picture, settings);
    }
    for (const Area& area : areas) {
      if (std::ranges::find(seen, area) == seen.end()) {
        CALOTYPE_RETURN_IF_ERROR(RunFinePass(session, picture, area, settings, whole));
      }
    }
    seen = areas;
    areas = EnlargeCutAreas(whole.tensor.data<float>(), size, coarse.large, std::move(areas),
                            static_cast<float>(settings.regions.threshold));
    if (areas == seen) {
      break;
    }
  }
  return whole;
}

// Cameras have a few photo shapes, parts of photos have many. Padding parts to fewer shapes is not possible: these
// networks use the mean of their whole input and would find other boxes.
StatusOr<TextMap> MapFor(Session& session, const Image& picture, const DetectorSettings& settings) {
  if (WantsFewShapes(session)) {
    return MapOf(session, picture, settings);
  }
  const PixelSize small = CoarseSize({picture.width(), picture.height()}, settings);
  return small.width > 0 ? CoarseToFineMap(session, picture, small, settings) : MapOf(session, picture, settings);
}

// The photo scaled and padded; empty when there is nothing to do.
Image Prepare(const Image& photo, const DetectionInput& input) {
  const bool scales = input.scaled.width != photo.width() || input.scaled.height != photo.height();
  Image scaled = scales ? ResizeBilinear(photo, input.scaled.width, input.scaled.height) : Image();
  const bool pads = input.pad_x > 0 || input.pad_y > 0;
  return pads ? Pad(scales ? scaled : photo, input.pad_x, input.pad_y) : std::move(scaled);
}

}  // namespace

StatusOr<DetectorSettings> ReadDetectorSettings(const ModelSpec& detector) {
  if (detector.family != "db") {
    return absl::InvalidArgumentError(
        fmt::format("model {}: unknown family {} for text detection; known: db", detector.name, detector.family));
  }
  StatusOr<DetectorSettings> settings = Read(detector.params);
  return settings.ok() ? settings : Annotate(settings.status(), fmt::format("model {}", detector.name));
}

StatusOr<std::vector<TextRegion>> DetectTextAt(Session& session, const Image& photo, PixelSize input,
                                               const DetectorSettings& settings) {
  if (int64_t{input.width} * input.height > kMaxInputPixels) {
    return absl::ResourceExhaustedError(
        fmt::format("text detection would look at {}x{} pixels; at most {} are allowed, so lower the resolution",
                    input.width, input.height, kMaxInputPixels));
  }
  const Image scaled = Resample(photo, input.width, input.height, ResampleFilter::kLanczos);
  CALOTYPE_ASSIGN_OR_RETURN(const TextMap map, MapOf(session, scaled, settings));
  CALOTYPE_ASSIGN_OR_RETURN(
      std::vector<TextRegion> regions,
      FindTextRegions(map.tensor.data<float>(), map.size, {photo.width(), photo.height()}, settings.regions));
  SortInReadingOrder(regions);
  return regions;
}

StatusOr<DetectedText> DetectText(Session& session, const Image& photo, const DetectorSettings& settings) {
  DetectedText found;
  if (photo.empty()) {
    return found;
  }
  found.input = PlanDetection({photo.width(), photo.height()}, settings.limits);
  found.scaled = Prepare(photo, found.input);
  const Image& seen = found.scaled.empty() ? photo : found.scaled;
  const PixelSize network = found.input.network;
  const bool resizes = network.width != seen.width() || network.height != seen.height();
  const Image resized = resizes ? ResizeBilinear(seen, network.width, network.height) : Image();
  const Image& shown = resizes ? resized : seen;
  CALOTYPE_ASSIGN_OR_RETURN(const TextMap map, MapFor(session, shown, settings));
  CALOTYPE_ASSIGN_OR_RETURN(found.regions, FindTextRegions(map.tensor.data<float>(), map.size,
                                                           {seen.width(), seen.height()}, settings.regions));
  SortInReadingOrder(found.regions);
  return found;
}

}  // namespace calotype
