#include "analysis/embed/encoder_inputs.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <string>

namespace calotype {
namespace {

struct NamedRole {
  std::string_view name;
  InputRole role;
};

// The names in Immich's exports and in those of transformers.js, optimum and open_clip.
constexpr std::array<NamedRole, 9> kRoles = {{{"pixel_values", InputRole::kPixels},
                                              {"image", InputRole::kPixels},
                                              {"images", InputRole::kPixels},
                                              {"input_ids", InputRole::kIds},
                                              {"text", InputRole::kIds},
                                              {"tokens", InputRole::kIds},
                                              {"text_input", InputRole::kIds},
                                              {"attention_mask", InputRole::kMask},
                                              {"token_type_ids", InputRole::kTypes}}};

constexpr std::string_view RoleName(InputRole role) {
  switch (role) {
    case InputRole::kPixels:
      return "pixel_values or image";
    case InputRole::kIds:
      return "input_ids or text";
    case InputRole::kMask:
      return "attention_mask";
    case InputRole::kTypes:
      break;
  }
  return "token_type_ids";
}

std::string Names(std::span<const TensorInfo> tensors) {
  std::vector<std::string> names;
  std::ranges::transform(tensors, std::back_inserter(names), &TensorInfo::name);
  return fmt::format("{}", fmt::join(names, ", "));
}

bool ChannelsLast(const TensorInfo& input) {
  return input.shape.size() == 4 && input.shape[3] == 3 && input.shape[1] != 3;
}

constexpr std::size_t kImageRank = 4;

Tensor Interleaved(const Image& image, ElementType type) {
  return {type, {1, image.height(), image.width(), Image::kChannels}};
}

Tensor BytePlanes(const Image& image) {
  Tensor tensor(ElementType::kUint8, {1, Image::kChannels, image.height(), image.width()});
  const std::size_t pixels = image.pixels().size() / Image::kChannels;
  const std::span<uint8_t> planes = tensor.data<uint8_t>();
  for (std::size_t i = 0; i < image.pixels().size(); ++i) {
    planes[i % Image::kChannels * pixels + i / Image::kChannels] = image.pixels()[i];
  }
  return tensor;
}

Tensor InterleavedFloats(const Image& image, const Normalisation& normalisation) {
  Tensor tensor = Interleaved(image, ElementType::kFloat32);
  const std::span<float> values = tensor.data<float>();
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::size_t channel = i % Image::kChannels;
    values[i] = (static_cast<float>(image.pixels()[i]) - normalisation.mean[channel]) / normalisation.std[channel];
  }
  return tensor;
}

template <typename T>
Tensor MakeRow(ElementType type, std::span<const int64_t> values) {
  Tensor tensor(type, {1, static_cast<int64_t>(values.size())});
  std::ranges::transform(values, tensor.data<T>().begin(), [](int64_t value) { return static_cast<T>(value); });
  return tensor;
}

}  // namespace

StatusOr<InputRole> RoleOf(const TensorInfo& input) {
  const auto found = std::ranges::find(kRoles, input.name, &NamedRole::name);
  if (found != kRoles.end()) {
    return found->role;
  }
  if (input.shape.size() == kImageRank) {
    return InputRole::kPixels;
  }
  return absl::InvalidArgumentError(fmt::format(
      "unknown input {}; supported inputs: pixel_values, input_ids, attention_mask, token_type_ids", input.name));
}

StatusOr<const TensorInfo*> FindInput(const Session& session, InputRole role) {
  for (const TensorInfo& input : session.inputs()) {
    CALOTYPE_ASSIGN_OR_RETURN(const InputRole its, RoleOf(input));
    if (its == role) {
      return &input;
    }
  }
  return absl::InvalidArgumentError(
      fmt::format("the model has no input {}; it has {}", RoleName(role), Names(session.inputs())));
}

StatusOr<int> PixelSide(const TensorInfo& input) {
  const bool last = ChannelsLast(input);
  const std::size_t first = last ? 1 : 2;
  const bool any = input.shape.empty();
  if (any) {
    return 0;
  }
  if (input.shape.size() != kImageRank || (!last && input.shape[1] != 3 && input.shape[1] > 0) ||
      input.shape[first] != input.shape[first + 1] || input.shape[first] > INT16_MAX) {
    return absl::InvalidArgumentError(fmt::format("the input {} is [{}]; expected a square with three channels",
                                                  input.name, fmt::join(input.shape, ", ")));
  }
  return static_cast<int>(std::max<int64_t>(0, input.shape[first]));
}

StatusOr<Tensor> PixelTensor(const TensorInfo& input, const Image& image, const Normalisation& normalisation) {
  const bool last = ChannelsLast(input);
  if (input.type == ElementType::kFloat32) {
    return last ? InterleavedFloats(image, normalisation) : ToTensor({&image, 1}, normalisation);
  }
  if (input.type != ElementType::kUint8) {
    return absl::InvalidArgumentError(
        fmt::format("the input {} is {}; expected float32 or uint8", input.name, ElementTypeName(input.type)));
  }
  if (!last) {
    return BytePlanes(image);
  }
  Tensor tensor = Interleaved(image, ElementType::kUint8);
  std::ranges::copy(image.pixels(), tensor.data<uint8_t>().begin());
  return tensor;
}

int TokenCount(const TensorInfo& input) {
  return input.shape.size() == 2 ? static_cast<int>(std::clamp<int64_t>(input.shape[1], 0, INT16_MAX)) : 0;
}

StatusOr<Tensor> RowTensor(const TensorInfo& input, std::span<const int64_t> values) {
  switch (input.type) {
    case ElementType::kInt64:
      return MakeRow<int64_t>(input.type, values);
    case ElementType::kInt32:
      return MakeRow<int32_t>(input.type, values);
    default:
      return absl::InvalidArgumentError(
          fmt::format("the input {} is {}; expected int64 or int32", input.name, ElementTypeName(input.type)));
  }
}

StatusOr<Tensor> FillerTensor(const TensorInfo& input, int side_if_free) {
  constexpr int kFewTokens = 2;
  CALOTYPE_ASSIGN_OR_RETURN(const InputRole role, RoleOf(input));
  if (role != InputRole::kPixels) {
    const int tokens = TokenCount(input) > 0 ? TokenCount(input) : kFewTokens;
    return RowTensor(input, std::vector<int64_t>(static_cast<std::size_t>(tokens), role == InputRole::kMask ? 1 : 0));
  }
  CALOTYPE_ASSIGN_OR_RETURN(const int side, PixelSide(input));
  const int used = side > 0 ? side : side_if_free;
  Image black(used, used);
  std::ranges::fill(black.pixels(), uint8_t{0});
  return PixelTensor(input, black, {});
}

StatusOr<std::size_t> ChooseOutput(std::span<const TensorInfo> outputs, std::span<const std::string_view> names) {
  for (const std::string_view name : names) {
    const auto found = std::ranges::find(outputs, name, &TensorInfo::name);
    if (found != outputs.end()) {
      return static_cast<std::size_t>(found - outputs.begin());
    }
  }
  if (outputs.size() == 1 && outputs[0].shape.size() == 2) {
    return std::size_t{0};
  }
  return absl::InvalidArgumentError(
      fmt::format("the model has no output {}; it has {}", names.front(), Names(outputs)));
}

}  // namespace calotype
