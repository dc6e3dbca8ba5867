// Shared by the three networks of text recognition: one image tensor as input, one tensor of numbers as output.
#pragma once

#include <string_view>

#include "analysis/image_ops.h"
#include "base/status.h"
#include "inference/engine.h"
#include "models/pack.h"

namespace calotype {

// True for an engine on the CPU that prepares itself for each input shape: a run of PP-OCR's recogniser with a new
// shape takes as long as two with a known one in OpenVINO, and no longer in ONNX Runtime.
bool PreparesForShapes(const Session& session);

// Runs `session` on its one input and returns its one output, whatever their names: float32 [batch.dim(0), ...] with
// `rank` dimensions. Returns kInvalidArgument when the graph's inputs or outputs differ from that.
StatusOr<Tensor> RunNetwork(Session& session, const Tensor& batch, std::size_t rank);

// The integer parameter `key`, or `fallback` when it is missing. Returns kInvalidArgument when it is not in
// least..most.
StatusOr<int> IntBetween(const ModelParams& params, std::string_view key, int least, int most, int fallback);
StatusOr<double> NumberBetween(const ModelParams& params, std::string_view key, double least, double most,
                               double fallback);

// Reads `mean` and `std` on a scale of 0 to 1: one number for all channels, or three in BGR order. The default is one
// half, as in PP-OCR's recognisers and RapidOCR.
StatusOr<Normalisation> ReadPaddleNormalisation(const ModelParams& params);

}  // namespace calotype
