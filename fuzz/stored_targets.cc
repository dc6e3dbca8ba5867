#include <unistd.h>

#include <array>
#include <filesystem>
#include <string>
#include <vector>

#include "analysis/findings.h"
#include "base/file.h"
#include "catalog/kept_findings.h"
#include "inference/placement/device_store.h"
#include "pipeline/in_flight.h"
#include "pipeline/progress_file.h"
#include "search/vector_index/vector_index.h"
#include "targets.h"

namespace calotype {
namespace {

namespace fs = std::filesystem;

// A folder in memory of this process.
const fs::path& Folder() {
  static const fs::path folder = [] {
    fs::path path = fs::path("/dev/shm") / ("calotype-fuzz-" + std::to_string(getpid()));
    fs::create_directories(path / "index");
    std::atexit([] {
      std::error_code ignored;
      fs::remove_all(Folder(), ignored);
    });
    return path;
  }();
  return folder;
}

}  // namespace

// The first byte chooses the analysis.
void FuzzFindings(std::span<const uint8_t> data) {
  constexpr std::array<std::string_view, 6> kAnalyses = {"objects", "embedding",    "text",
                                                         "pdq",     "faces.detect", "faces.recognise"};
  if (!data.empty()) {
    const std::string_view analysis = kAnalyses[data[0] % kAnalyses.size()];
    if (const StatusOr<Findings> findings = UnpackFindings(analysis, data.subspan(1)); findings.ok()) {
      PackFindings(analysis, *findings);
    }
  }
}

// The first two bytes are the lengths of the files gone and mean, in units of eight bytes; then come these files, then
// as many bytes of codes as are left, half of them also as vectors.
void FuzzVectorIndex(std::span<const uint8_t> data) {
  constexpr std::size_t kUnit = 8;
  constexpr std::size_t kDimension = 64;
  if (data.size() < 2) {
    return;
  }
  std::span<const uint8_t> rest = data.subspan(2);
  const auto take = [&rest](std::size_t bytes) {
    const std::span<const uint8_t> taken = rest.first(std::min(bytes, rest.size()));
    rest = rest.subspan(taken.size());
    return taken;
  };
  const fs::path folder = Folder() / "index";
  const std::span<const uint8_t> gone = take(kUnit * data[0]);
  const std::span<const uint8_t> mean = take(kUnit * data[1]);
  const std::span<const uint8_t> vectors = rest.last(rest.size() / 2);
  WriteFileAtomically(folder / "gone", gone).IgnoreError();
  WriteFileAtomically(folder / "mean", mean).IgnoreError();
  WriteFileAtomically(folder / "codes", rest).IgnoreError();
  WriteFileAtomically(folder / "vectors", vectors).IgnoreError();
  if (const auto index = VectorIndex::Open(folder, kDimension, "library"); index.ok()) {
    const std::vector<float> query(kDimension, 0.125F);
    (*index)->Nearest(query, 10, -1, {}).IgnoreError();
  }
}

void FuzzStateFiles(std::span<const uint8_t> data) {
  const fs::path file = Folder() / "state";
  WriteFileAtomically(file, data).IgnoreError();
  ReadProgress(file);
  DeviceStore(file).FindTrial("key");
  TakeCasualties(file);  // deletes it
}

}  // namespace calotype
