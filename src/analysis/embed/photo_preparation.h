// Turns a photo into the square that a CLIP-like image encoder takes. The pixels equal those that open_clip and
// transformers produce with Pillow.
#pragma once

#include <array>
#include <filesystem>
#include <string_view>

#include "analysis/image_ops.h"
#include "analysis/resample.h"
#include "base/status.h"
#include "models/pack.h"
#include "photo/image.h"

namespace calotype {

struct PhotoPreparation {
  int size = 0;          // side of the square; 0: that of the graph
  int resize_short = 0;  // length to which the short side is scaled; 0: size
  bool squash = false;   // scale both sides to `size`, ignoring the aspect ratio
  ResampleFilter filter = ResampleFilter::kBicubic;
  // How a crop that starts between two pixels is rounded: to the even one as in torchvision, or down as in
  // transformers and Immich.
  bool centre_to_even = true;
  Normalisation normalisation;
};

// OpenAI's means and deviations; scales the short side to 224 and crops the centre.
PhotoPreparation ClipPreparation();
// Means and deviations of one half; scales both sides.
PhotoPreparation SiglipPreparation();

// Overrides `defaults` by the files beside the model (open_clip's preprocess_cfg.json, else transformers'
// preprocessor_config.json), then by the model's parameters: input_size, resize_short, resize ("shortest", "squash"),
// crop_rounding ("even", "down"), interpolation ("bilinear", "bicubic", "lanczos"), mean, std. Returns kInvalidArgument
// with the file or the parameter and what is wrong.
StatusOr<PhotoPreparation> ReadPreparation(const ModelSpec& model, PhotoPreparation defaults);

// Like ReadPreparation(), from the content of one of the two files.
StatusOr<PhotoPreparation> ReadOpenClipConfig(std::string_view json, PhotoPreparation defaults);
StatusOr<PhotoPreparation> ReadTransformersConfig(std::string_view json, PhotoPreparation defaults);

// Returns the square of `photo`, which must not be empty; preparation.size must be set. The cost depends on the size of
// the square, not on the photo's length.
Image Prepare(const Image& photo, const PhotoPreparation& preparation);

}  // namespace calotype
