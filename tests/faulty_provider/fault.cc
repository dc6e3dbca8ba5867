#include "fault.h"

#include <array>
#include <charconv>
#include <cstdlib>
#include <stdexcept>
#include <utility>

namespace faulty {
namespace {

constexpr double kHangSeconds = 600;
constexpr double kWrongBy = 0.05;

struct KindName {
  std::string_view name;
  Fault fault;
  double amount;  // when the text gives none
};

constexpr std::array kKinds = {
    KindName{"no_kernel", Fault::kNoKernel, 0}, KindName{"old_driver", Fault::kOldDriver, 0},
    KindName{"oom", Fault::kOutOfMemory, 0},    KindName{"no_device", Fault::kNoDevice, 0},
    KindName{"cudnn", Fault::kCudnn, 0},        KindName{"nan", Fault::kNan, 0},
    KindName{"wrong", Fault::kWrong, kWrongBy}, KindName{"hang", Fault::kHang, kHangSeconds},
    KindName{"crash", Fault::kCrash, 0},
};

std::vector<std::string_view> Split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (std::size_t end = text.find(separator); end != std::string_view::npos; end = text.find(separator)) {
    parts.push_back(text.substr(0, end));
    text.remove_prefix(end + 1);
  }
  parts.push_back(text);
  return parts;
}

[[noreturn]] void Refuse(std::string_view part, std::string_view allowed) {
  throw std::invalid_argument("CALOTYPE_FAULT: '" + std::string(part) +
                              "' is not understood; allowed: " + std::string(allowed));
}

template <typename Number>
Number ParseNumber(std::string_view text, std::string_view allowed) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number < Number{}) {
    Refuse(text, allowed);
  }
  return number;
}

RunFault ParseKind(std::string_view text) {
  const std::string_view name = text.substr(0, text.find(':'));
  for (const KindName& kind : kKinds) {
    if (kind.name == name) {
      const bool has_amount = name.size() != text.size() && kind.amount > 0;
      if (name.size() != text.size() && !has_amount) {
        break;
      }
      return {.fault = kind.fault,
              .amount = has_amount ? ParseNumber<double>(text.substr(name.size() + 1), "a number") : kind.amount};
    }
  }
  Refuse(text, "no_kernel, old_driver, oom, no_device, cudnn, nan, wrong[:SIZE], hang[:SECONDS], crash");
}

RunRule ParseWhen(std::string_view text) {
  const std::vector<std::string_view> parts = Split(text, ':');
  RunRule rule;
  if (parts[0] == "random" && parts.size() == 3) {
    rule.when = RunRule::When::kRandom;
    rule.probability = ParseNumber<double>(parts[1], "a probability from 0 to 1");
    rule.seed = ParseNumber<std::uint64_t>(parts[2], "a whole number as seed");
  } else if (parts[0] == "run" && parts.size() <= 2) {
    rule.run = parts.size() == 2 ? ParseNumber<std::uint64_t>(parts[1], "the number of a run, from 1") : 1;
  } else if (parts[0] == "only" && parts.size() == 2) {
    rule.when = RunRule::When::kOnly;
    rule.run = ParseNumber<std::uint64_t>(parts[1], "the number of a run, from 1");
  } else {
    Refuse(text, "run=, run:N=, only:N=, random:P:SEED=");
  }
  return rule;
}

struct Step {
  std::string_view name;
  std::optional<std::string> FaultPlan::* error;
};

constexpr std::array kSteps = {Step{"register", &FaultPlan::on_register}, Step{"create", &FaultPlan::on_create},
                               Step{"compile", &FaultPlan::on_compile}};

// A step alone, or "step=KIND" with the error that it fails with.
bool AddStep(std::string_view part, FaultPlan* plan) {
  const std::size_t equals = part.find('=');
  for (const Step& step : kSteps) {
    if (step.name != part.substr(0, equals)) {
      continue;
    }
    std::string text = "CALOTYPE_FAULT asks for it: " + std::string(part);
    if (equals != std::string_view::npos) {
      text = ErrorText(ParseKind(part.substr(equals + 1)).fault);
    }
    if (text.empty()) {
      Refuse(part, "a kind that is an error");
    }
    plan->*step.error = text;
    return true;
  }
  return false;
}

void AddPart(std::string_view part, FaultPlan* plan) {
  constexpr std::string_view kBatch = "oom>";
  if (AddStep(part, plan)) {
    return;
  }
  if (part == "absent") {
    plan->absent = true;
  } else if (part.substr(0, kBatch.size()) == kBatch) {
    plan->largest_batch = ParseNumber<std::int64_t>(part.substr(kBatch.size()), "a batch size");
  } else if (const std::size_t equals = part.find('='); equals != std::string_view::npos) {
    RunRule rule = ParseWhen(part.substr(0, equals));
    for (const std::string_view kind : Split(part.substr(equals + 1), '|')) {
      rule.faults.push_back(ParseKind(kind));
    }
    plan->rules.push_back(std::move(rule));
  } else {
    Refuse(part, "register, create, compile (each may name =KIND), absent, oom>N, WHEN=KIND");
  }
}

// splitmix64's finaliser: neighbouring runs become independent draws.
std::uint64_t Mix(std::uint64_t value) {
  value += 0x9e3779b97f4a7c15U;
  value = (value ^ (value >> 30U)) * 0xbf58476d1ce4e5b9U;
  value = (value ^ (value >> 27U)) * 0x94d049bb133111ebU;
  return value ^ (value >> 31U);
}

bool Applies(const RunRule& rule, std::uint64_t run) {
  switch (rule.when) {
    case RunRule::When::kFrom:
      return run >= rule.run;
    case RunRule::When::kOnly:
      return run == rule.run;
    case RunRule::When::kRandom:
      return static_cast<double>(Mix(rule.seed ^ Mix(run)) >> 11U) * 0x1p-53 < rule.probability;
  }
  return false;
}

std::string Failure(std::string_view library, std::string_view error, std::string_view file, std::string_view line,
                    std::string_view call) {
  return std::string(library) + " failure " + std::string(error) +
         " ; GPU=0 ; hostname=faulty ; file=" + std::string(file) + " ; line=" + std::string(line) +
         " ; expr=" + std::string(call) + "; ";
}

constexpr std::string_view kProviderFile = "onnxruntime/core/providers/cuda/cuda_execution_provider.cc";

}  // namespace

FaultPlan ParseFaultPlan(std::string_view text) {
  FaultPlan plan;
  if (!text.empty()) {
    for (const std::string_view part : Split(text, ';')) {
      AddPart(part, &plan);
    }
  }
  return plan;
}

std::optional<RunFault> FaultOfRun(const FaultPlan& plan, std::uint64_t run) {
  for (const RunRule& rule : plan.rules) {
    if (Applies(rule, run)) {
      const bool draws = rule.when == RunRule::When::kRandom;
      return rule.faults[draws ? Mix(rule.seed + run) % rule.faults.size() : 0];
    }
  }
  return std::nullopt;
}

std::string ErrorText(Fault fault) {
  switch (fault) {
    case Fault::kNoKernel:
      return Failure("CUDA", "209: no kernel image is available for execution on the device", kProviderFile, "393",
                     "cudaGetLastError()");
    case Fault::kOldDriver:
      return Failure("CUDA", "35: CUDA driver version is insufficient for CUDA runtime version", kProviderFile, "287",
                     "cudaSetDevice(info_.device_id)");
    case Fault::kOutOfMemory:
      return Failure("CUDA", "2: out of memory", "onnxruntime/core/providers/cuda/cuda_allocator.cc", "47",
                     "cudaMalloc((void**)&p, size)");
    case Fault::kNoDevice:
      return Failure("CUDA", "100: no CUDA-capable device is detected", kProviderFile, "287",
                     "cudaSetDevice(info_.device_id)");
    case Fault::kCudnn:
      return Failure("CUDNN", "5000: CUDNN_STATUS_EXECUTION_FAILED", "onnxruntime/core/providers/cuda/nn/conv.cc",
                     "463", "cudnnConvolutionForward(cudnn_handle, ...)");
    default:
      return {};
  }
}

void FaultSource::Refresh() {
  const char* const value = std::getenv("CALOTYPE_FAULT");
  const std::string_view text = value == nullptr ? "" : value;
  if (text != text_) {
    plan_ = ParseFaultPlan(text);
    text_ = text;
    runs_ = 0;
  }
}

FaultPlan FaultSource::Plan() {
  const std::lock_guard<std::mutex> lock(mutex_);
  Refresh();
  return plan_;
}

FaultSource::Run FaultSource::NextRun() {
  const std::lock_guard<std::mutex> lock(mutex_);
  Refresh();
  ++runs_;
  return {.fault = FaultOfRun(plan_, runs_), .largest_batch = plan_.largest_batch};
}

}  // namespace faulty
