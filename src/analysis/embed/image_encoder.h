// The ways in which photos become vectors, one for each family.
#pragma once

#include <memory>

#include "analysis/findings.h"
#include "base/status.h"
#include "inference/engine.h"
#include "models/pack.h"
#include "photo/image.h"

namespace calotype {

// Immutable, so safe from many threads.
class ImageEncoder {
 public:
  virtual ~ImageEncoder() = default;
  // kInvalidArgument when the graph is none of its family, or there is no picture.
  virtual StatusOr<EmbeddingFinding> Encode(Session& session, const Image& photo) const = 0;
};

// "conse": a classifier whose classes have vectors of words; gives tags too.
StatusOr<std::shared_ptr<const ImageEncoder>> ReadConseEncoder(const ModelSpec& encoder);

// "clip" and "siglip": trained so that photos and their captions have the same vectors; no tags. Pixels and text may be
// inputs of one graph.
StatusOr<std::shared_ptr<const ImageEncoder>> ReadContrastiveEncoder(const ModelSpec& encoder);

}  // namespace calotype
