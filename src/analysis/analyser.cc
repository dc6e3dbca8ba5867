#include "analysis/analyser.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace calotype {
namespace {

using Analysers = std::vector<std::unique_ptr<Analyser>>;

// Analysers that one model makes.
struct OneModelAnalyser {
  std::string_view task;
  StatusOr<std::unique_ptr<Analyser>> (*create)(const ModelSpec& model, ModelCache& cache);
};

constexpr std::array kOneModelAnalysers = {
    OneModelAnalyser{"objects", CreateObjectAnalyser},
    OneModelAnalyser{"embed.image", CreateEmbeddingAnalyser},
    OneModelAnalyser{"faces.detect", CreateFaceDetector},
    OneModelAnalyser{"faces.recognise", CreateFaceRecogniser},
};

Status AddTextAnalyser(const Pack& pack, ModelCache& cache, Analysers& analysers) {
  const ModelSpec* const detector = pack.Find("ocr.detect");
  const ModelSpec* const recogniser = pack.Find("ocr.recognise");
  if (detector == nullptr && recogniser == nullptr) {
    return absl::OkStatus();
  }
  if (detector == nullptr || recogniser == nullptr) {
    return absl::InvalidArgumentError(fmt::format("pack {} has a model for {} but none for {}: text needs both",
                                                  pack.name, detector == nullptr ? "ocr.recognise" : "ocr.detect",
                                                  detector == nullptr ? "ocr.detect" : "ocr.recognise"));
  }
  CALOTYPE_ASSIGN_OR_RETURN(auto analyser, CreateTextAnalyser(*detector, *recogniser, pack.Find("ocr.orient"), cache));
  analysers.push_back(std::move(analyser));
  return absl::OkStatus();
}

bool HasAll(const Analysers& analysers, std::span<const std::string_view> names) {
  return std::ranges::all_of(names, [&](std::string_view name) {
    return std::ranges::any_of(analysers, [name](const auto& analyser) { return analyser->name() == name; });
  });
}

}  // namespace

StatusOr<Analysers> OrderByNeeds(Analysers analysers) {
  Analysers ordered;
  while (!analysers.empty()) {
    const auto next =
        std::ranges::find_if(analysers, [&](const auto& analyser) { return HasAll(ordered, analyser->needs()); });
    if (next == analysers.end()) {
      return absl::InvalidArgumentError(fmt::format("the analysis {} needs {}; add the missing models to the pack",
                                                    analysers.front()->name(),
                                                    fmt::join(analysers.front()->needs(), ", ")));
    }
    ordered.push_back(std::move(*next));
    analysers.erase(next);
  }
  return ordered;
}

StatusOr<Analysers> CreateAnalysers(const Pack& pack, ModelCache& cache) {
  Analysers analysers;
  for (const OneModelAnalyser& kind : kOneModelAnalysers) {
    if (const ModelSpec* const model = pack.Find(kind.task)) {
      CALOTYPE_ASSIGN_OR_RETURN(auto analyser, kind.create(*model, cache));
      analysers.push_back(std::move(analyser));
    }
  }
  CALOTYPE_RETURN_IF_ERROR(AddTextAnalyser(pack, cache, analysers));
  analysers.push_back(CreatePdqAnalyser());
  return OrderByNeeds(std::move(analysers));
}

}  // namespace calotype
