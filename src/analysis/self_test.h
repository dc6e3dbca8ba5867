// What the self-tests of models share: the photo that goes in, and the comparison of what comes out with what the
// pack's manifest expects. A comparison that fails is kInternal and says what was expected and what was seen.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/status.h"
#include "models/pack.h"
#include "photo/image.h"

namespace calotype {

// The photo of `spec`, whole. The errors of opening and decoding it, with its path.
StatusOr<Image> LoadSelfTestPhoto(const SelfTestSpec& spec);

// OK when `got` begins with spec.expect_vector, each component within spec.tolerance. `model` names it in messages.
Status ExpectVector(std::span<const float> got, const SelfTestSpec& spec, std::string_view model);

// OK when each of `expected` is among `got`, however often and in whatever order: labels.
Status ExpectAllFound(std::span<const std::string> got, std::span<const std::string> expected, std::string_view model);

// OK when `got` is `expected`, in that order: lines of text.
Status ExpectSame(std::span<const std::string> got, std::span<const std::string> expected, std::string_view model);

// OK when nothing is expected or `got` is it; `what` is the counted thing ("faces", "lines", "degrees").
Status ExpectNumber(int got, std::optional<int> expected, std::string_view what, std::string_view model);

}  // namespace calotype
