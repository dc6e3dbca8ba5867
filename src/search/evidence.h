// Makes the scores of different sources comparable: each becomes the estimated probability that the photo is a right
// answer, from 0 to 1. docs/query.md has the table.
#pragma once

#include <cstddef>

namespace calotype {

// A photo with at least this evidence is a confident hit, the others are less certain.
inline constexpr double kConfidentEvidence = 0.5;

// Takes the cosine between the embedding of the words and that of the photo. A cosine that equals the encoder's
// `confident_score` gives 0.5.
double MeaningEvidence(float cosine, float confident_score);

// An object or a tag whose label has a word of the query, with the score of the model.
double ObjectEvidence(float score);
double TagEvidence(float score);

// Recognised text with `found` of the `words` words (at least 1) of the query.
double TextEvidence(std::size_t found, std::size_t words);

// File and folder names with all words.
inline constexpr double kNameEvidence = 0.8;

// The evidence of two independent sources together: wrong only if both are.
constexpr double Together(double a, double b) { return 1 - (1 - a) * (1 - b); }

}  // namespace calotype
