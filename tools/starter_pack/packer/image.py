"""Image embeddings in the space of text (ConSE): classify, then mix the label vectors of the most likely classes.

pixel_values [N, 3, 224, 224]  ->  image_embedding [N, 384] of length 1, class_probs [N, 1000].
"""

from __future__ import annotations

import numpy as np
import onnx

from . import efficientnet
from .onnx_graph import GraphBuilder, l2_normalised

# Softens the overconfident classifier; with the ten best classes, this gave the best search of all variants tried.
_TEMPERATURE = 1.6
_MIXED_CLASSES = 10


def build(weights: efficientnet.Weights, label_vectors: np.ndarray) -> onnx.ModelProto:
    graph = GraphBuilder("efficientnet_lite0_conse")
    pixels = graph.input("pixel_values", ["N", 3, 224, 224])
    logits = efficientnet.add_logits(graph, weights, pixels)
    softened = graph.node("Div", [logits, graph.floats(_TEMPERATURE)])
    probabilities = graph.node("Softmax", [softened], axis=1)
    graph.output(mixture(graph, probabilities, label_vectors), "image_embedding", ["N", label_vectors.shape[1]])
    graph.output(probabilities, "class_probs", ["N", label_vectors.shape[0]])
    return graph.model()


def mixture(graph: GraphBuilder, probabilities: str, label_vectors: np.ndarray) -> str:
    best, classes = graph.nodes("TopK", [probabilities, graph.ints(_MIXED_CLASSES)], 2, axis=1)
    vectors = graph.node("Gather", [graph.constant(label_vectors), classes], axis=0)  # [N, 10, 384]
    weighted = graph.node("Mul", [vectors, graph.node("Unsqueeze", [best, graph.ints(2)])])
    return l2_normalised(graph, graph.node("ReduceSum", [weighted, graph.ints(1)], keepdims=0))
