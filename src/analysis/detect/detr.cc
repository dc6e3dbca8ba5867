#include "analysis/detect/detr.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <span>
#include <utility>

#include "analysis/detect/coco_labels.h"
#include "analysis/image_tensor.h"
#include "analysis/labels.h"
#include "analysis/resample.h"

namespace calotype {
namespace {

constexpr int kLargestSide = 4096;

// torchvision's, for values 0..1, in the order red, green, blue.
constexpr std::array kImageNetMean = {0.485F, 0.456F, 0.406F};
constexpr std::array kImageNetStd = {0.229F, 0.224F, 0.225F};

struct ScoresName {
  std::string_view name;
  ClassScores scores;
};
constexpr std::array kScoresNames = {ScoresName{"by-class-count", ClassScores::kByClassCount},
                                     ScoresName{"softmax", ClassScores::kSoftmax},
                                     ScoresName{"sigmoid", ClassScores::kSigmoid}};

StatusOr<ClassScores> ReadScores(const ModelParams& params, ClassScores preset) {
  const auto* const fallback = std::ranges::find(kScoresNames, preset, &ScoresName::scores);
  CALOTYPE_ASSIGN_OR_RETURN(const std::string text, params.TextOr("scores", fallback->name));
  const auto* const found = std::ranges::find(kScoresNames, std::string_view(text), &ScoresName::name);
  if (found == kScoresNames.end()) {
    return absl::InvalidArgumentError(
        fmt::format("scores is \"{}\"; it must be \"softmax\", \"sigmoid\" or \"by-class-count\"", text));
  }
  return found->scores;
}

StatusOr<Normalisation> ReadNormalisation(const ModelParams& params, bool image_net) {
  constexpr std::array kZero = {0.0F, 0.0F, 0.0F};
  constexpr std::array kOne = {1.0F, 1.0F, 1.0F};
  CALOTYPE_ASSIGN_OR_RETURN(const std::vector<float> mean, params.FloatsOr("mean", image_net ? kImageNetMean : kZero));
  CALOTYPE_ASSIGN_OR_RETURN(const std::vector<float> std, params.FloatsOr("std", image_net ? kImageNetStd : kOne));
  Normalisation normalisation;
  for (std::size_t i = 0; i < 3; ++i) {
    normalisation.mean[i] = mean[i] * 255;
    normalisation.std[i] = std[i] * 255;
    if (!(std[i] > 0)) {
      return absl::InvalidArgumentError(fmt::format("std has {}; it must be above 0", std[i]));
    }
  }
  return normalisation;
}

// Reads how the manifest chooses the size: a square, or the shortest and the longest side. It overrides the preset's
// choice of the other kind.
Status ReadSides(const ModelParams& params, const DetrPreset& preset, DetrParams& read) {
  const bool square = params.Has("input_size");
  const bool by_side = params.Has("shortest_side");
  if (square && by_side) {
    return absl::InvalidArgumentError("input_size and shortest_side exclude each other");
  }
  CALOTYPE_ASSIGN_OR_RETURN(read.input_size, params.IntOr("input_size", by_side ? 0 : preset.input_size));
  CALOTYPE_ASSIGN_OR_RETURN(read.shortest_side, params.IntOr("shortest_side", square ? 0 : preset.shortest_side));
  const int longest = preset.longest_side > 0 ? preset.longest_side : kLargestSide;
  CALOTYPE_ASSIGN_OR_RETURN(read.longest_side, params.IntOr("longest_side", longest));
  CALOTYPE_ASSIGN_OR_RETURN(read.multiple, params.IntOr("size_multiple", preset.multiple));
  const int shortest = read.input_size > 0 ? read.input_size : read.shortest_side;
  if (shortest < 32 || shortest > kLargestSide || read.longest_side < 32 || read.longest_side > kLargestSide ||
      read.multiple < 1 || read.multiple > 64) {
    return absl::InvalidArgumentError(
        fmt::format("input_size is {}, shortest_side {}, longest_side {} (32 to {}), size_multiple {} (1 to 64)",
                    read.input_size, read.shortest_side, read.longest_side, kLargestSide, read.multiple));
  }
  return absl::OkStatus();
}

// The indices of the graph's outputs for classes and boxes, and for scores if the graph chooses the classes.
struct Outputs {
  std::size_t logits = 0;
  std::size_t boxes = 0;
  std::optional<std::size_t> scores;
};

StatusOr<Outputs> FindOutputs(std::span<const TensorInfo> outputs) {
  const auto find = [&](std::span<const std::string_view> names) {
    return static_cast<std::size_t>(std::ranges::find_first_of(outputs, names, {}, &TensorInfo::name) -
                                    outputs.begin());
  };
  constexpr std::array<std::string_view, 3> kLogits = {"logits", "labels", "pred_logits"};
  constexpr std::array<std::string_view, 3> kBoxes = {"pred_boxes", "dets", "boxes"};
  constexpr std::array<std::string_view, 1> kScores = {"scores"};
  Outputs found{.logits = find(kLogits), .boxes = find(kBoxes), .scores = {}};
  if (found.logits == outputs.size() || found.boxes == outputs.size()) {
    return absl::InvalidArgumentError(fmt::format(
        "a DETR model returns logits (or labels) and pred_boxes (or dets); this one returns {}", Describe(outputs)));
  }
  if (const std::size_t scores = find(kScores);
      scores != outputs.size() && outputs[found.logits].type == ElementType::kInt64) {
    found.scores = scores;
  }
  return found;
}

// A mask of ones: the batch has one photo, so there is no padding. `mask` is the graph's input; the export of
// transformers.js takes [N, 64, 64] for images of any size.
Tensor MakeMask(const TensorInfo& mask, const DetrSize& size) {
  const int64_t height = mask.shape[1] > 0 ? mask.shape[1] : size.height;
  const int64_t width = mask.shape[2] > 0 ? mask.shape[2] : size.width;
  Tensor ones(ElementType::kInt64, {1, height, width});
  std::ranges::fill(ones.data<int64_t>(), 1);
  return ones;
}

// The second input of a graph for an image of `size`: a mask, or the size in which boxes are returned
// (orig_target_sizes).
StatusOr<Tensor> MakeOtherInput(const TensorInfo& input, const DetrSize& size, const DetrSize& photo) {
  const std::vector<int64_t>& shape = input.shape;
  if (input.type == ElementType::kInt64 && shape.size() == 3) {
    return MakeMask(input, size);
  }
  if (input.type == ElementType::kInt64 && shape.size() == 2 && (shape[1] == 2 || shape[1] < 0)) {
    Tensor sizes(ElementType::kInt64, {1, 2});
    std::ranges::copy(std::array<int64_t, 2>{photo.width, photo.height}, sizes.data<int64_t>().begin());
    return sizes;
  }
  return absl::InvalidArgumentError(fmt::format(
      "unknown input {}; a DETR model takes an image and a mask int64 [N, H, W] or the photo's size int64 [N, 2]",
      Describe({&input, 1})));
}

class DetrDetector final : public ObjectDetector {
 public:
  DetrDetector(const DetrParams& params, std::vector<std::string> labels, std::string model)
      : params_(params), labels_(std::move(labels)), model_(std::move(model)) {}

  float score_threshold() const override { return params_.score_threshold; }

  StatusOr<std::vector<ObjectFinding>> Detect(Session& session, const PhotoView& photo) const override {
    CALOTYPE_ASSIGN_OR_RETURN(const Outputs where, FindOutputs(session.outputs()));
    CALOTYPE_ASSIGN_OR_RETURN(const std::vector<Tensor> inputs, Prepare(session.inputs(), photo));
    CALOTYPE_ASSIGN_OR_RETURN(const std::vector<Tensor> outputs, session.Run(inputs));
    if (outputs.size() != session.outputs().size()) {
      return absl::InternalError(
          fmt::format("the engine returned {} tensors for {} outputs", outputs.size(), session.outputs().size()));
    }
    if (where.scores) {
      const DetrSize full{.width = photo.full_width, .height = photo.full_height};
      CALOTYPE_ASSIGN_OR_RETURN(const std::vector<DetrBox> boxes,
                                ReadDetrAnswers(outputs[where.logits], outputs[where.boxes], outputs[*where.scores],
                                                full, params_.score_threshold));
      return Named(boxes, photo);
    }
    const Tensor& logits = outputs[where.logits];
    const auto classes = static_cast<std::size_t>(logits.dim(2));
    CALOTYPE_ASSIGN_OR_RETURN(const std::vector<std::string_view> names, NamesOf(classes));
    CALOTYPE_ASSIGN_OR_RETURN(const std::vector<DetrBox> boxes,
                              DecodeDetr(logits, outputs[where.boxes], params_, names.size()));
    return ToFindings(boxes, names, photo);
  }

 private:
  StatusOr<std::vector<Tensor>> Prepare(std::span<const TensorInfo> inputs, const PhotoView& photo) const {
    CALOTYPE_ASSIGN_OR_RETURN(const ImageInput input, FindImageInput(inputs));
    const DetrSize size = input.has_size() ? DetrSize{input.width, input.height}
                                           : PlanDetrSize(photo.full_width, photo.full_height, params_);
    const DetrSize full{.width = photo.full_width, .height = photo.full_height};
    std::vector<Tensor> tensors;
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      if (i == input.index) {
        tensors.push_back(Pixels(photo.image, size, input));
      } else {
        CALOTYPE_ASSIGN_OR_RETURN(Tensor other, MakeOtherInput(inputs[i], size, full));
        tensors.push_back(std::move(other));
      }
    }
    return tensors;
  }

  Tensor Pixels(const Image& image, const DetrSize& size, const ImageInput& input) const {
    if (!params_.antialias && input.type == ElementType::kFloat32 && !input.channels_last) {
      return ResizeToTensor(image, size.width, size.height, params_.normalisation);
    }
    const Image scaled = params_.antialias ? Resample(image, size.width, size.height, ResampleFilter::kBilinear)
                                           : ResizeBilinear(image, size.width, size.height);
    return ToTensor({&scaled, 1}, input, params_.normalisation);
  }

  // The names of the graph's classes without "no object", which the model's own label file may leave out.
  StatusOr<std::vector<std::string_view>> NamesOf(std::size_t classes) const {
    if (labels_.empty()) {
      const std::span<const std::string_view> coco = CocoLabels(classes);
      if (coco.empty()) {
        return absl::InvalidArgumentError(
            fmt::format("model {} has {} classes; COCO has 80, 91 or 92; any other number needs a label file "
                        "(params.labels)",
                        model_, classes));
      }
      return std::vector<std::string_view>(coco.begin(), coco.end());
    }
    if (labels_.size() != classes && labels_.size() + 1 != classes) {
      return absl::InvalidArgumentError(
          fmt::format("model {} has {} classes, its label file {} lines", model_, classes, labels_.size()));
    }
    return std::vector<std::string_view>(labels_.begin(), labels_.end());
  }

  // For a graph that returns class numbers: it does not tell how many classes it has. RT-DETR and D-FINE use COCO's 80.
  StatusOr<std::vector<ObjectFinding>> Named(std::span<const DetrBox> boxes, const PhotoView& photo) const {
    constexpr std::size_t kCoco = 80;
    CALOTYPE_ASSIGN_OR_RETURN(const std::vector<std::string_view> names,
                              NamesOf(labels_.empty() ? kCoco : labels_.size()));
    for (const DetrBox& box : boxes) {
      if (static_cast<std::size_t>(box.label) >= names.size()) {
        return absl::InvalidArgumentError(
            fmt::format("model {} returned class {}; {} has {}, counted from 0 (params.labels can name another file)",
                        model_, box.label, labels_.empty() ? "COCO" : "its label file", names.size()));
      }
    }
    return ToFindings(boxes, names, photo);
  }

  static std::vector<ObjectFinding> ToFindings(std::span<const DetrBox> boxes, std::span<const std::string_view> names,
                                               const PhotoView& photo) {
    const float width = static_cast<float>(photo.image.width()) * photo.scale_x();
    const float height = static_cast<float>(photo.image.height()) * photo.scale_y();
    std::vector<ObjectFinding> findings;
    for (const DetrBox& box : boxes) {
      // Unused category ids of COCO have no name; skip them.
      if (const std::string_view name = names[static_cast<std::size_t>(box.label)]; !name.empty()) {
        findings.push_back({.label = std::string(name), .score = box.score, .box = ScaleBox(box.box, width, height)});
      }
    }
    return findings;
  }

  const DetrParams params_;
  const std::vector<std::string> labels_;  // empty: COCO's
  const std::string model_;
};

}  // namespace

StatusOr<DetrParams> ReadDetrParams(const ModelParams& params, const DetrPreset& preset) {
  DetrParams read;
  CALOTYPE_RETURN_IF_ERROR(ReadSides(params, preset, read));
  CALOTYPE_ASSIGN_OR_RETURN(read.antialias, params.BoolOr("antialias", preset.antialias));
  CALOTYPE_ASSIGN_OR_RETURN(read.normalisation, ReadNormalisation(params, preset.normalise));
  CALOTYPE_ASSIGN_OR_RETURN(read.scores, ReadScores(params, preset.scores));
  CALOTYPE_ASSIGN_OR_RETURN(read.top_k, params.IntOr("top_k", preset.top_k));
  CALOTYPE_ASSIGN_OR_RETURN(const double threshold, params.DoubleOr("score_threshold", preset.score_threshold));
  read.score_threshold = static_cast<float>(threshold);
  if (read.top_k < 0 || !(threshold >= 0 && threshold <= 1)) {
    return absl::InvalidArgumentError(
        fmt::format("top_k is {} (0 or more), score_threshold {} (0 to 1)", read.top_k, threshold));
  }
  return read;
}

DetrSize PlanDetrSize(int width, int height, const DetrParams& params) {
  if (params.input_size > 0) {
    return {params.input_size, params.input_size};
  }
  // As transformers' get_size_with_aspect_ratio: truncates, except for the shortest side.
  const double shortest = std::min(width, height);
  const double longest = std::max(width, height);
  double exact = params.shortest_side;
  if (longest / shortest * exact > params.longest_side) {
    exact = params.longest_side * shortest / longest;
  }
  const int short_side = static_cast<int>(std::nearbyint(exact));
  DetrSize size{short_side, short_side};
  if (std::min(width, height) == short_side) {
    size = {width, height};
  } else if (width < height) {
    size.height = static_cast<int>(exact * height / width);
  } else {
    size.width = static_cast<int>(exact * width / height);
  }
  const auto cut = [&](int side) { return std::max(side - side % params.multiple, params.multiple); };
  return {cut(size.width), cut(size.height)};
}

StatusOr<std::unique_ptr<const ObjectDetector>> CreateDetr(const ModelSpec& spec, const DetrPreset& preset) {
  StatusOr<DetrParams> params = ReadDetrParams(spec.params, preset);
  if (!params.ok()) {
    return Annotate(params.status(), fmt::format("model {}", spec.name));
  }
  std::vector<std::string> labels;
  if (spec.params.Has("labels")) {
    CALOTYPE_ASSIGN_OR_RETURN(labels, ReadLabels(spec, "labels"));
  }
  return std::make_unique<DetrDetector>(*params, std::move(labels), spec.name);
}

}  // namespace calotype
