// One photo through the analysers, in the order that they declare.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "analysis/analyser.h"
#include "base/status.h"
#include "catalog/catalog.h"
#include "photo/decode.h"

namespace calotype {

// Analysers in an order in which needs() are met, as CreateAnalysers answers them. Thread-safe.
class PhotoAnalysis {
 public:
  explicit PhotoAnalysis(std::vector<std::unique_ptr<Analyser>> analysers);

  // Keeps only the analysers named in `only` and those that they need; "faces" stands for every "faces.…". All of them
  // when `only` is empty. kInvalidArgument names an unknown one and the known ones.
  Status Restrict(std::span<const std::string> only);

  // Decoding first, then each analyser.
  std::vector<AnalysisVersion> Versions() const;

  // Called once, when the first photo is about to be analysed; must not block for long. Set before the first Run().
  void OnFirstPhoto(std::function<void()> call) { on_first_photo_ = std::move(call); }

  // The names to run for a photo of which `pending` are pending: a pending decode means all; an analyser runs with what
  // it needs and with what needs it, since findings are replaced whole.
  std::vector<std::string> Closure(std::span<const std::string> pending) const;

  // Runs the analysers named in `names` on the photo. Each adds its outcome and, when done, its findings. Never fails:
  // an analyser's error, or an exception of a library, is that analyser's outcome.
  void Run(const DecodedPhoto& photo, std::span<const std::string> names, PhotoResult& result) const;

  // Books that the photo could not be decoded: `decode` failed, the analyses `names` are skipped.
  void BookUndecodable(const Status& reason, std::span<const std::string> names, PhotoResult& result) const;

 private:
  // Its own version and those of what it needs: other faces have other embeddings.
  std::string VersionOf(const Analyser& analyser) const;
  AnalysisOutcome RunOne(Analyser& analyser, const PhotoView& view, PhotoResult& result) const;

  std::vector<std::unique_ptr<Analyser>> analysers_;
  std::function<void()> on_first_photo_;
  mutable std::once_flag first_photo_;
};

// The version under which decoding is booked; raised when decoding changes in a way that findings would notice.
inline constexpr std::string_view kDecodeVersion = "1";

}  // namespace calotype
