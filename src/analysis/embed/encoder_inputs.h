// What the inputs of an encoder's graph are there for, by their names and shapes, and the tensors that go in.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "analysis/image_ops.h"
#include "base/status.h"
#include "inference/engine.h"
#include "inference/tensor.h"
#include "photo/image.h"

namespace calotype {

enum class InputRole { kPixels, kIds, kMask, kTypes };

// kInvalidArgument that names the input when it is none of them.
StatusOr<InputRole> RoleOf(const TensorInfo& input);

// The first input with `role`. kInvalidArgument that names the inputs when there is none.
StatusOr<const TensorInfo*> FindInput(const Session& session, InputRole role);

// The side of the square that `input` takes; 0 when it takes any. kInvalidArgument when it takes no square of three
// channels.
StatusOr<int> PixelSide(const TensorInfo& input);

// `image` as `input` wants it: channels first or last by its shape; uint8 as they are, float32 normalised.
StatusOr<Tensor> PixelTensor(const TensorInfo& input, const Image& image, const Normalisation& normalisation);

// How many tokens `input` takes; 0 when it takes any number.
int TokenCount(const TensorInfo& input);

// `values` as one row of int32 or int64, as `input` wants it.
StatusOr<Tensor> RowTensor(const TensorInfo& input, std::span<const int64_t> values);

// A tensor for an input that does not matter for what is asked: the text's when a photo is encoded, and the other way
// round. Graphs with both encoders want both. A picture has `side_if_free` where the graph takes any size.
StatusOr<Tensor> FillerTensor(const TensorInfo& input, int side_if_free);

// The side of OpenAI's photos, for graphs that take any when nothing else says one.
inline constexpr int kUsualSide = 224;

// The output with the first of `names` that the graph has; else its only output, if it has two dimensions.
// kInvalidArgument that names the outputs.
StatusOr<std::size_t> ChooseOutput(std::span<const TensorInfo> outputs, std::span<const std::string_view> names);

}  // namespace calotype
