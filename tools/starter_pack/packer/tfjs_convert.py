"""TensorFlow.js graph model -> ONNX nodes.

TensorFlow's images are NHWC, ONNX's are NCHW. Each TensorFlow tensor is known by its ONNX name and a layout: dimension
i of the ONNX tensor is dimension layout[i] of the TensorFlow one. A convolution gives layout NCHW, an element-wise
operation keeps the layout of what it reads, and a Transpose node is written only where a shape is taken literally.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from .onnx_graph import GraphBuilder
from .tfjs_model import Node, TfjsModel

Layout = tuple[int, ...]
NCHW: Layout = (0, 3, 1, 2)


@dataclass(frozen=True)
class Value:
    name: str
    layout: Layout


class TfjsConverter:
    """Writes the nodes for the wanted TensorFlow tensors into `graph`; its only input is `image`, an NCHW tensor."""

    def __init__(self, model: TfjsModel, graph: GraphBuilder, image: str) -> None:
        self.graph = graph
        self._model = model
        self._image = Value(image, NCHW)
        self._values: dict[str, Value] = {}

    def tensor(self, name: str, layout: Layout | None = None) -> str:
        """Returns the ONNX name of a TensorFlow tensor in the given layout (None: TensorFlow's order)."""
        for node in self._order(name):
            self._values[node.name] = self._convert(node)
        value = self._values[name]
        layout = layout or tuple(range(len(value.layout)))
        if value.layout == layout:
            return value.name
        return self.graph.node("Transpose", [value.name], perm=[value.layout.index(axis) for axis in layout])

    def value(self, name: str) -> Value:
        return self._values[name]

    def is_weight(self, name: str) -> bool:
        return name in self._model.weights

    def weight(self, name: str) -> np.ndarray:
        if name not in self._model.weights:
            raise ValueError(f"{name} is computed; expected a constant")
        return self._model.weights[name]

    def _order(self, name: str) -> list[Node]:
        """Returns the nodes to convert for `name`, each after its inputs. Uses a stack, because graphs are deep."""
        order: dict[str, Node] = {}
        stack = [name]
        while stack:
            node = self._model.nodes[stack[-1]]
            missing = [i for i in node.inputs if not (i in order or i in self._values or self.is_weight(i))]
            if missing:
                stack += missing
                continue
            stack.pop()
            if node.name not in self._values:
                order[node.name] = node
        return list(order.values())

    def _convert(self, node: Node) -> Value:
        if node.op == "Placeholder":
            return self._image
        if node.op not in OPERATIONS:
            raise NotImplementedError(f"TensorFlow operation {node.op} ({node.name})")
        return OPERATIONS[node.op](self, node)


def _convolution(c: TfjsConverter, node: Node) -> Value:
    depthwise = "Depthwise" in node.op
    kernel = c.weight(node.inputs[1])
    if depthwise:  # [h, w, in, multiplier] -> [in * multiplier, 1, h, w]
        height, width, channels, multiplier = kernel.shape
        weights = kernel.transpose(2, 3, 0, 1).reshape(channels * multiplier, 1, height, width)
    else:  # [h, w, in, out] -> [out, in, h, w]
        channels, weights = 1, kernel.transpose(3, 2, 0, 1)
    inputs = [c.tensor(node.inputs[0], NCHW), c.graph.constant(weights)]
    fused = node.attributes.get("fused_ops", [])
    if "BiasAdd" in fused:
        inputs.append(c.graph.constant(c.weight(node.inputs[2])))
    result = c.graph.node(
        "Conv",
        inputs,
        kernel_shape=list(weights.shape[2:]),
        strides=node.attributes["strides"][1:3],
        dilations=(node.attributes.get("dilations") or [1, 1, 1, 1])[1:3],
        group=channels,
        **_padding(node),
    )
    return Value(_activated(c.graph, result, [f for f in fused if f != "BiasAdd"]), NCHW)


def _padding(node: Node) -> dict[str, object]:
    padding = node.attributes["padding"]
    if padding == "EXPLICIT":
        pads = node.attributes["explicit_paddings"]  # begin and end of N, H, W, C
        return {"pads": [pads[2], pads[4], pads[3], pads[5]]}
    return {"auto_pad": {"SAME": "SAME_UPPER", "VALID": "VALID"}[padding]}


def _activated(graph: GraphBuilder, value: str, activations: list[str]) -> str:
    for activation in activations:
        if activation == "Relu":
            value = graph.node("Relu", [value])
        elif activation == "Relu6":
            value = graph.node("Clip", [value, graph.floats(0), graph.floats(6)])
        else:
            raise NotImplementedError(f"fused activation {activation}")
    return value


def _unary(c: TfjsConverter, node: Node) -> Value:
    source = c.value(node.inputs[0])
    if node.op in ("Relu", "Relu6"):
        return Value(_activated(c.graph, source.name, [node.op]), source.layout)
    return Value(c.graph.node(node.op, [source.name]), source.layout)


def _binary(c: TfjsConverter, node: Node) -> Value:
    op = {"AddV2": "Add", "Maximum": "Max", "Minimum": "Min"}.get(node.op, node.op)
    layouts = [c.value(name).layout for name in node.inputs if not c.is_weight(name)]
    layout = max(layouts, key=len)
    operands = [_operand(c, name, layout) for name in node.inputs]
    return Value(c.graph.node(op, operands), layout)


def _operand(c: TfjsConverter, name: str, layout: Layout) -> str:
    if not c.is_weight(name):
        return c.tensor(name, layout)
    constant = c.weight(name)
    if constant.ndim:  # broadcasting aligns the last dimensions, so add missing ones in front before moving axes
        constant = constant.reshape((1,) * (len(layout) - constant.ndim) + constant.shape).transpose(layout)
    return c.graph.constant(constant)


def _max_pool(c: TfjsConverter, node: Node) -> Value:
    window, strides = node.attributes["ksize"][1:3], node.attributes["strides"][1:3]
    source = c.tensor(node.inputs[0], NCHW)
    return Value(c.graph.node("MaxPool", [source], kernel_shape=window, strides=strides, **_padding(node)), NCHW)


def _pad(c: TfjsConverter, node: Node) -> Value:
    source, pads = c.value(node.inputs[0]), c.weight(node.inputs[1])
    amounts = [int(pads[axis][end]) for end in (0, 1) for axis in source.layout]
    return Value(c.graph.node("Pad", [source.name, c.graph.ints(*amounts)]), source.layout)


def _concat(c: TfjsConverter, node: Node) -> Value:
    *parts, axis = node.inputs
    layout = c.value(parts[0]).layout
    tensors = [c.tensor(part, layout) for part in parts]
    position = layout.index(int(c.weight(axis)) % len(layout))
    return Value(c.graph.node("Concat", tensors, axis=position), layout)


def _reshape(c: TfjsConverter, node: Node) -> Value:
    shape = [int(size) for size in c.weight(node.inputs[1])]
    if len(shape) < 2 or shape[0] not in (1, -1):
        raise NotImplementedError(f"reshape that touches the batch: {node.name} to {shape}")
    target = c.graph.ints(0, *shape[1:])  # 0 keeps the existing size, so the batch size stays free
    return Value(c.graph.node("Reshape", [c.tensor(node.inputs[0]), target]), tuple(range(len(shape))))


def _mean(c: TfjsConverter, node: Node) -> Value:
    source = c.value(node.inputs[0])
    axes = [int(axis) % len(source.layout) for axis in np.atleast_1d(c.weight(node.inputs[1]))]
    keep = bool(node.attributes.get("keep_dims", False))
    positions = c.graph.ints(*sorted(source.layout.index(axis) for axis in axes))
    result = c.graph.node("ReduceMean", [source.name, positions], keepdims=int(keep))
    if keep:
        return Value(result, source.layout)
    left = [axis for axis in source.layout if axis not in axes]
    return Value(result, tuple(sorted(left).index(axis) for axis in left))


def _resize(c: TfjsConverter, node: Node) -> Value:
    if node.attributes.get("half_pixel_centers"):
        mode = "half_pixel"
    else:
        mode = "align_corners" if node.attributes.get("align_corners") else "asymmetric"
    sizes = c.graph.ints(*(int(size) for size in c.weight(node.inputs[1])))
    inputs = [c.tensor(node.inputs[0], NCHW), "", "", sizes]
    return Value(c.graph.node("Resize", inputs, mode="linear", coordinate_transformation_mode=mode, axes=[2, 3]), NCHW)


def _identity(c: TfjsConverter, node: Node) -> Value:
    return c.value(node.inputs[0])


OPERATIONS: dict[str, Callable[[TfjsConverter, Node], Value]] = {
    "Conv2D": _convolution,
    "_FusedConv2D": _convolution,
    "DepthwiseConv2dNative": _convolution,
    "FusedDepthwiseConv2dNative": _convolution,
    "Relu": _unary,
    "Relu6": _unary,
    "Sigmoid": _unary,
    "Add": _binary,
    "AddV2": _binary,
    "Sub": _binary,
    "Mul": _binary,
    "Maximum": _binary,
    "Minimum": _binary,
    "MaxPool": _max_pool,
    "Pad": _pad,
    "ConcatV2": _concat,
    "Reshape": _reshape,
    "Mean": _mean,
    "ResizeBilinear": _resize,
    "Identity": _identity,
}
