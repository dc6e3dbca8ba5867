#include "inference/compatibility/cpu_facts.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <thread>

#include "base/text.h"

namespace calotype {
namespace {

struct Feature {
  std::string_view flag;  // its name in /proc/cpuinfo
  bool CpuFacts::* fact;
};

constexpr std::array<Feature, 9> kFeatures = {{{"avx2", &CpuFacts::avx2},
                                               {"avx512f", &CpuFacts::avx512f},
                                               {"avx512_bf16", &CpuFacts::avx512_bf16},
                                               {"avx512_vnni", &CpuFacts::vnni},
                                               {"avx_vnni", &CpuFacts::vnni},
                                               {"amx_bf16", &CpuFacts::amx_bf16},
                                               {"amx_int8", &CpuFacts::amx_int8},
                                               {"bf16", &CpuFacts::arm_bf16},
                                               {"i8mm", &CpuFacts::arm_i8mm}}};

bool HasWord(std::string_view words, std::string_view word) {
  while (!words.empty()) {
    const std::size_t end = std::min(words.find(' '), words.size());
    if (words.substr(0, end) == word) {
      return true;
    }
    words.remove_prefix(std::min(end + 1, words.size()));
  }
  return false;
}

// Reads one line of the first processor's entry; the other processors are assumed to be equal.
void ReadLine(std::string_view key, std::string_view value, CpuFacts& facts, std::string& arm) {
  if (key == "model name") {
    facts.model = value;
  } else if (key == "CPU implementer") {
    arm = fmt::format("ARM {}", value);
  } else if (key == "CPU part") {
    arm += fmt::format("/{}", value);
  } else if (key == "flags" || key == "Features") {
    for (const Feature& feature : kFeatures) {
      facts.*feature.fact = facts.*feature.fact || HasWord(value, feature.flag);
    }
  }
}

}  // namespace

std::string CpuFacts::Key() const {
  std::string key = model.empty() ? "unknown CPU" : model;
  for (const Feature& feature : kFeatures) {
    if (this->*feature.fact && key.find(fmt::format("+{}", feature.flag)) == std::string::npos) {
      key += fmt::format("+{}", feature.flag);
    }
  }
  return key;
}

CpuFacts ParseCpuInfo(std::string_view text) {
  CpuFacts facts;
  std::string arm;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) {
      continue;
    }
    const std::string_view key = Trim(line.substr(0, colon));
    facts.cores += key == "processor" ? 1 : 0;
    if (facts.cores <= 1) {
      ReadLine(key, Trim(line.substr(colon + 1)), facts, arm);
    }
  }
  if (facts.model.empty()) {
    facts.model = arm;
  }
  return facts;
}

CpuFacts ReadCpuFacts() {
  std::ifstream stream("/proc/cpuinfo");
  const std::string text{std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
  CpuFacts facts = ParseCpuInfo(text);
  if (facts.cores == 0) {
    facts.cores = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  }
  return facts;
}

}  // namespace calotype
