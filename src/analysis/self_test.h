// What the self-tests of models share: the photo that goes in, and the comparison of what comes out with what the
// pack's manifest expects. A comparison that fails is kInternal and says what was expected and what was seen.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/status.h"
#include "inference/placement/model_probe.h"
#include "models/pack.h"
#include "photo/image.h"

namespace calotype {

// The photo at `path`, whole. The errors of opening and decoding it, with its path.
StatusOr<Image> LoadSelfTestPhoto(const std::filesystem::path& path);

// How one photo of a self-test is looked at: adds to `answer` what the model finds in it. `photo` is its number.
using LookAtPhoto = std::function<Status(Session& session, Image image, int photo, ProbeAnswer& answer)>;

// The probe of a model that looks at photos: those of spec.self_test, each given to `look`; `expect` as in ModelProbe,
// of which the first photo alone is the matter. Empty when the model has no self-test with a photo.
ModelProbe PhotoProbe(const ModelSpec& spec, LookAtPhoto look, std::function<Status(const ProbeAnswer&)> expect);

// Boxes of the first photo.
int CountOfFirstPhoto(const ProbeAnswer& answer);

// OK when `got` begins with spec.expect_vector, each component within spec.tolerance. `model` names it in messages.
Status ExpectVector(std::span<const float> got, const SelfTestSpec& spec, std::string_view model);

// OK when each of `expected` is among `got`, however often and in whatever order: labels.
Status ExpectAllFound(std::span<const std::string> got, std::span<const std::string> expected, std::string_view model);

// OK when `got` is `expected`, in that order: lines of text.
Status ExpectSame(std::span<const std::string> got, std::span<const std::string> expected, std::string_view model);

// OK when nothing is expected or `got` is it; `what` is the counted thing ("faces", "lines", "degrees").
Status ExpectNumber(int got, std::optional<int> expected, std::string_view what, std::string_view model);

}  // namespace calotype
