#include "analysis/model_binding.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <utility>

namespace calotype {

namespace {

// The hash of the weights, and the names of the self-test's files.
std::string HashOf(const ModelSpec& spec) {
  std::string hash = spec.sha256.Hex();
  if (spec.self_test) {
    hash += fmt::format(" {}{}", spec.self_test->photo.filename().string(), spec.self_test->text);
    for (const std::filesystem::path& photo : spec.self_test->more_photos) {
      hash += "+" + photo.filename().string();
    }
    hash += fmt::format("+{}", fmt::join(spec.self_test->more_texts, "+"));
  }
  return hash;
}

}  // namespace

ModelBinding::ModelBinding(const ModelSpec& spec, ModelCache& cache, ModelProbe probe)
    : name_(spec.name), version_tag_(spec.VersionTag()), cache_(cache) {
  cache_.Register(
      {.name = spec.name, .title = spec.Title(), .task = spec.task, .path = spec.path, .hash = HashOf(spec)},
      std::move(probe));
}

}  // namespace calotype
