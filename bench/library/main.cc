// library_bench SECTION FOLDER [COUNT [DIMENSION]]: measures a large library made by a seeded generator.
#include <fmt/format.h>

#include <array>
#include <cstdlib>
#include <string_view>

#include "sections.h"

namespace calotype::bench {
namespace {

struct Section {
  std::string_view name;
  Status (*run)(const Options& options);
};
constexpr std::array kSections = {Section{"vectors", BenchVectors}, Section{"words", BenchWords},
                                  Section{"hashes", BenchHashes},   Section{"hnsw", BenchHnsw},
                                  Section{"people", BenchPeople},   Section{"library", BenchLibrary},
                                  Section{"text", BenchText},       Section{"alike", BenchAlike}};

int Run(int argc, char** argv) {
  for (const Section& section : kSections) {
    if (argc >= 3 && argv[1] == section.name) {
      Options options{.folder = argv[2]};
      if (argc > 3) {
        options.count = std::strtoll(argv[3], nullptr, 10);
      }
      if (argc > 4) {
        options.dimension = std::strtoull(argv[4], nullptr, 10);
      }
      const Status status = section.run(options);
      if (!status.ok()) {
        fmt::print(stderr, "library_bench: {}\n", Message(status));
      }
      return ExitStatus(status);
    }
  }
  fmt::print(stderr, "usage: library_bench SECTION FOLDER [COUNT [DIMENSION]]; sections:");
  for (const Section& section : kSections) {
    fmt::print(stderr, " {}", section.name);
  }
  fmt::print(stderr, "\n");
  return 2;
}

}  // namespace

void Tell(const std::string& name, double value, const std::string& unit) {
  fmt::print("{}\t{:.4g}\t{}\n", name, value, unit);
  std::fflush(stdout);
}

}  // namespace calotype::bench

int main(int argc, char** argv) { return calotype::bench::Run(argc, argv); }
