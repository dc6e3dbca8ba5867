"""Object detection: MobileNetV3-CenterNet, with the decoding inside the graph.

images [N, 3, 512, 512], RGB 0..1  ->  output0 [N, 100, 6]: x1, y1, x2, y2, score, COCO class, in pixels of the 512
frame, best first. Class-wise non-maximum suppression is left to the caller.
"""

from __future__ import annotations

import onnx
from onnx import TensorProto

from .onnx_graph import GraphBuilder
from .tfjs_convert import NCHW, TfjsConverter
from .tfjs_model import TfjsModel

_SIZE = 512
_STRIDE = 4
_CLASSES = 80
_DETECTIONS = 100


def build(model: TfjsModel) -> onnx.ModelProto:
    graph = GraphBuilder("mobilenetv3_centernet_coco")
    images = graph.input("images", ["N", 3, _SIZE, _SIZE])
    # The network takes 0..255 and normalises in its first convolution.
    network = TfjsConverter(model, graph, graph.node("Mul", [images, graph.floats(255)]))
    heat = network.tensor("tower_0/keypoints", NCHW)  # [N, 80, 128, 128], after the sigmoid
    sides = network.tensor("tower_0/wh", NCHW)  # [N, 4, 128, 128], distances to left, top, right, bottom, in pixels
    graph.output(decoded(graph, heat, sides, _CLASSES, _SIZE // _STRIDE), "output0", ["N", _DETECTIONS, 6])
    return graph.model()


def decoded(graph: GraphBuilder, heat: str, sides: str, classes: int, grid: int) -> str:
    """Returns rows [N, 100, 6], decoded from maps of `grid` x `grid` cells."""
    scores, labels, cells = _peaks(graph, heat, classes, grid * grid)
    near, far = _corners(graph, sides, cells, grid)
    columns = graph.node("Concat", [near, far, _row(graph, scores), _row(graph, labels)], axis=1)
    return graph.node("Transpose", [columns], perm=[0, 2, 1])


def _peaks(graph: GraphBuilder, heat: str, classes: int, cells: int) -> tuple[str, str, str]:
    """Returns the best local maxima of the heat map: score, class (as float) and cell, each [N, 100]."""
    highest = graph.node("MaxPool", [heat], kernel_shape=[3, 3], strides=[1, 1], pads=[1, 1, 1, 1])
    is_peak = graph.node("Cast", [graph.node("Equal", [heat, highest])], to=TensorProto.FLOAT)
    peaks = graph.node("Reshape", [graph.node("Mul", [heat, is_peak]), graph.ints(0, classes * cells)])
    scores, places = graph.nodes("TopK", [peaks, graph.ints(_DETECTIONS)], 2, axis=1)
    labels = graph.node("Cast", [graph.node("Div", [places, graph.index(cells)])], to=TensorProto.FLOAT)
    return scores, labels, graph.node("Mod", [places, graph.index(cells)])


def _corners(graph: GraphBuilder, sides: str, cells: str, grid: int) -> tuple[str, str]:
    """Returns top left and bottom right, each [N, 2, 100]. The centre is the cell's corner, without half a cell added."""
    flat = graph.node("Reshape", [sides, graph.ints(0, 4, grid * grid)])
    where = graph.node("Expand", [_row(graph, cells), graph.ints(1, 4, 1)])
    near, far = graph.nodes("Split", [graph.node("GatherElements", [flat, where], axis=2), graph.ints(2, 2)], 2, axis=1)
    x, y = (_row(graph, graph.node(op, [cells, graph.index(grid)])) for op in ("Mod", "Div"))
    centre = graph.node("Cast", [graph.node("Concat", [x, y], axis=1)], to=TensorProto.FLOAT)
    centre = graph.node("Mul", [centre, graph.floats(_STRIDE)])
    return graph.node("Sub", [centre, near]), graph.node("Add", [centre, far])


def _row(graph: GraphBuilder, value: str) -> str:
    """[N, 100] -> [N, 1, 100]"""
    return graph.node("Unsqueeze", [value, graph.ints(1)])
