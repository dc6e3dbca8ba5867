#include "search/evidence.h"

#include <cmath>

namespace calotype {
namespace {

double Logistic(double x) { return 1 / (1 + std::exp(-x)); }

}  // namespace

// The constants were fitted by maximum likelihood to results of the starter pack over the samples, each rounded:
//   meaning  the 1,000 pairs of the 25 questions of the half "tune" of bench/quality/questions.tsv and the 40 samples:
//            Logistic(14 * (cosine - 0.53)). The pack states 0.53 as its confident score for other reasons. The slope
//            is taken relative to that score, because encoders differ in the range of their cosines.
//   objects  the 27 labels that were found, right or wrong by bench/quality/starter_truth.tsv
//   tags     seven labels from 0.3 to 0.5, of which six were right: too few for a fit; the curve passes through them
// Text with all words is right unless characters were misread (4.3 % of Latin ones, bench/quality/README.md). With a
// part of the words it falls steeply, so that pages of text do not outrank photos.

double MeaningEvidence(float cosine, float confident_score) {
  constexpr double kSlope = 7.4;  // 14 * 0.53
  return Logistic(kSlope * (cosine / confident_score - 1));
}

double ObjectEvidence(float score) {
  constexpr double kSlope = 18;
  constexpr double kHalf = 0.44;
  return Logistic(kSlope * (score - kHalf));
}

double TagEvidence(float score) {
  constexpr double kSlope = 8;
  constexpr double kHalf = 0.2;
  return Logistic(kSlope * (score - kHalf));
}

double TextEvidence(std::size_t found, std::size_t words) {
  constexpr double kAllWords = 0.95;
  constexpr double kSteepness = 3;
  return kAllWords * std::pow(static_cast<double>(found) / static_cast<double>(words), kSteepness);
}

}  // namespace calotype
