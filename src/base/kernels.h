// Selects one of several implementations ("kernels") of an inner loop. A build has one kernel per kind of CPU and a
// portable one; the fastest that this CPU supports is used, unless an environment variable names another.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace calotype {

// A kernel: `run` is a function, or a struct of functions.
template <typename Run>
struct NamedKernel {
  std::string_view name;
  bool (*supported)();  // whether this CPU can run it
  Run run;
};

// Returns the kInvalidArgument error for a `name` that is not in `supported`.
Status NoSuchKernel(std::string_view name, std::span<const std::string_view> supported);

// Returns the value of the environment variable, empty when it is not set.
std::string WantedKernel(const char* variable);

// Logs that the kernel which `variable` names cannot be used (`status` says why) and that `used` runs instead.
void WarnOfKernel(std::string_view variable, const Status& status, std::string_view used);

// Returns the kernel `name` of `kernels`. The kInvalidArgument message lists the kernels that this CPU can run.
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

// Returns the kernel that `variable` names, else the first that this CPU can run. Logs a warning for an unknown or
// unsupported name. `kernels` is ordered from fastest to slowest; its last one must run on every CPU.
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
