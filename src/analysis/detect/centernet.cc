#include "analysis/detect/centernet.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <span>
#include <string>
#include <utility>

#include "analysis/image_ops.h"
#include "analysis/labels.h"

namespace calotype {
namespace {

// left, top, right, bottom, score, class
constexpr std::size_t kColumns = 6;

Status CheckShape(const Tensor& output) {
  if (output.type() != ElementType::kFloat32 || output.shape().size() != 3 || output.dim(0) < 1 ||
      output.dim(2) != static_cast<int64_t>(kColumns)) {
    return absl::InternalError(fmt::format("a centernet model returned {} [{}]; expected float32 [N, K, 6]",
                                           ElementTypeName(output.type()), fmt::join(output.shape(), ", ")));
  }
  return absl::OkStatus();
}

Candidate FromRow(std::span<const float> row, float scale) {
  return {.box = BoxFromCorners(row[0] / scale, row[1] / scale, row[2] / scale, row[3] / scale),
          .score = row[4],
          .label = static_cast<int>(row[5])};
}

class CenterNetDetector final : public ObjectDetector {
 public:
  CenterNetDetector(const CenterNetParams& params, std::vector<std::string> labels)
      : params_(params), labels_(std::move(labels)) {}

  float score_threshold() const override { return params_.score_threshold; }

  StatusOr<std::vector<ObjectFinding>> Detect(Session& session, const PhotoView& photo) const override {
    const CenterNetInput input = PrepareCenterNet(photo.image, params_);
    CALOTYPE_ASSIGN_OR_RETURN(const std::vector<Tensor> outputs, session.Run({&input.tensor, 1}));
    if (outputs.empty()) {
      return absl::InternalError("a centernet model returned no tensor");
    }
    CALOTYPE_ASSIGN_OR_RETURN(const std::vector<Candidate> found, DecodeCenterNet(outputs[0], input.scale, params_));
    std::vector<ObjectFinding> findings;
    for (const Candidate& candidate : found) {
      if (candidate.label < 0 || static_cast<std::size_t>(candidate.label) >= labels_.size()) {
        return absl::InternalError(
            fmt::format("the model returned class {} (counted from 0), but its label file has only {} lines; "
                        "params.labels can name another file",
                        candidate.label, labels_.size()));
      }
      findings.push_back({.label = labels_[static_cast<std::size_t>(candidate.label)],
                          .score = candidate.score,
                          .box = ScaleBox(candidate.box, photo.scale_x(), photo.scale_y())});
    }
    return findings;
  }

 private:
  const CenterNetParams params_;
  const std::vector<std::string> labels_;
};

}  // namespace

StatusOr<CenterNetParams> ReadCenterNetParams(const ModelParams& params) {
  CALOTYPE_ASSIGN_OR_RETURN(const int size, params.IntOr("input_size", 512));
  CALOTYPE_ASSIGN_OR_RETURN(const double threshold, params.DoubleOr("score_threshold", 0.4));
  CALOTYPE_ASSIGN_OR_RETURN(const double iou, params.DoubleOr("nms_iou", 0.5));
  if (size < 32 || size > 4096) {
    return absl::InvalidArgumentError(fmt::format("input_size is {}; it must be 32 to 4096 pixels", size));
  }
  return CenterNetParams{
      .input_size = size, .score_threshold = static_cast<float>(threshold), .nms_iou = static_cast<float>(iou)};
}

CenterNetInput PrepareCenterNet(const Image& image, const CenterNetParams& params) {
  const Letterboxed square = Letterbox(image, params.input_size);
  return {.tensor = ToTensor({&square.image, 1}, {.std = {255, 255, 255}}), .scale = square.scale};
}

StatusOr<std::vector<Candidate>> DecodeCenterNet(const Tensor& output, float scale, const CenterNetParams& params) {
  CALOTYPE_RETURN_IF_ERROR(CheckShape(output));
  const std::span<const float> values = output.data<float>().first(static_cast<std::size_t>(output.dim(1)) * kColumns);
  std::vector<Candidate> likely;
  for (std::size_t start = 0; start < values.size(); start += kColumns) {
    const Candidate candidate = FromRow(values.subspan(start, kColumns), scale);
    if (candidate.score >= params.score_threshold) {
      likely.push_back(candidate);
    }
  }
  std::vector<Candidate> found;
  for (const std::size_t index : SuppressDoubles(likely, params.nms_iou)) {
    found.push_back(likely[index]);
  }
  return found;
}

StatusOr<std::unique_ptr<const ObjectDetector>> CreateCenterNet(const ModelSpec& spec) {
  const StatusOr<CenterNetParams> params = ReadCenterNetParams(spec.params);
  if (!params.ok()) {
    return Annotate(params.status(), fmt::format("model {}", spec.name));
  }
  CALOTYPE_ASSIGN_OR_RETURN(std::vector<std::string> labels, ReadLabels(spec, "labels"));
  return std::make_unique<CenterNetDetector>(*params, std::move(labels));
}

}  // namespace calotype
