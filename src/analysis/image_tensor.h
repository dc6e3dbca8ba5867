// The image that a graph takes, as the graph itself states it: exporters differ in layout, type and size.
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "analysis/image_ops.h"
#include "base/status.h"
#include "inference/engine.h"
#include "photo/image.h"

namespace calotype {

struct ImageInput {
  std::size_t index = 0;                     // among the graph's inputs
  ElementType type = ElementType::kFloat32;  // or kUint8: the graph normalises inside
  bool channels_last = false;                // [N, H, W, 3] instead of [N, 3, H, W]
  int width = 0;                             // 0 when free
  int height = 0;                            // 0 when free
  int batch = 0;                             // 0 when free

  bool has_size() const { return width > 0 && height > 0; }
};

// The input with four dimensions, of which the second or the last may be 3; a graph that leaves both free takes
// [N, 3, H, W]. kInvalidArgument that says what the graph takes instead.
StatusOr<ImageInput> FindImageInput(std::span<const TensorInfo> inputs);

// `images`, all of one size, in the input's layout and type. Of `normalisation`, a uint8 graph gets the order of the
// channels alone.
Tensor ToTensor(std::span<const Image> images, const ImageInput& input, const Normalisation& normalisation);

// "pixel_values float32 [-1, 3, 640, 640], orig_target_sizes int64 [-1, 2]": for messages.
std::string Describe(std::span<const TensorInfo> tensors);

}  // namespace calotype
