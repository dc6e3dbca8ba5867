// The DETR family: transformers that return a fixed number of boxes with a score per class, without non-maximum
// suppression. One image input, [N, 3, H, W] or [N, H, W, 3]; some graphs also take a mask of the image's valid pixels.
// Two kinds of output:
// - Two tensors: class scores before softmax or sigmoid, [N, queries, classes], called logits or labels; and boxes [N,
//   queries, 4], called pred_boxes or dets: centre x and y, width and height, as fractions of the image.
// - As the repositories of RT-DETR and D-FINE export: the graph also takes the photo's width and height, int64 [N, 2],
//   and returns finished results: labels int64 [N, queries], boxes [N, queries, 4] as corners in pixels of the photo,
//   and scores [N, queries].
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "analysis/boxes.h"
#include "analysis/detect/detector.h"
#include "analysis/image_ops.h"

namespace calotype {

// How the scores of a query's classes relate to each other.
enum class ClassScores {
  kByClassCount,  // sigmoid for 80 and 91 classes (COCO); softmax otherwise, such as 92 (91 and "no object")
  kSoftmax,       // one class per query; the last class is "no object"
  kSigmoid,       // classes are independent; the best pairs of query and class are taken
};

// Defaults of a family, used where neither the graph nor the manifest sets a value.
struct DetrPreset {
  int shortest_side = 0;  // 0: the size is input_size x input_size
  int longest_side = 0;
  int multiple = 1;  // both sides are rounded down to a multiple of it
  int input_size = 0;
  bool antialias = true;   // resample as Pillow does; else from the four nearest pixels without rounding to bytes
  bool normalise = false;  // with ImageNet's means and deviations; else to 0..1
  ClassScores scores = ClassScores::kSigmoid;
  int top_k = 0;  // best pairs of query and class, before the threshold; 0: as many as there are queries
  double score_threshold = 0.5;
};

// Values of the image processors and post-processing of transformers 5.23; RF-DETR's of rfdetr 1.11.
inline constexpr DetrPreset kDetr = {.shortest_side = 800,
                                     .longest_side = 1333,
                                     .normalise = true,
                                     .scores = ClassScores::kByClassCount,
                                     .top_k = 100,
                                     .score_threshold = 0.7};
inline constexpr DetrPreset kConditional = {
    .shortest_side = 800, .longest_side = 1333, .normalise = true, .top_k = 100, .score_threshold = 0.5};
inline constexpr DetrPreset kYolos = {.shortest_side = 800,
                                      .longest_side = 1333,
                                      .multiple = 16,  // the patch size
                                      .normalise = true,
                                      .scores = ClassScores::kSoftmax,
                                      .score_threshold = 0.7};
inline constexpr DetrPreset kRtDetr = {.input_size = 640};
inline constexpr DetrPreset kRfDetr = {.input_size = 560, .antialias = false, .normalise = true};

struct DetrParams {
  int shortest_side = 0;
  int longest_side = 0;
  int multiple = 1;
  int input_size = 0;
  bool antialias = true;
  Normalisation normalisation;
  ClassScores scores = ClassScores::kSigmoid;
  int top_k = 0;
  float score_threshold = 0;
};

// Reads `params`, with defaults from `preset`. Returns kInvalidArgument for values out of range.
StatusOr<DetrParams> ReadDetrParams(const ModelParams& params, const DetrPreset& preset);

struct DetrSize {
  int width = 0;
  int height = 0;
};

// The size to which a photo of width x height is scaled when the graph accepts any size.
DetrSize PlanDetrSize(int width, int height, const DetrParams& params);

// A box with its class, as fractions of the image.
struct DetrBox {
  Box box;
  float score = 0;
  int label = 0;
};

// Returns the boxes of the first photo that score at least the threshold, best first. `classes` limits how many of the
// classes in the last dimension may be returned. Returns kInternal when the tensors do not have the shapes above.
StatusOr<std::vector<DetrBox>> DecodeDetr(const Tensor& logits, const Tensor& boxes, const DetrParams& params,
                                          std::optional<std::size_t> classes);

// Like DecodeDetr(), for a graph that returns labels, boxes and scores itself, for a photo of size `photo`.
StatusOr<std::vector<DetrBox>> ReadDetrAnswers(const Tensor& labels, const Tensor& boxes, const Tensor& scores,
                                               const DetrSize& photo, float score_threshold);

// The labels come from the file that the parameter "labels" names, else COCO's for the number of classes.
StatusOr<std::unique_ptr<const ObjectDetector>> CreateDetr(const ModelSpec& spec, const DetrPreset& preset);

}  // namespace calotype
