// Finds out what each input of an encoder's graph is for, from its name and shape, and makes its tensors.
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

// Returns kInvalidArgument with the input's name when its role is unknown.
StatusOr<InputRole> RoleOf(const TensorInfo& input);

// Returns the first input with `role`. Returns kInvalidArgument with the inputs' names when there is none.
StatusOr<const TensorInfo*> FindInput(const Session& session, InputRole role);

// Returns the side of the square that `input` takes, 0 for any size. Returns kInvalidArgument when it does not take a
// square with three channels.
StatusOr<int> PixelSide(const TensorInfo& input);

// Converts `image` for `input`: channels first or last as in its shape; uint8 unchanged, float32 normalised.
StatusOr<Tensor> PixelTensor(const TensorInfo& input, const Image& image, const Normalisation& normalisation);

// Returns the number of tokens that `input` takes, 0 for any number.
int TokenCount(const TensorInfo& input);

// Converts `values` to one row of int32 or int64, whichever `input` has.
StatusOr<Tensor> RowTensor(const TensorInfo& input, std::span<const int64_t> values);

// Makes a tensor for an input whose value does not matter: the text input when encoding a photo, and the image input
// when encoding text. Graphs with both encoders require both. The image has the side `side_if_free` when the graph
// accepts any size.
StatusOr<Tensor> FillerTensor(const TensorInfo& input, int side_if_free);

// The image size of OpenAI's CLIP, for graphs that accept any size when nothing else sets one.
inline constexpr int kUsualSide = 224;

// Returns the index of the output that has the first possible name of `names`; else of the only output, if it has two
// dimensions. Returns kInvalidArgument with the outputs' names otherwise.
StatusOr<std::size_t> ChooseOutput(std::span<const TensorInfo> outputs, std::span<const std::string_view> names);

}  // namespace calotype
