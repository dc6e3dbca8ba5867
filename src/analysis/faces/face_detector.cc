#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "analysis/analyser.h"
#include "analysis/boxes.h"
#include "analysis/faces/blazeface.h"
#include "analysis/faces/face_models.h"
#include "analysis/faces/outputs.h"
#include "analysis/faces/retinaface.h"
#include "analysis/faces/scrfd.h"
#include "analysis/faces/yunet.h"
#include "analysis/image_ops.h"
#include "analysis/image_tensor.h"
#include "analysis/model_binding.h"
#include "analysis/self_test.h"

namespace calotype {
namespace {

// Increase it when a change around the model changes what is found.
constexpr int kRevision = 2;

// Boxes as the reference implementation of a family compares them in non-maximum suppression. `pixel` is the number of
// the original's pixels per pixel of the input.
Box AsItIs(const Box& box, float /*pixel*/) { return box; }

// insightface counts the original's pixels from first to last, one more than their distance.
Box PixelsCounted(const Box& box, float pixel) {
  Box counted = ScaleBox(box, pixel, pixel);
  ++counted.width;
  ++counted.height;
  return counted;
}

// OpenCV truncates to whole pixels of the input.
Box WholePixels(const Box& box, float /*pixel*/) {
  return {std::trunc(box.x), std::trunc(box.y), std::trunc(box.width), std::trunc(box.height)};
}

struct Family {
  std::string_view name;
  Normalisation normalisation;  // unless the manifest sets one
  bool antialias;               // average when shrinking, else sample the four nearest pixels
  double score_threshold;
  double nms_iou;
  StatusOr<std::vector<FaceFinding>> (*decode)(const FaceOutputs& outputs, float score_threshold);
  Box (*compared)(const Box& box, float pixel);
};

constexpr Normalisation Uniform(float mean, float std) { return {.mean = {mean, mean, mean}, .std = {std, std, std}}; }

constexpr std::array kFamilies = {
    // insightface's SCRFD.
    Family{"scrfd", Uniform(127.5F, 128), false, 0.5, 0.4, DecodeScrfd, PixelsCounted},
    // MediaPipe's.
    Family{"blazeface", Uniform(127.5F, 127.5F), true, 0.7, 0.3, DecodeBlazeFace, AsItIs},
    // The port's detect.py; the means are in the order blue, green, red.
    Family{"retinaface",
           {.mean = {104, 117, 123}, .std = {1, 1, 1}, .bgr = true},
           false,
           0.6,
           0.4,
           DecodeRetinaFace,
           AsItIs},
    // OpenCV's FaceDetectorYN. Its default threshold of 0.9 is meant for faces close to the camera.
    Family{"yunet", {.bgr = true}, false, 0.7, 0.3, DecodeYuNet, WholePixels},
};

constexpr int kDefaultSize = 640;

StatusOr<const Family*> FindFamily(const ModelSpec& spec) {
  const auto* const found = std::ranges::find(kFamilies, std::string_view(spec.family), &Family::name);
  if (found == kFamilies.end()) {
    std::vector<std::string_view> known;
    std::ranges::transform(kFamilies, std::back_inserter(known), &Family::name);
    return absl::InvalidArgumentError(fmt::format("model {}: unknown family \"{}\" for face detection; known: {}",
                                                  spec.name, spec.family, fmt::join(known, ", ")));
  }
  return found;
}

// One number for all three channels overrides the family's values.
Status ReadChannels(const ModelParams& params, std::string_view key, std::array<float, 3>& channels) {
  if (params.Has(key)) {
    CALOTYPE_ASSIGN_OR_RETURN(const double value, params.Double(key));
    channels.fill(static_cast<float>(value));
  }
  return absl::OkStatus();
}

std::vector<FaceFinding> WithoutDoubles(std::vector<FaceFinding> faces, const Family& family, float max_iou,
                                        float pixel) {
  std::vector<Candidate> candidates;
  candidates.reserve(faces.size());
  for (const FaceFinding& face : faces) {
    candidates.push_back({.box = family.compared(face.box, pixel), .score = face.score});
  }
  std::vector<FaceFinding> kept;
  for (const std::size_t index : SuppressDoubles(candidates, max_iou)) {
    kept.push_back(std::move(faces[index]));
  }
  return kept;
}

// Maps a face from the square to the upright original. Landmarks may lie outside the photo, and the box unless `clip`.
FaceFinding InPhoto(FaceFinding face, float scale, const PhotoView& photo, bool clip) {
  const float x = photo.scale_x() / scale;
  const float y = photo.scale_y() / scale;
  face.box = ScaleBox(face.box, x, y);
  if (clip) {
    face.box = ClipBox(face.box, static_cast<float>(photo.full_width), static_cast<float>(photo.full_height));
  }
  for (Point& point : face.landmarks) {
    point = {point.x * x, point.y * y};
  }
  return face;
}

struct Detector final : FaceDetectorModel {
  const Family* family = nullptr;
  std::string model;
  Normalisation normalisation;
  bool antialias = false;
  int input_size = 0;  // for a graph that accepts any size
  float score_threshold = 0;
  float nms_iou = 0;

  StatusOr<std::vector<FaceFinding>> Detect(Session& session, const PhotoView& photo,
                                            const FaceDetectOptions& options) const override {
    CALOTYPE_ASSIGN_OR_RETURN(const ImageInput input, FindImageInput(session.inputs()));
    const int width = input.has_size() ? input.width : input_size;
    const int height = input.has_size() ? input.height : input_size;
    CALOTYPE_RETURN_IF_ERROR(CheckSize(width, height));
    const Letterboxed fitted =
        antialias && width == height ? Letterbox(photo.image, width) : LetterboxBilinear(photo.image, width, height);
    const Tensor tensor = ToTensor({&fitted.image, 1}, input, normalisation);
    CALOTYPE_ASSIGN_OR_RETURN(const std::vector<Tensor> tensors, session.Run({&tensor, 1}));
    const FaceOutputs outputs{.infos = session.outputs(), .tensors = tensors, .width = width, .height = height};
    CALOTYPE_ASSIGN_OR_RETURN(std::vector<FaceFinding> faces,
                              family->decode(outputs, options.score_threshold.value_or(score_threshold)));
    std::vector<FaceFinding> found;
    for (FaceFinding& face : WithoutDoubles(std::move(faces), *family, nms_iou, photo.scale_x() / fitted.scale)) {
      found.push_back(InPhoto(std::move(face), fitted.scale, photo, options.clip));
    }
    if (options.clip) {
      std::erase_if(found, [](const FaceFinding& face) { return face.box.Area() <= 0; });
    }
    return found;
  }

  // All strides of all families divide 32.
  Status CheckSize(int width, int height) const {
    if (width < 32 || width > 4096 || width % 32 != 0 || height < 32 || height > 4096 || height % 32 != 0) {
      return absl::InvalidArgumentError(
          fmt::format("model {}: the input is {} x {}, by its graph or by input_size; each side must be a multiple of "
                      "32 up to 4096",
                      model, width, height));
    }
    return absl::OkStatus();
  }
};

StatusOr<std::shared_ptr<const Detector>> ReadDetector(const ModelSpec& spec) {
  auto read = std::make_shared<Detector>();
  Detector& detector = *read;
  detector.model = spec.name;
  CALOTYPE_ASSIGN_OR_RETURN(detector.family, FindFamily(spec));
  const Family& family = *detector.family;
  detector.normalisation = family.normalisation;
  CALOTYPE_RETURN_IF_ERROR(ReadChannels(spec.params, "mean", detector.normalisation.mean));
  CALOTYPE_RETURN_IF_ERROR(ReadChannels(spec.params, "std", detector.normalisation.std));
  CALOTYPE_ASSIGN_OR_RETURN(detector.antialias, spec.params.BoolOr("antialias", family.antialias));
  CALOTYPE_ASSIGN_OR_RETURN(detector.input_size, spec.params.IntOr("input_size", kDefaultSize));
  CALOTYPE_ASSIGN_OR_RETURN(const double threshold, spec.params.DoubleOr("score_threshold", family.score_threshold));
  CALOTYPE_ASSIGN_OR_RETURN(const double iou, spec.params.DoubleOr("nms_iou", family.nms_iou));
  detector.score_threshold = static_cast<float>(threshold);
  detector.nms_iou = static_cast<float>(iou);
  if (!(detector.normalisation.std[0] > 0)) {
    return absl::InvalidArgumentError(
        fmt::format("model {}: std is {}; it must be above 0", spec.name, detector.normalisation.std[0]));
  }
  CALOTYPE_RETURN_IF_ERROR(detector.CheckSize(detector.input_size, detector.input_size));
  return read;
}

ModelProbe MakeProbe(const ModelSpec& spec, std::shared_ptr<const Detector> detector) {
  const auto run = [detector = std::move(detector)](Session& session, const Image& image, int photo,
                                                    ProbeAnswer& answer) -> Status {
    const PhotoView view{.image = image, .full_width = image.width(), .full_height = image.height()};
    CALOTYPE_ASSIGN_OR_RETURN(const std::vector<FaceFinding> faces, detector->Detect(session, view, {}));
    answer.box_threshold = detector->score_threshold;
    for (const FaceFinding& face : faces) {
      answer.boxes.push_back({.label = "", .score = face.score, .box = face.box, .photo = photo});
    }
    return absl::OkStatus();
  };
  return DetectorProbe(spec, run, [spec](const ProbeAnswer& answer) {
    return ExpectNumber(CountOfFirstPhoto(answer), spec.self_test->expect_faces, "faces", spec.name);
  });
}

class FaceDetector final : public Analyser {
 public:
  FaceDetector(const ModelSpec& spec, ModelCache& cache, const std::shared_ptr<const Detector>& detector)
      : detector_(detector), model_(spec, cache, MakeProbe(spec, detector)) {}

  std::string_view name() const override { return "faces.detect"; }
  std::string version() const override { return fmt::format("{}/{}", model_.version_tag(), kRevision); }
  std::string device() const override { return model_.device(); }

  Status Analyse(const PhotoView& photo, Findings& findings) override {
    CALOTYPE_ASSIGN_OR_RETURN(const std::shared_ptr<Session> session, model_.Get());
    CALOTYPE_ASSIGN_OR_RETURN(findings.faces, detector_->Detect(*session, photo, {}));
    return absl::OkStatus();
  }

 private:
  const std::shared_ptr<const Detector> detector_;
  ModelBinding model_;
};

}  // namespace

StatusOr<FaceDetectorParts> ReadFaceDetector(const ModelSpec& spec) {
  CALOTYPE_ASSIGN_OR_RETURN(const std::shared_ptr<const Detector> detector, ReadDetector(spec));
  return FaceDetectorParts{.model = detector, .probe = MakeProbe(spec, detector)};
}

StatusOr<std::unique_ptr<Analyser>> CreateFaceDetector(const ModelSpec& spec, ModelCache& cache) {
  CALOTYPE_ASSIGN_OR_RETURN(const std::shared_ptr<const Detector> detector, ReadDetector(spec));
  return std::make_unique<FaceDetector>(spec, cache, detector);
}

}  // namespace calotype
