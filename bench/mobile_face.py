"""Makes the graph of InsightFace's w600k_mbf (pack buffalo_s) with random weights, for its speed alone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

SIDE = 112
DIMENSION = 512
# MobileFaceNet of twice the width, as in arcface_torch: each stage begins with a block that halves the sides of the picture.
# Channels of the stage, number of other blocks, channels inside all its blocks: those with which the graph has as many weights
# as the released file, whose graph was not at hand (13.6 MB).
FIRST = 128
STAGES = ((128, 4, 256), (256, 6, 512), (256, 2, 512))
LAST = 512


class Graph:
    """A chain of nodes. Normalisations are part of the weights, as exporters fold them."""

    def __init__(self, seed: int) -> None:
        self.rng = np.random.default_rng(seed)
        self.nodes: list[onnx.NodeProto] = []
        self.weights: list[onnx.TensorProto] = []

    def weight(self, *shape: int, deviation: float) -> str:
        name = f"w{len(self.weights)}"
        values = self.rng.normal(0, deviation, shape).astype(np.float32)
        self.weights.append(numpy_helper.from_array(values, name))
        return name

    def add(self, kind: str, *inputs: str, **attributes: object) -> str:
        name = f"{kind}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, inputs, [name], name, **attributes))
        return name

    def convolve(self, x: str, inside: int, outside: int, side: int = 1, stride: int = 1, *, groups: int = 1,
                 padding: int = 0, activate: bool = True, gain: float = 1.3) -> str:
        """With the default `gain`, the deviation of what passes through stays about the same."""
        terms = inside // groups * side * side
        x = self.add("Conv", x, self.weight(outside, inside // groups, side, side, deviation=gain / np.sqrt(terms)),
                     self.weight(outside, deviation=0.1), group=groups, kernel_shape=[side, side],
                     strides=[stride, stride], pads=[padding] * 4)
        return self.add("PRelu", x, self.weight(outside, 1, 1, deviation=0.25)) if activate else x

    def block(self, x: str, inside: int, outside: int, wide: int, stride: int, shortcut: bool) -> str:
        """Widen, convolve each channel by itself, narrow."""
        y = self.convolve(x, inside, wide)
        y = self.convolve(y, wide, wide, 3, stride, groups=wide, padding=1)
        y = self.convolve(y, wide, outside, activate=False, gain=0.3 if shortcut else 1.0)
        return self.add("Add", x, y) if shortcut else y


def make(path: Path, seed: int) -> None:
    """112 x 112 pixels to 512 numbers, in batches of any size."""
    graph = Graph(seed)
    x = graph.convolve("input.1", 3, FIRST, 3, 2, padding=1)
    x = graph.convolve(x, FIRST, FIRST, 3, 1, groups=FIRST, padding=1)
    inside = FIRST
    for outside, blocks, wide in STAGES:
        x = graph.block(x, inside, outside, wide, 2, shortcut=False)
        for _ in range(blocks):
            x = graph.block(x, outside, outside, wide, 1, shortcut=True)
        inside = outside
    x = graph.convolve(x, inside, LAST)
    x = graph.convolve(x, LAST, LAST, SIDE // 16, groups=LAST, activate=False)
    x = graph.add("Flatten", x)
    graph.nodes.append(helper.make_node("Gemm", [x, graph.weight(DIMENSION, LAST, deviation=1 / np.sqrt(LAST)),
                                                 graph.weight(DIMENSION, deviation=0.1)], ["embedding"], "last", transB=1))
    image = helper.make_tensor_value_info("input.1", TensorProto.FLOAT, ["batch", 3, SIDE, SIDE])
    vector = helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ["batch", DIMENSION])
    made = helper.make_model(helper.make_graph(graph.nodes, "mobile_face_net", [image], [vector], graph.weights),
                             opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(made)
    onnx.save(made, str(path))
