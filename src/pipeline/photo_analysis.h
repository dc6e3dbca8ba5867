// Runs the analysers on one photo, in the order that they declare.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "analysis/analyser.h"
#include "analysis/photo_result.h"
#include "base/status.h"
#include "photo/decode.h"

namespace calotype {

// Analysers in an order in which each comes after those that it needs, as CreateAnalysers returns them. Thread-safe.
class PhotoAnalysis {
 public:
  explicit PhotoAnalysis(std::vector<std::unique_ptr<Analyser>> analysers);

  // Keeps only the analysers named in `only` and those that they need; "faces" selects all "faces.*". An empty `only`
  // keeps all. kInvalidArgument for an unknown name; the message lists the known ones.
  Status Restrict(std::span<const std::string> only);

  // The version of decoding, then that of each analyser.
  std::vector<AnalysisVersion> Versions() const;

  // `call` is called once, before the first photo is analysed, and must not block for long. Set it before the first
  // Run().
  void OnFirstPhoto(std::function<void()> call) { on_first_photo_ = std::move(call); }

  // Returns the analysers to run for a photo whose `pending` analyses are pending. A pending decode means all. With an
  // analyser run those that it needs and those that need it, because their findings are replaced together.
  std::vector<std::string> Closure(std::span<const std::string> pending) const;

  // Returns those of `names` that analyse each page of a document (Analyser::reads_all_pages).
  std::vector<std::string> OfAllPages(std::span<const std::string> names) const;

  // Runs the analysers `names` on the photo. Each adds its outcome to `result`, and its findings when it succeeds. An
  // error of an analyser, or an exception of a library, becomes its outcome.
  void Run(const DecodedPhoto& photo, std::span<const std::string> names, PhotoResult& result) const;

  // Records that the photo could not be decoded: kDecodeAnalysis failed, the analyses `names` are skipped.
  void RecordUndecodable(const Status& reason, std::span<const std::string> names, PhotoResult& result) const;

 private:
  std::vector<std::string> KnownNames() const;
  // Its own version and those of the analysers that it needs: other face detections give other embeddings.
  std::string VersionOf(const Analyser& analyser) const;
  AnalysisOutcome RunOne(Analyser& analyser, const PhotoView& view, PhotoResult& result) const;

  std::vector<std::unique_ptr<Analyser>> analysers_;
  std::function<void()> on_first_photo_;
  mutable std::once_flag first_photo_;
};

// True for errors that may not occur again (a busy device, too little memory, a disk that did not respond); false for
// those caused by the photo itself, the models or the settings.
bool IsRetryable(absl::StatusCode code);

// The version under which decoding is stored; raise it when a change to decoding changes findings.
inline constexpr std::string_view kDecodeVersion = "1";

}  // namespace calotype
