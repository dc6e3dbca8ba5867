// Shared by the self-tests of all models: loading the test photo, and comparing the result with what the pack's
// manifest expects. A failed comparison is kInternal; the message has the expected and the actual value.
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

// Loads the photo at `path` in full size. Errors of opening and decoding are returned with the path.
StatusOr<Image> LoadSelfTestPhoto(const std::filesystem::path& path, ProbePhotos form = ProbePhotos::kAsTheyAre);

// Runs the model on one photo of a self-test and adds what it finds to `answer`. `photo` is the index of the photo.
using RunOnPhoto = std::function<Status(Session& session, Image image, int photo, ProbeAnswer& answer)>;

// A function as ModelProbe::findings: calls `run` for each photo of spec.self_test. Null when that has no photo.
std::function<StatusOr<ProbeAnswer>(Session&, ProbePhotos)> FindingsInPhotos(const ModelSpec& spec, RunOnPhoto run);

// The probe of a model that analyses photos: calls `run` for each photo of spec.self_test. `expect` checks the result
// as in ModelProbe; it concerns only the first photo. Empty when the self-test has no photo.
ModelProbe PhotoProbe(const ModelSpec& spec, RunOnPhoto run, std::function<Status(const ProbeAnswer&)> expect);

// The same for a model whose boxes are findings of their own (objects, faces): the boxes are compared by
// ModelProbe::findings.
ModelProbe DetectorProbe(const ModelSpec& spec, const RunOnPhoto& run,
                         std::function<Status(const ProbeAnswer&)> expect);

// The number of boxes in the first photo.
int CountOfFirstPhoto(const ProbeAnswer& answer);

// OK when `got` begins with spec.expect_vector, each component within spec.tolerance. `model` is for messages.
Status ExpectVector(std::span<const float> got, const SelfTestSpec& spec, std::string_view model);

// OK when every one of `expected` (labels) is in `got`, in any order.
Status ExpectAllFound(std::span<const std::string> got, std::span<const std::string> expected, std::string_view model);

// OK when `got` (lines of text) equals `expected`, including the order.
Status ExpectSame(std::span<const std::string> got, std::span<const std::string> expected, std::string_view model);

// OK when `expected` is unset or equals `got`. `what` is the counted thing, for messages ("faces", "lines", "degrees").
Status ExpectNumber(int got, std::optional<int> expected, std::string_view what, std::string_view model);

}  // namespace calotype
