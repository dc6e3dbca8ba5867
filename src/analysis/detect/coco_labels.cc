#include "analysis/detect/coco_labels.h"

#include <array>

namespace calotype {
namespace {

// By category id, as in annotations/instances_val2017.json of COCO 2017.
constexpr std::array<std::string_view, 91> kById = {"",
                                                    "person",
                                                    "bicycle",
                                                    "car",
                                                    "motorcycle",
                                                    "airplane",
                                                    "bus",
                                                    "train",
                                                    "truck",
                                                    "boat",
                                                    "traffic light",
                                                    "fire hydrant",
                                                    "",
                                                    "stop sign",
                                                    "parking meter",
                                                    "bench",
                                                    "bird",
                                                    "cat",
                                                    "dog",
                                                    "horse",
                                                    "sheep",
                                                    "cow",
                                                    "elephant",
                                                    "bear",
                                                    "zebra",
                                                    "giraffe",
                                                    "",
                                                    "backpack",
                                                    "umbrella",
                                                    "",
                                                    "",
                                                    "handbag",
                                                    "tie",
                                                    "suitcase",
                                                    "frisbee",
                                                    "skis",
                                                    "snowboard",
                                                    "sports ball",
                                                    "kite",
                                                    "baseball bat",
                                                    "baseball glove",
                                                    "skateboard",
                                                    "surfboard",
                                                    "tennis racket",
                                                    "bottle",
                                                    "",
                                                    "wine glass",
                                                    "cup",
                                                    "fork",
                                                    "knife",
                                                    "spoon",
                                                    "bowl",
                                                    "banana",
                                                    "apple",
                                                    "sandwich",
                                                    "orange",
                                                    "broccoli",
                                                    "carrot",
                                                    "hot dog",
                                                    "pizza",
                                                    "donut",
                                                    "cake",
                                                    "chair",
                                                    "couch",
                                                    "potted plant",
                                                    "bed",
                                                    "",
                                                    "dining table",
                                                    "",
                                                    "",
                                                    "toilet",
                                                    "",
                                                    "tv",
                                                    "laptop",
                                                    "mouse",
                                                    "remote",
                                                    "keyboard",
                                                    "cell phone",
                                                    "microwave",
                                                    "oven",
                                                    "toaster",
                                                    "sink",
                                                    "refrigerator",
                                                    "",
                                                    "book",
                                                    "clock",
                                                    "vase",
                                                    "scissors",
                                                    "teddy bear",
                                                    "hair drier",
                                                    "toothbrush"};

constexpr auto kWithoutGaps = [] {
  std::array<std::string_view, 80> names;
  std::size_t count = 0;
  for (const std::string_view name : kById) {
    if (!name.empty()) {
      names[count++] = name;
    }
  }
  return names;
}();
static_assert(!kWithoutGaps.back().empty());

}  // namespace

std::span<const std::string_view> CocoLabels(std::size_t classes) {
  switch (classes) {
    case kWithoutGaps.size():
      return kWithoutGaps;
    case kById.size():
    case kById.size() + 1:
      return kById;
    default:
      return {};
  }
}

}  // namespace calotype
