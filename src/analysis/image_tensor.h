// The image input of a model's graph. Exporters differ in layout, type and size, so these are read from the graph.
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
  std::size_t index = 0;                     // index in the graph's inputs
  ElementType type = ElementType::kFloat32;  // or kUint8: the graph normalises
  bool channels_last = false;                // [N, H, W, 3] instead of [N, 3, H, W]
  int width = 0;                             // 0: any width
  int height = 0;                            // 0: any height
  int batch = 0;                             // 0: any number

  bool has_size() const { return width > 0 && height > 0; }
};

// Finds the input with four dimensions whose second or last dimension may be 3; when both are free, assumes [N, 3, H,
// W]. Returns kInvalidArgument with the graph's inputs when there is none.
StatusOr<ImageInput> FindImageInput(std::span<const TensorInfo> inputs);

// Converts `images`, all of the same size, to the layout and type of `input`. For a uint8 input only the channel order
// of `normalisation` is used.
Tensor ToTensor(std::span<const Image> images, const ImageInput& input, const Normalisation& normalisation);

// Describes tensors for messages: "pixel_values float32 [-1, 3, 640, 640], orig_target_sizes int64 [-1, 2]".
std::string Describe(std::span<const TensorInfo> tensors);

}  // namespace calotype
