#include "analysis/ocr/line_recogniser.h"

#include <fmt/format.h>

#include <optional>
#include <utility>

#include "analysis/ocr/charset.h"
#include "analysis/ocr/network.h"

namespace calotype {
namespace {

// PP-OCR's ONNX files store their characters under this metadata key, one per line.
constexpr char kCharacterKey[] = "character";

// The line heights and widths that a manifest may set. PP-OCR's networks have 48x320 and 48x192.
constexpr int kLeastSide = 8;
constexpr int kMostHeight = 256;

Status FamilyError(const ModelSpec& model, std::string_view task, std::string_view known) {
  return absl::InvalidArgumentError(
      fmt::format("model {}: unknown family {} for {}; known: {}", model.name, model.family, task, known));
}

StatusOr<LineFormat> ReadFormat(const ModelParams& params, LineFormat format) {
  CALOTYPE_ASSIGN_OR_RETURN(format.height, IntBetween(params, "height", kLeastSide, kMostHeight, format.height));
  CALOTYPE_ASSIGN_OR_RETURN(format.min_width,
                            IntBetween(params, "width", kLeastSide, format.max_width, format.min_width));
  return format;
}

StatusOr<RecogniserSettings> ReadRecogniser(const ModelSpec& recogniser) {
  const ModelParams& params = recogniser.params;
  RecogniserSettings settings;
  CALOTYPE_ASSIGN_OR_RETURN(settings.format, ReadFormat(params, {}));
  CALOTYPE_ASSIGN_OR_RETURN(settings.format.normalisation, ReadPaddleNormalisation(params));
  CALOTYPE_ASSIGN_OR_RETURN(settings.score_threshold,
                            NumberBetween(params, "score_threshold", 0, 1, settings.score_threshold));
  CALOTYPE_ASSIGN_OR_RETURN(settings.characters, ReadCharacters(recogniser));
  settings.prefers_file = params.Has("characters");
  return settings;
}

StatusOr<OrienterSettings> ReadOrienter(const ModelParams& params) {
  OrienterSettings settings;
  CALOTYPE_ASSIGN_OR_RETURN(const LineFormat given, ReadFormat(params, {}));
  CALOTYPE_ASSIGN_OR_RETURN(settings.threshold, NumberBetween(params, "threshold", 0, 1, settings.threshold));
  CALOTYPE_ASSIGN_OR_RETURN(const bool stretch, params.BoolOr("stretch", false));
  CALOTYPE_ASSIGN_OR_RETURN(const Normalisation normalisation, ReadPaddleNormalisation(params));
  settings.height = params.Has("height") ? std::optional(given.height) : std::nullopt;
  settings.width = params.Has("width") ? std::optional(given.min_width) : std::nullopt;
  settings.stretch = params.Has("stretch") ? std::optional(stretch) : std::nullopt;
  if (params.Has("mean") || params.Has("std")) {
    settings.normalisation = normalisation;
  }
  return settings;
}

// The input height and width that the graph declares; nullopt when one of them is free.
std::optional<std::pair<int, int>> StatedSize(std::span<const TensorInfo> inputs) {
  if (inputs.size() != 1 || inputs.front().shape.size() != 4) {
    return std::nullopt;
  }
  const int64_t height = inputs.front().shape[2];
  const int64_t width = inputs.front().shape[3];
  const bool usable =
      height >= kLeastSide && height <= kMostHeight && width >= kLeastSide && width <= LineFormat{}.max_width;
  return usable ? std::optional(std::pair(static_cast<int>(height), static_cast<int>(width))) : std::nullopt;
}

}  // namespace

StatusOr<RecogniserSettings> ReadRecogniserSettings(const ModelSpec& recogniser) {
  if (recogniser.family != "ctc") {
    return FamilyError(recogniser, "text recognition", "ctc");
  }
  StatusOr<RecogniserSettings> settings = ReadRecogniser(recogniser);
  return settings.ok() ? settings : Annotate(settings.status(), fmt::format("model {}", recogniser.name));
}

StatusOr<std::vector<ReadText>> LineRecogniser::Read(Session& session, std::span<const LineImage> lines) {
  std::vector<ReadText> read(lines.size());
  LineFormat format = settings_.format;
  format.few_shapes = WantsFewShapes(session);
  format.one_by_one = PreparesForShapes(session);
  for (const LineBatch& batch : PlanBatches(lines, format)) {
    CALOTYPE_ASSIGN_OR_RETURN(const Tensor output, RunNetwork(session, ToLineTensor(lines, batch, format), 3));
    CALOTYPE_ASSIGN_OR_RETURN(const std::shared_ptr<const CtcAlphabet> alphabet,
                              Alphabet(session, static_cast<std::size_t>(output.dim(2))));
    const auto per_line = static_cast<std::size_t>(output.dim(1) * output.dim(2));
    for (std::size_t i = 0; i < batch.lines.size(); ++i) {
      read[batch.lines[i]] = DecodeCtc(output.data<float>().subspan(i * per_line, per_line), *alphabet);
    }
  }
  return read;
}

StatusOr<std::shared_ptr<const CtcAlphabet>> LineRecogniser::Alphabet(const Session& session, std::size_t classes) {
  const MutexLock lock(&mutex_);
  if (alphabet_ == nullptr || alphabet_->size() != classes) {
    std::optional<std::string> characters = settings_.prefers_file ? std::nullopt : session.Metadata(kCharacterKey);
    if (!characters) {
      characters = settings_.characters;
    }
    if (!characters) {
      return absl::InvalidArgumentError(
          fmt::format("unknown characters: the model's metadata has no key {}, and its folder has "
                      "neither inference.yml nor a ppocr*.txt; set params.characters to the name of a file",
                      kCharacterKey));
    }
    CALOTYPE_ASSIGN_OR_RETURN(CtcAlphabet alphabet, CtcAlphabet::FromLines(*characters, classes));
    alphabet_ = std::make_shared<const CtcAlphabet>(std::move(alphabet));
  }
  return alphabet_;
}

StatusOr<OrienterSettings> ReadOrienterSettings(const ModelSpec& orienter) {
  if (orienter.family != "orient") {
    return FamilyError(orienter, "text orientation", "orient");
  }
  StatusOr<OrienterSettings> settings = ReadOrienter(orienter.params);
  return settings.ok() ? settings : Annotate(settings.status(), fmt::format("model {}", orienter.name));
}

LineFormat OrienterFormat(const Session& session, const OrienterSettings& settings) {
  constexpr std::pair kFirst{48, 192};  // cls_image_shape of RapidOCR
  constexpr std::pair kFifth{80, 160};
  // (x / 255 - mean) / std of torchvision's models.
  constexpr Normalisation kImageNet{.mean = {123.675F, 116.28F, 103.53F}, .std = {58.395F, 57.12F, 57.375F}};
  const std::pair stated = StatedSize(session.inputs()).value_or(kFirst);
  LineFormat format{.height = settings.height.value_or(stated.first),
                    .min_width = settings.width.value_or(stated.second)};
  const bool fifth = std::pair(format.height, format.min_width) == kFifth;
  format.max_width = format.min_width;  // the network takes only one width
  format.stretch = settings.stretch.value_or(fifth);
  format.normalisation = settings.normalisation.value_or(fifth ? kImageNet : kPaddleNormalisation);
  format.few_shapes = WantsFewShapes(session);
  return format;
}

StatusOr<std::vector<bool>> FindUpsideDown(Session& session, std::span<const LineImage> lines,
                                           const OrienterSettings& settings) {
  std::vector<bool> upside_down(lines.size());
  const LineFormat format = OrienterFormat(session, settings);
  for (const LineBatch& batch : PlanBatches(lines, format)) {
    CALOTYPE_ASSIGN_OR_RETURN(const Tensor output, RunNetwork(session, ToLineTensor(lines, batch, format), 2));
    if (output.dim(1) != 2) {
      return absl::InvalidArgumentError(
          fmt::format("the output has {} classes; expected 2, upright and upside down", output.dim(1)));
    }
    for (std::size_t i = 0; i < batch.lines.size(); ++i) {
      const auto probabilities = output.data<float>().subspan(i * 2, 2);
      upside_down[batch.lines[i]] = probabilities[1] > probabilities[0] && probabilities[1] > settings.threshold;
    }
  }
  return upside_down;
}

}  // namespace calotype
