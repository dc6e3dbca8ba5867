// How a photo becomes the square that an image encoder of CLIP's kind takes, equal to what open_clip and transformers
// do with Pillow.
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
  int size = 0;          // side of the square; 0: what the graph says
  int resize_short = 0;  // to which the short side is scaled; 0: size
  bool squash = false;   // both sides are scaled to `size`, whatever the photo's shape
  ResampleFilter filter = ResampleFilter::kBicubic;
  // Which pixel a middle between two is: to the even one as torchvision, or to the lower one as transformers.
  bool centre_to_even = true;
  Normalisation normalisation;
};

// OpenAI's means and deviations, shortest side to 224, centre.
PhotoPreparation ClipPreparation();
// All of them one half, squashed.
PhotoPreparation SiglipPreparation();

// `defaults` changed by what the files beside the model say (open_clip's preprocess_cfg.json, else transformers'
// preprocessor_config.json) and then by the model's parameters: input_size, resize_short, resize ("shortest",
// "squash"), interpolation ("bilinear", "bicubic", "lanczos"), mean, std. kInvalidArgument that names the file or the
// parameter and what is wrong.
StatusOr<PhotoPreparation> ReadPreparation(const ModelSpec& model, PhotoPreparation defaults);

// As ReadPreparation() from the text of one of the two files.
StatusOr<PhotoPreparation> ReadOpenClipConfig(std::string_view json, PhotoPreparation defaults);
StatusOr<PhotoPreparation> ReadTransformersConfig(std::string_view json, PhotoPreparation defaults);

// The square of `photo`, which must not be empty; preparation.size must be set. Costs what the square costs, however
// long the photo.
Image Prepare(const Image& photo, const PhotoPreparation& preparation);

}  // namespace calotype
