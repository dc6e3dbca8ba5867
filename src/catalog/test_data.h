// For tests of the catalogue and of its users: a temporary folder and small findings.
#pragma once

#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "catalog/catalog.h"

namespace calotype {

// A temporary folder, deleted by the destructor. It is in memory if the system offers that: small databases spend most
// of their time waiting for the disk.
class TempFolder {
 public:
  TempFolder() {
    const bool has_memory = std::filesystem::is_directory("/dev/shm");
    std::string pattern = ((has_memory ? std::filesystem::path("/dev/shm") : std::filesystem::temp_directory_path()) /
                           "calotype-test-XXXXXX")
                              .string();
    path_ = mkdtemp(pattern.data());
  }
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;
  ~TempFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

// The message of the error, if there is one.
template <typename T>
std::string Message(const StatusOr<T>& result) {
  return Message(result.status());
}

#define CALOTYPE_ASSERT_OK(expression) ASSERT_EQ(::calotype::Message(expression), "")

// The value of a StatusOr. If it has an error, prints the message and ends the test's process.
template <typename T>
T Value(StatusOr<T> result) {
  if (!result.ok()) {
    std::fputs(Message(result.status()).c_str(), stderr);
    std::abort();
  }
  return *std::move(result);
}

inline Sha256Digest DigestOf(std::string_view text) {
  return Sha256({reinterpret_cast<const uint8_t*>(text.data()), text.size()});
}

inline FileStamp StampOf(int64_t size) { return {.size = size, .mtime_ns = 1'700'000'000'000'000'000 + size}; }

inline AnalysisOutcome Done(std::string_view analysis) {
  return {.analysis = std::string(analysis),
          .version = "v1",
          .state = AnalysisState::kDone,
          .reason = "",
          .device = "cpu",
          .milliseconds = 12.5};
}

inline AnalysisOutcome Failed(std::string_view analysis, std::string_view reason) {
  AnalysisOutcome outcome = Done(analysis);
  outcome.state = AnalysisState::kFailed;
  outcome.reason = reason;
  return outcome;
}

inline FaceFinding FaceAt(float x, std::vector<float> embedding) {
  return {.score = 0.9F,
          .box = {x, 10, 40, 50},
          .landmarks = {{{x + 10, 20}, {x + 30, 20}, {x + 20, 30}, {x + 12, 45}, {x + 28, 45}}},
          .embedding = std::move(embedding)};
}

inline TextFinding LineOf(std::string_view text) {
  return {.text = std::string(text), .score = 0.95F, .quad = {{{1, 2}, {30, 2}, {30, 12}, {1, 12}}}};
}

// Findings of each kind: a dog and two cats, a tag, a vector, two lines of text, two faces, a hash.
inline PhotoResult FullResult(PhotoId id) {
  PhotoResult result;
  result.id = id;
  result.properties = PhotoProperties{.format = PhotoFormat::kJpeg,
                                      .width = 640,
                                      .height = 480,
                                      .facts = {.taken_at = "2024-05-01T12:34:56+02:00",
                                                .camera = "Canon EOS R5",
                                                .lens = "RF 50mm",
                                                .orientation = 6,
                                                .gps = GpsPosition{48.2, 16.4, 171.0}}};
  result.findings.objects = {{.label = "dog", .score = 0.8F, .box = {1, 2, 3, 4}},
                             {.label = "cat", .score = 0.5F, .box = {5, 6, 7, 8}},
                             {.label = "cat", .score = 0.7F, .box = {9, 10, 11, 12}}};
  result.findings.embedding =
      EmbeddingFinding{.space = "space", .vector = {0.5F, -0.5F, 0.5F, 0.5F}, .tags = {{"Egyptian cat", 0.625F}}};
  result.findings.text = {LineOf("NO PARKING"), LineOf("at any time")};
  result.findings.text->back().page = 2;
  result.findings.faces = {FaceAt(10, {1, 0}), FaceAt(200, {0, 1})};
  result.findings.faces->back().sharpness = 0.375F;  // unknown for the first
  result.findings.pdq = PdqFinding{.hash = {1, 2, 3}, .quality = 88};
  result.outcomes = {Done(kDecodeAnalysis), Done("objects"),         Done("embedding"), Done("text"),
                     Done("faces.detect"),  Done("faces.recognise"), Done("pdq")};
  return result;
}

}  // namespace calotype
