// For libFuzzer: runs the target that the environment variable CALOTYPE_FUZZ names.
#include <cstdio>
#include <cstdlib>

#include "base/log.h"
#include "targets.h"

namespace {

const calotype::FuzzTarget& Target() {
  static const calotype::FuzzTarget* const kTarget = [] {
    const char* const name = std::getenv("CALOTYPE_FUZZ");
    const calotype::FuzzTarget* const found = name == nullptr ? nullptr : calotype::FindFuzzTarget(name);
    if (found == nullptr) {
      std::fputs("set CALOTYPE_FUZZ to the name of a target (fuzz/run does)\n", stderr);
      std::exit(2);
    }
    calotype::SetLogSink([](const auto&...) {});
    return found;
  }();
  return *kTarget;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Target().run({data, size});
  return 0;
}
