// Finds the files of a model by the name that Immich gives it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

#include "app/app.h"
#include "base/status.h"
#include "models/pack.h"

namespace calotype {

enum class PredictRole : uint8_t {
  kImageEmbedding,
  kTextEmbedding,
  kFaceDetection,
  kFaceRecognition,
  kTextDetection,
  kTextRecognition,
};

struct PredictModelName {
  PredictRole role = PredictRole::kImageEmbedding;
  std::string name;  // "ViT-B-32__openai"

  auto operator<=>(const PredictModelName&) const = default;
};

// How Immich calls the role: "clip" and "visual", "facial-recognition" and "detection", and so on.
std::string_view ImmichTask(PredictRole role);
std::string_view ImmichType(PredictRole role);

// Where models may be, besides the installed packs.
struct ImmichModelFolder {
  // The cache of Immich's machine-learning service: TASK/NAME/TYPE/model.onnx. Empty: none.
  std::filesystem::path path;
  // A revision other than "main" adds a level: TASK/NAME/REVISION/TYPE/model.onnx.
  std::string revision = "main";
};

// Returns the model of `pack` that is the one that Immich calls `wanted`; null when the pack does not have it. The
// identity is the manifest's: the file is the one that Immich downloads (its repository and path on the hub), or has a
// SHA-256 that is known to be that of the model.
const ModelSpec* FindInPack(const Pack& pack, const PredictModelName& wanted);

// Returns the model as Immich stored it in its cache. kNotFound when it is not there; kInvalidArgument when its
// configuration cannot be read.
StatusOr<ModelSpec> FindInImmichFolder(const ImmichModelFolder& folder, const PredictModelName& wanted);

// Looks into the pack in use, then into the other installed packs, then into `folder`. The name of the returned model
// is unique among all that this function returns. Never returns another model than the one that is wanted:
// kFailedPrecondition when it is nowhere; the message says how to install it.
StatusOr<ModelSpec> FindPredictModel(const App& app, const ImmichModelFolder& folder, const PredictModelName& wanted);

// The same with a function, for tests.
using PredictModelFinder = std::function<StatusOr<ModelSpec>(const PredictModelName&)>;

}  // namespace calotype
