// Inner loops of which a build has several: one for each kind of CPU, and a portable one. The fastest that this CPU can
// run is used, or the one that an environment variable names.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace calotype {

// `Run` is a function, or a struct of functions.
template <typename Run>
struct NamedKernel {
  std::string_view name;
  bool (*supported)();  // by this CPU
  Run run;
};

// kInvalidArgument: `name` is none of `supported`.
Status NoSuchKernel(std::string_view name, std::span<const std::string_view> supported);

// What the environment variable says; empty when it is not set.
std::string WantedKernel(const char* variable);

void WarnOfKernel(std::string_view variable, const Status& status, std::string_view used);

// The kernel `name` of `kernels`. kInvalidArgument names those that this CPU can run.
template <typename Run>
StatusOr<const NamedKernel<Run>*> FindKernel(std::span<const NamedKernel<Run>> kernels, std::string_view name) {
  std::vector<std::string_view> supported;
  for (const NamedKernel<Run>& kernel : kernels) {
    if (!kernel.supported()) {
      continue;
    }
    if (kernel.name == name) {
      return &kernel;
    }
    supported.push_back(kernel.name);
  }
  return NoSuchKernel(name, supported);
}

// The one that `variable` names, else the first that this CPU can run; an unknown or unsupported name is logged, and
// the usual one taken. `kernels` has the fastest first and ends with one that every CPU can run.
template <typename Run>
const NamedKernel<Run>& ChooseKernel(std::span<const NamedKernel<Run>> kernels, const char* variable) {
  const NamedKernel<Run>* usual = kernels.data();
  while (!usual->supported()) {
    ++usual;
  }
  const std::string wanted = WantedKernel(variable);
  if (wanted.empty()) {
    return *usual;
  }
  const StatusOr<const NamedKernel<Run>*> found = FindKernel(kernels, wanted);
  if (!found.ok()) {
    WarnOfKernel(variable, found.status(), usual->name);
    return *usual;
  }
  return **found;
}

}  // namespace calotype
