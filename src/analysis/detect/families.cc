#include <array>

#include "analysis/detect/centernet.h"
#include "analysis/detect/detector.h"
#include "analysis/detect/detr.h"

namespace calotype {
namespace {

using Created = StatusOr<std::unique_ptr<const ObjectDetector>>;

constexpr std::array kFamilies = {
    DetectorFamily{"centernet", CreateCenterNet},
    DetectorFamily{"detr", [](const ModelSpec& spec) -> Created { return CreateDetr(spec, kDetr); }},
    DetectorFamily{"conditional-detr", [](const ModelSpec& spec) -> Created { return CreateDetr(spec, kConditional); }},
    DetectorFamily{"deformable-detr", [](const ModelSpec& spec) -> Created { return CreateDetr(spec, kConditional); }},
    DetectorFamily{"yolos", [](const ModelSpec& spec) -> Created { return CreateDetr(spec, kYolos); }},
    DetectorFamily{"rt-detr", [](const ModelSpec& spec) -> Created { return CreateDetr(spec, kRtDetr); }},
    DetectorFamily{"d-fine", [](const ModelSpec& spec) -> Created { return CreateDetr(spec, kRtDetr); }},
    DetectorFamily{"rf-detr", [](const ModelSpec& spec) -> Created { return CreateDetr(spec, kRfDetr); }},
};

}  // namespace

std::span<const DetectorFamily> DetectorFamilies() { return kFamilies; }

}  // namespace calotype
