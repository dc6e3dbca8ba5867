#include "inference/engines/check_inputs.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace calotype {
namespace {

bool Fits(const std::vector<int64_t>& wanted, const std::vector<int64_t>& given) {
  return std::equal(wanted.begin(), wanted.end(), given.begin(), given.end(),
                    [](int64_t want, int64_t have) { return want == -1 || want == have; });
}

}  // namespace

Status CheckInputs(const std::vector<TensorInfo>& wanted, std::span<const Tensor> given) {
  if (given.size() != wanted.size()) {
    return absl::InvalidArgumentError(fmt::format("the model needs {} inputs, got {}", wanted.size(), given.size()));
  }
  for (std::size_t i = 0; i < given.size(); ++i) {
    if (given[i].type() != wanted[i].type) {
      return absl::InvalidArgumentError(fmt::format("input {} needs {}, got {}", wanted[i].name,
                                                    ElementTypeName(wanted[i].type), ElementTypeName(given[i].type())));
    }
    if (!Fits(wanted[i].shape, given[i].shape())) {
      return absl::InvalidArgumentError(fmt::format("input {} needs the shape [{}] (-1: any), got [{}]", wanted[i].name,
                                                    fmt::join(wanted[i].shape, ", "),
                                                    fmt::join(given[i].shape(), ", ")));
    }
  }
  return absl::OkStatus();
}

}  // namespace calotype
