// The DETR family: transformers that answer a fixed number of boxes with a score for each class, so that nothing has to
// be suppressed. One image input, [N, 3, H, W] or [N, H, W, 3]; some graphs take a mask of the image's pixels beside
// it. Two outputs: class scores before softmax or sigmoid [N, queries, classes], called logits or labels, and boxes [N,
// queries, 4], called pred_boxes or dets: centre x and y, width, height, in parts of the image. Or, as the repositories
// of RT-DETR and D-FINE export: the photo's width and height int64 [N, 2] beside the image, and three outputs that are
// answers already: labels int64 [N, queries], boxes [N, queries, 4] as corners in pixels of the photo, scores [N,
// queries].
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

// How the classes of one query share their score.
enum class ClassScores {
  kByClassCount,  // sigmoid for COCO's 80 and 91; else softmax, such as for 92: COCO's 91 and "no object"
  kSoftmax,       // one class a query; the last one is "no object"
  kSigmoid,       // each by itself; the best pairs of query and class are taken
};

// What a family does where neither the graph nor the manifest says otherwise.
struct DetrPreset {
  int shortest_side = 0;  // 0: the size is input_size squared
  int longest_side = 0;
  int multiple = 1;  // both sides are cut to a multiple of it
  int input_size = 0;
  bool antialias = true;   // as Pillow does; else between four pixels, without rounding to bytes
  bool normalise = false;  // by ImageNet's means and deviations; else to 0..1
  ClassScores scores = ClassScores::kSigmoid;
  int top_k = 0;  // pairs of query and class, before the threshold; 0: as many as queries
  double score_threshold = 0.5;
};

// As the image processors and post-processing of transformers 5.23 have them; RF-DETR as rfdetr 1.11.
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
                                      .multiple = 16,  // of its patches
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

// `params` over `preset`; kInvalidArgument for what is senseless.
StatusOr<DetrParams> ReadDetrParams(const ModelParams& params, const DetrPreset& preset);

struct DetrSize {
  int width = 0;
  int height = 0;
};

// The size at which a photo of width x height is given to a graph that leaves the size free.
DetrSize PlanDetrSize(int width, int height, const DetrParams& params);

// One box in parts of the image with its class.
struct DetrBox {
  Box box;
  float score = 0;
  int label = 0;
};

// The boxes of the first photo that score the threshold or more, best first. `classes` is how many of the graph's last
// dimension may be answered. kInternal when the tensors are not as stated above.
StatusOr<std::vector<DetrBox>> DecodeDetr(const Tensor& logits, const Tensor& boxes, const DetrParams& params,
                                          std::optional<std::size_t> classes);

// The same from a graph that answers labels, boxes and scores by itself, for a photo of `photo` pixels.
StatusOr<std::vector<DetrBox>> ReadDetrAnswers(const Tensor& labels, const Tensor& boxes, const Tensor& scores,
                                               const DetrSize& photo, float score_threshold);

// Labels: the file that the parameter "labels" names, else COCO's by the number of classes.
StatusOr<std::unique_ptr<const ObjectDetector>> CreateDetr(const ModelSpec& spec, const DetrPreset& preset);

}  // namespace calotype
