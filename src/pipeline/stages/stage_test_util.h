// For the tests of the stages: photos, analyses and tools.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/file.h"
#include "base/temporary_folder.h"
#include "photo/encode.h"
#include "pipeline/fake_analysers.h"
#include "pipeline/process_photo.h"
#include "pipeline/scan_state.h"

namespace calotype {

// Writes a JPEG of 32 x 24 pixels in one shade of grey.
inline void WritePhoto(const std::filesystem::path& path, uint8_t shade) {
  Image image(32, 24);
  std::fill(image.pixels().begin(), image.pixels().end(), shade);
  std::filesystem::create_directories(path.parent_path());
  EXPECT_TRUE(WriteFileAtomically(path, *EncodeJpeg(image, 90)).ok());
}

// One analyser called "objects".
inline PhotoAnalysis ObjectsAnalysis(FakeAnalyser::Act act = FindOneObject) {
  std::vector<std::unique_ptr<Analyser>> analysers;
  analysers.push_back(std::make_unique<FakeAnalyser>("objects", std::vector<std::string_view>{}, std::move(act)));
  return PhotoAnalysis(std::move(analysers));
}

// The failures that were reported to `state`, as "analysis path: reason".
inline std::vector<std::string> FailuresOf(ScanState& state) {
  std::vector<std::string> failures;
  state.Deliver([&](const ScanEvent& event) {
    const auto& failure = std::get<ScanFailure>(event);
    failures.push_back(failure.analysis + " " + failure.path + ": " + failure.reason);
  });
  return failures;
}

}  // namespace calotype
