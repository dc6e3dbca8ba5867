// Without libFuzzer, for every compiler: fuzz_smoke TARGET ROUNDS FILE...
// Runs the target on each file, and on ROUNDS copies of these files with a few changed bytes, the same ones each time.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include "base/file.h"
#include "base/log.h"
#include "targets.h"

namespace calotype {
namespace {

constexpr std::size_t kMaxBytes = std::size_t{1} << 20U;
constexpr std::chrono::seconds kLongest{20};  // for one input, also with a sanitizer on a busy machine

std::vector<uint8_t> Changed(std::vector<uint8_t> bytes, std::mt19937& random) {
  const std::size_t changes = 1 + random() % 8;
  for (std::size_t i = 0; i < changes && !bytes.empty(); ++i) {
    const std::size_t at = random() % bytes.size();
    switch (random() % 4) {
      case 0:
        bytes[at] = static_cast<uint8_t>(random());
        break;
      case 1:
        bytes[at] ^= static_cast<uint8_t>(1U << random() % 8);
        break;
      case 2:
        bytes.insert(bytes.begin() + static_cast<std::ptrdiff_t>(at), random() % 16, static_cast<uint8_t>(random()));
        break;
      default:
        bytes.resize(at);
    }
  }
  return bytes;
}

int Run(const FuzzTarget& target, int rounds, const std::vector<std::string>& files) {
  std::vector<std::vector<uint8_t>> seeds = {{}};
  for (const std::string& file : files) {
    StatusOr<UniqueFd> open = OpenForReading(file);
    StatusOr<std::vector<uint8_t>> bytes =
        open.ok() ? ReadAll(open->get(), kMaxBytes, "a seed's limit") : open.status();
    if (!bytes.ok()) {
      std::fprintf(stderr, "%s\n", Message(bytes.status()).c_str());
      return 1;
    }
    seeds.push_back(*std::move(bytes));
  }
  std::mt19937 random(20261129);
  int runs = 0;
  for (int i = -static_cast<int>(seeds.size()); i < rounds; ++i, ++runs) {
    const std::vector<uint8_t> input =
        i < 0 ? seeds[static_cast<std::size_t>(-i) - 1] : Changed(seeds[random() % seeds.size()], random);
    const auto start = std::chrono::steady_clock::now();
    target.run(input);
    if (std::chrono::steady_clock::now() - start > kLongest) {
      std::fprintf(stderr, "input %d took too long\n", i);
      return 1;
    }
  }
  std::printf("%s: %d inputs from %zu seeds\n", std::string(target.name).c_str(), runs, seeds.size());
  return 0;
}

}  // namespace
}  // namespace calotype

int main(int count, char** arguments) {
  const calotype::FuzzTarget* const target = count > 2 ? calotype::FindFuzzTarget(arguments[1]) : nullptr;
  if (target == nullptr) {
    std::fputs("usage: fuzz_smoke TARGET ROUNDS FILE...\n", stderr);
    return 2;
  }
  calotype::SetLogSink([](const auto&...) {});
  return calotype::Run(*target, std::atoi(arguments[2]), {arguments + 3, arguments + count});
}
