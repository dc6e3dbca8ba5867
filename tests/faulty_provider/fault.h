// Which fault is on: the grammar of CALOTYPE_FAULT (README.md) and the decision for each run. Standard library only, so
// that the provider needs nothing of Calotype.
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace faulty {

enum class Fault { kNoKernel, kOldDriver, kOutOfMemory, kNoDevice, kCudnn, kNan, kWrong, kHang, kCrash };

struct RunFault {
  Fault fault = Fault::kNoKernel;
  double amount = 0;  // kWrong: the largest relative error; kHang: seconds
};

// One "when=kinds" of the grammar.
struct RunRule {
  enum class When { kFrom, kOnly, kRandom };
  When when = When::kFrom;
  std::uint64_t run = 1;         // kFrom, kOnly: counted from 1
  double probability = 0;        // kRandom
  std::uint64_t seed = 0;        // kRandom
  std::vector<RunFault> faults;  // never empty; kRandom draws one of them, the others take the first
};

struct FaultPlan {
  bool absent = false;  // no device is offered
  // What these steps fail with.
  std::optional<std::string> on_register;
  std::optional<std::string> on_create;
  std::optional<std::string> on_compile;
  std::optional<std::int64_t> largest_batch;  // a run with more than this many in dimension 0 is out of memory
  std::vector<RunRule> rules;                 // the first that applies decides
};

// Throws std::invalid_argument that names the part which is not understood.
FaultPlan ParseFaultPlan(std::string_view text);

// What happens in run number `run` (from 1); depends on nothing else, so that a random plan can be repeated.
std::optional<RunFault> FaultOfRun(const FaultPlan& plan, std::uint64_t run);

// What the device says of it: the words of the CUDA provider. Empty for faults that are not errors.
std::string ErrorText(Fault fault);

// The plan of the environment at this moment, and the count of runs. Thread-safe.
class FaultSource {
 public:
  struct Run {
    std::optional<RunFault> fault;
    std::optional<std::int64_t> largest_batch;
  };

  // Both throw as ParseFaultPlan() does.
  FaultPlan Plan();
  // Counts one more run and tells what happens in it. Counting starts anew when the variable's value changes.
  Run NextRun();

 private:
  void Refresh();  // with mutex_ held

  std::mutex mutex_;
  std::string text_;
  FaultPlan plan_;
  std::uint64_t runs_ = 0;
};

}  // namespace faulty
