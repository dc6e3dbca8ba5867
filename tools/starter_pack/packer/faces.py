"""Faces: the embedding network and the freely licensed detector, both from TensorFlow.js models."""

from __future__ import annotations

import numpy as np
import onnx

from .onnx_graph import GraphBuilder, l2_normalised
from .tfjs_convert import TfjsConverter
from .tfjs_model import TfjsModel

# The training means of VGGFace2 networks, in BGR order.
_BGR_MEAN = (103.939, 116.779, 123.68)


def build_embedding(model: TfjsModel) -> onnx.ModelProto:
    """face [N, 3, 224, 224], RGB 0..255, aligned  ->  embedding [N, 1024] of length 1."""
    graph = GraphBuilder("hse_faceres_deep")
    face = graph.input("face", ["N", 3, 224, 224])
    bgr = graph.node("Gather", [face, graph.ints(2, 1, 0)], axis=1)
    mean = graph.constant(np.array(_BGR_MEAN, np.float32).reshape(1, 3, 1, 1))
    network = TfjsConverter(model, graph, graph.node("Sub", [bgr, mean]))
    pooled = network.tensor("global_pooling/Mean")
    graph.output(l2_normalised(graph, pooled), "embedding", ["N", 1024])
    return graph.model()


def build_blazeface(model: TfjsModel) -> onnx.ModelProto:
    """image [N, 3, 256, 256], RGB x / 127.5 - 1  ->  for 16x16x2, then 8x8x6 anchors: a logit, 16 numbers.

    The numbers are in pixels: centre from the anchor, width, height, then six points from the anchor.
    """
    graph = GraphBuilder("blazeface_back")
    network = TfjsConverter(model, graph, graph.input("image", ["N", 3, 256, 256]))
    graph.output(network.tensor("Identity"), "logits_16", ["N", 512, 1])
    graph.output(network.tensor("Identity_2"), "boxes_16", ["N", 512, 16])
    graph.output(network.tensor("Identity_3"), "boxes_8", ["N", 384, 16])
    graph.output(network.tensor("Identity_1"), "logits_8", ["N", 384, 1])
    return graph.model()
