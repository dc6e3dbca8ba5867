#include "analysis/image_tensor.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstring>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

namespace calotype {
namespace {

bool TakesAnImage(const TensorInfo& input) {
  const bool type = input.type == ElementType::kFloat32 || input.type == ElementType::kUint8;
  const auto may_be_channels = [&](std::size_t axis) { return input.shape[axis] == 3 || input.shape[axis] < 0; };
  return type && input.shape.size() == 4 && (may_be_channels(1) || may_be_channels(3));
}

int FixedSize(int64_t dimension) { return static_cast<int>(std::clamp(dimension, int64_t{0}, int64_t{1} << 20)); }

// Writes `image` as bytes, interleaved or plane by plane.
void CopyBytes(const Image& image, bool channels_last, bool bgr, uint8_t* target) {
  const std::size_t pixels = image.pixels().size() / Image::kChannels;
  const std::size_t step = channels_last ? Image::kChannels : 1;
  const std::size_t plane = channels_last ? 1 : pixels;
  const uint8_t* const source = image.pixels().data();
  for (std::size_t channel = 0; channel < Image::kChannels; ++channel) {
    const std::size_t from = bgr ? Image::kChannels - 1 - channel : channel;
    for (std::size_t i = 0; i < pixels; ++i) {
      target[i * step + channel * plane] = source[i * Image::kChannels + from];
    }
  }
}

Tensor ByteTensor(std::span<const Image> images, bool channels_last, bool bgr) {
  const int64_t width = images.empty() ? 0 : images[0].width();
  const int64_t height = images.empty() ? 0 : images[0].height();
  const int64_t count = static_cast<int64_t>(images.size());
  Tensor tensor(ElementType::kUint8, channels_last ? std::vector<int64_t>{count, height, width, 3}
                                                   : std::vector<int64_t>{count, 3, height, width});
  uint8_t* target = tensor.data<uint8_t>().data();
  for (const Image& image : images) {
    CopyBytes(image, channels_last, bgr, target);
    target += image.pixels().size();
  }
  return tensor;
}

// Converts [N, 3, H, W] to [N, H, W, 3].
Tensor ChannelsLast(const Tensor& planes) {
  Tensor tensor(ElementType::kFloat32, {planes.dim(0), planes.dim(2), planes.dim(3), 3});
  const auto pixels = static_cast<std::size_t>(planes.dim(2) * planes.dim(3));
  const float* source = planes.data<float>().data();
  float* target = tensor.data<float>().data();
  for (int64_t image = 0; image < planes.dim(0); ++image, source += 3 * pixels) {
    for (std::size_t i = 0; i < pixels; ++i) {
      *target++ = source[i];
      *target++ = source[pixels + i];
      *target++ = source[2 * pixels + i];
    }
  }
  return tensor;
}

}  // namespace

std::string Describe(std::span<const TensorInfo> tensors) {
  std::vector<std::string> words;
  std::ranges::transform(tensors, std::back_inserter(words), [](const TensorInfo& info) {
    return fmt::format("{} {} [{}]", info.name, ElementTypeName(info.type), fmt::join(info.shape, ", "));
  });
  return words.empty() ? "nothing" : fmt::format("{}", fmt::join(words, ", "));
}

StatusOr<ImageInput> FindImageInput(std::span<const TensorInfo> inputs) {
  const auto found = std::ranges::find_if(inputs, TakesAnImage);
  if (found == inputs.end()) {
    return absl::InvalidArgumentError(
        fmt::format("the model has no image input (float32 or uint8, [N, 3, H, W] or [N, H, W, 3]); its inputs: {}",
                    Describe(inputs)));
  }
  const std::vector<int64_t>& shape = found->shape;
  const bool last = shape[3] == 3 && shape[1] != 3;
  return ImageInput{.index = static_cast<std::size_t>(found - inputs.begin()),
                    .type = found->type,
                    .channels_last = last,
                    .width = FixedSize(shape[last ? 2 : 3]),
                    .height = FixedSize(shape[last ? 1 : 2]),
                    .batch = FixedSize(shape[0])};
}

Tensor ToTensor(std::span<const Image> images, const ImageInput& input, const Normalisation& normalisation) {
  if (input.type == ElementType::kUint8) {
    return ByteTensor(images, input.channels_last, normalisation.bgr);
  }
  Tensor planes = ToTensor(images, normalisation);
  return input.channels_last ? ChannelsLast(planes) : planes;
}

}  // namespace calotype
