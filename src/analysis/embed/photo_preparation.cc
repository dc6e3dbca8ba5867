#include "analysis/embed/photo_preparation.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "base/file.h"

namespace calotype {
namespace {

using Json = nlohmann::json;

constexpr int kMostSide = 4096;

// Files and manifests give means and deviations on a scale of 0 to 1.
void SetChannels(const std::vector<float>& values, std::array<float, 3>& channels) {
  std::ranges::transform(values, channels.begin(), [](float value) { return value * 255; });
}

StatusOr<ResampleFilter> FilterNamed(std::string_view name) {
  if (name == "bilinear") {
    return ResampleFilter::kBilinear;
  }
  if (name == "bicubic") {
    return ResampleFilter::kBicubic;
  }
  if (name == "lanczos") {
    return ResampleFilter::kLanczos;
  }
  return absl::InvalidArgumentError(
      fmt::format("interpolation is \"{}\"; it must be bilinear, bicubic or lanczos", name));
}

// Pillow's numbers of its filters.
StatusOr<ResampleFilter> FilterNumbered(int number) {
  switch (number) {
    case 1:
      return ResampleFilter::kLanczos;
    case 2:
      return ResampleFilter::kBilinear;
    case 3:
      return ResampleFilter::kBicubic;
    default:
      return absl::InvalidArgumentError(
          fmt::format("resample is {}; it must be 1 (lanczos), 2 (bilinear) or 3 (bicubic)", number));
  }
}

StatusOr<bool> ToEvenNamed(std::string_view rounding) {
  if (rounding != "even" && rounding != "down") {
    return absl::InvalidArgumentError(fmt::format("crop_rounding is \"{}\"; it must be even or down", rounding));
  }
  return rounding == "even";
}

StatusOr<bool> SquashNamed(std::string_view mode) {
  if (mode != "shortest" && mode != "squash") {
    return absl::InvalidArgumentError(fmt::format("resize is \"{}\"; it must be shortest or squash", mode));
  }
  return mode == "squash";
}

Status Check(const PhotoPreparation& preparation) {
  const int shortest = preparation.resize_short > 0 ? preparation.resize_short : preparation.size;
  const bool sizes = preparation.size >= 0 && preparation.resize_short >= 0 && preparation.size <= kMostSide &&
                     preparation.resize_short <= kMostSide && preparation.size <= shortest;
  if (!sizes) {
    return absl::InvalidArgumentError(fmt::format(
        "input_size is {}, resize_short {}; each must be 0 (the size in the model file) to {}, and input_size at most "
        "resize_short",
        preparation.size, preparation.resize_short, kMostSide));
  }
  if (std::ranges::any_of(preparation.normalisation.std, [](float std) { return !(std > 0); })) {
    return absl::InvalidArgumentError("every number of std must be above 0");
  }
  return absl::OkStatus();
}

// Reads a number, a list of equal numbers, or an object with height and width.
StatusOr<int> SquareSide(const Json& json) {
  const bool object = json.is_object();
  const Json& height = object ? json.at("height") : json.is_array() ? json.at(0) : json;
  const Json& width = object ? json.at("width") : json.is_array() ? json.at(json.size() - 1) : json;
  if (height != width) {
    return absl::InvalidArgumentError(fmt::format("the size {} is not a square", json.dump()));
  }
  return height.get<int>();
}

Status ReadMeans(const Json& json, const char* mean, const char* std, Normalisation& normalisation) {
  const auto read = [&json](const char* key, std::array<float, 3>& channels) -> Status {
    if (!json.contains(key)) {
      return absl::OkStatus();
    }
    const auto values = json[key].get<std::vector<float>>();
    if (values.size() != channels.size()) {
      return absl::InvalidArgumentError(fmt::format("{} has {} numbers; expected 3", key, values.size()));
    }
    SetChannels(values, channels);
    return absl::OkStatus();
  };
  CALOTYPE_RETURN_IF_ERROR(read(mean, normalisation.mean));
  return read(std, normalisation.std);
}

template <typename Read>
StatusOr<PhotoPreparation> Guarded(std::string_view text, Read read) {
  try {
    return read(Json::parse(text));
  } catch (const Json::exception& error) {
    return absl::InvalidArgumentError(error.what());
  }
}

StatusOr<PhotoPreparation> FromOpenClip(const Json& json, PhotoPreparation made) {
  if (json.contains("size")) {
    CALOTYPE_ASSIGN_OR_RETURN(made.size, SquareSide(json["size"]));
    made.resize_short = 0;
  }
  if (json.contains("interpolation")) {
    CALOTYPE_ASSIGN_OR_RETURN(made.filter, FilterNamed(json["interpolation"].get<std::string>()));
  }
  if (json.contains("resize_mode")) {
    CALOTYPE_ASSIGN_OR_RETURN(made.squash, SquashNamed(json["resize_mode"].get<std::string>()));
  }
  CALOTYPE_RETURN_IF_ERROR(ReadMeans(json, "mean", "std", made.normalisation));
  made.centre_to_even = true;
  return made;
}

// "size" is the length of the short side, or of both sides when nothing is cropped.
Status ReadTransformersSize(const Json& json, PhotoPreparation& made) {
  if (!json.contains("size")) {
    return absl::OkStatus();
  }
  const Json& size = json["size"];
  const bool shortest = size.is_number() ? made.squash == false : size.is_object() && size.contains("shortest_edge");
  const bool crop = json.value("do_center_crop", shortest && json.contains("crop_size"));
  if (shortest) {
    made.resize_short = size.is_number() ? size.get<int>() : size["shortest_edge"].get<int>();
    made.size = made.resize_short;
  } else {
    CALOTYPE_ASSIGN_OR_RETURN(made.size, SquareSide(size));
    made.resize_short = 0;
  }
  made.squash = !shortest;
  if (!crop) {
    return absl::OkStatus();
  }
  if (!shortest) {
    return absl::InvalidArgumentError("resizing to a square and then a further crop is not supported");
  }
  if (json.contains("crop_size")) {
    CALOTYPE_ASSIGN_OR_RETURN(made.size, SquareSide(json["crop_size"]));
  }
  return absl::OkStatus();
}

StatusOr<PhotoPreparation> FromTransformers(const Json& json, PhotoPreparation made) {
  CALOTYPE_RETURN_IF_ERROR(ReadTransformersSize(json, made));
  if (json.contains("resample")) {
    CALOTYPE_ASSIGN_OR_RETURN(made.filter, FilterNumbered(json["resample"].get<int>()));
  }
  CALOTYPE_RETURN_IF_ERROR(ReadMeans(json, "image_mean", "image_std", made.normalisation));
  constexpr double kPerByte = 1.0 / 255;
  if (std::abs(json.value("rescale_factor", kPerByte) - kPerByte) > 1e-6 || !json.value("do_normalize", true) ||
      !json.value("do_rescale", true) || !json.value("do_resize", true)) {
    return absl::InvalidArgumentError("do_resize, do_rescale by 1/255 and do_normalize must all be on");
  }
  made.centre_to_even = false;
  return made;
}

Status ApplyParams(const ModelParams& params, PhotoPreparation& made) {
  if (params.Has("input_size")) {
    made.resize_short = 0;
  }
  CALOTYPE_ASSIGN_OR_RETURN(made.size, params.IntOr("input_size", made.size));
  CALOTYPE_ASSIGN_OR_RETURN(made.resize_short, params.IntOr("resize_short", made.resize_short));
  if (params.Has("resize")) {
    CALOTYPE_ASSIGN_OR_RETURN(const std::string mode, params.Text("resize"));
    CALOTYPE_ASSIGN_OR_RETURN(made.squash, SquashNamed(mode));
  }
  if (params.Has("crop_rounding")) {
    CALOTYPE_ASSIGN_OR_RETURN(const std::string rounding, params.Text("crop_rounding"));
    CALOTYPE_ASSIGN_OR_RETURN(made.centre_to_even, ToEvenNamed(rounding));
  }
  if (params.Has("interpolation")) {
    CALOTYPE_ASSIGN_OR_RETURN(const std::string name, params.Text("interpolation"));
    CALOTYPE_ASSIGN_OR_RETURN(made.filter, FilterNamed(name));
  }
  if (params.Has("mean")) {
    CALOTYPE_ASSIGN_OR_RETURN(const std::vector<float> mean, params.Floats("mean", 3));
    SetChannels(mean, made.normalisation.mean);
  }
  if (params.Has("std")) {
    CALOTYPE_ASSIGN_OR_RETURN(const std::vector<float> std, params.Floats("std", 3));
    SetChannels(std, made.normalisation.std);
  }
  return Check(made);
}

PhotoPreparation WithChannels(PhotoPreparation made, const std::vector<float>& mean, const std::vector<float>& std) {
  SetChannels(mean, made.normalisation.mean);
  SetChannels(std, made.normalisation.std);
  return made;
}

// The start of the crop in a side of `length`.
int CropStart(int length, int size, bool to_even) {
  const double start = (length - size) / 2.0;
  return static_cast<int>(to_even ? std::nearbyint(start) : std::floor(start));
}

}  // namespace

PhotoPreparation ClipPreparation() {
  // openai/CLIP, clip.py, _transform().
  return WithChannels({}, {0.48145466F, 0.4578275F, 0.40821073F}, {0.26862954F, 0.26130258F, 0.27577711F});
}

PhotoPreparation SiglipPreparation() {
  return WithChannels({.squash = true, .normalisation = {}}, {0.5F, 0.5F, 0.5F}, {0.5F, 0.5F, 0.5F});
}

StatusOr<PhotoPreparation> ReadOpenClipConfig(std::string_view json, PhotoPreparation defaults) {
  return Guarded(json, [&defaults](const Json& read) { return FromOpenClip(read, defaults); });
}

StatusOr<PhotoPreparation> ReadTransformersConfig(std::string_view json, PhotoPreparation defaults) {
  return Guarded(json, [&defaults](const Json& read) { return FromTransformers(read, defaults); });
}

StatusOr<PhotoPreparation> ReadPreparation(const ModelSpec& model, PhotoPreparation defaults) {
  struct Config {
    std::string_view name;
    StatusOr<PhotoPreparation> (*read)(std::string_view, PhotoPreparation);
  };
  constexpr std::array<Config, 2> kConfigs = {
      {{"preprocess_cfg.json", ReadOpenClipConfig}, {"preprocessor_config.json", ReadTransformersConfig}}};
  for (const Config& config : kConfigs) {
    const std::filesystem::path file = model.path.parent_path() / config.name;
    const StatusOr<std::string> text = ReadTextFile(file);
    if (!text.ok() && text.status().code() == absl::StatusCode::kNotFound) {
      continue;
    }
    CALOTYPE_RETURN_IF_ERROR(text.status());
    const StatusOr<PhotoPreparation> made = config.read(*text, defaults);
    if (!made.ok()) {
      return Annotate(made.status(), file.string());
    }
    defaults = *made;
    break;
  }
  CALOTYPE_RETURN_IF_ERROR(ApplyParams(model.params, defaults));
  return defaults;
}

Image Prepare(const Image& photo, const PhotoPreparation& preparation) {
  const int size = preparation.size;
  if (preparation.squash) {
    return Resample(photo, size, size, preparation.filter);
  }
  const int64_t shortest = std::min(photo.width(), photo.height());
  const int64_t target = preparation.resize_short > 0 ? preparation.resize_short : size;
  // The long side is truncated to an integer, as in the references.
  const auto scaled = [&](int side) { return static_cast<int>(side == shortest ? target : target * side / shortest); };
  const int width = scaled(photo.width());
  const int height = scaled(photo.height());
  return ResamplePart(photo, width, height, preparation.filter,
                      {.x = CropStart(width, size, preparation.centre_to_even),
                       .y = CropStart(height, size, preparation.centre_to_even),
                       .width = size,
                       .height = size});
}

}  // namespace calotype
