"""Compares each converted operation with NumPy, on graphs of one or two nodes, run by ONNX's reference evaluator."""

import unittest

import numpy as np
from onnx.reference import ReferenceEvaluator

from packer.onnx_graph import GraphBuilder
from packer.tfjs_convert import TfjsConverter
from packer.tfjs_model import Node, TfjsModel

IMAGE = np.random.default_rng(0).normal(0, 1, (2, 6, 5, 3)).astype(np.float32)  # NHWC, as in TensorFlow


def _converted(nodes: list[Node], weights: dict[str, np.ndarray], wanted: str, shape: list) -> np.ndarray:
    """Returns the tensor `wanted` in TensorFlow's order, for the input IMAGE."""
    model = TfjsModel({node.name: node for node in [Node("in", "Placeholder", (), {}), *nodes]}, weights)
    graph = GraphBuilder("test")
    converter = TfjsConverter(model, graph, graph.input("image", ["N", 3, 6, 5]))
    graph.output(converter.tensor(wanted), "out", shape)
    return ReferenceEvaluator(graph.model()).run(None, {"image": IMAGE.transpose(0, 3, 1, 2)})[0]


def _convolved(image: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    """SAME padding, stride 1."""
    height, width = kernel.shape[:2]
    padded = np.pad(image, ((0, 0), (height // 2, height // 2), (width // 2, width // 2), (0, 0)))
    result = np.zeros((*image.shape[:3], kernel.shape[3]), np.float64)
    for y in range(height):
        for x in range(width):
            result += padded[:, y : y + image.shape[1], x : x + image.shape[2]] @ kernel[y, x]
    return result


class TfjsConvertTest(unittest.TestCase):
    def _check(self, node: Node, weights: dict[str, np.ndarray], expected: np.ndarray, before: list[Node] = ()) -> None:
        seen = _converted([*before, node], weights, node.name, ["N", *expected.shape[1:]])
        np.testing.assert_allclose(seen, expected, rtol=0, atol=1e-4)

    def test_convolution_with_bias_and_activation(self):
        kernel = np.random.default_rng(1).normal(0, 1, (3, 3, 3, 4)).astype(np.float32)
        bias = np.array([0.5, -1, 2, 0], np.float32)
        fused = {"fused_ops": ["BiasAdd", "Relu6"], "strides": [1, 1, 1, 1], "padding": "SAME"}
        node = Node("c", "_FusedConv2D", ("in", "k", "b"), fused)
        self._check(node, {"k": kernel, "b": bias}, np.clip(_convolved(IMAGE, kernel) + bias, 0, 6))

    def test_depthwise_convolution(self):
        kernel = np.random.default_rng(2).normal(0, 1, (3, 3, 3, 1)).astype(np.float32)
        full = np.zeros((3, 3, 3, 3), np.float32)
        for channel in range(3):
            full[:, :, channel, channel] = kernel[:, :, channel, 0]
        node = Node("c", "DepthwiseConv2dNative", ("in", "k"), {"strides": [1, 1, 1, 1], "padding": "SAME"})
        self._check(node, {"k": kernel}, _convolved(IMAGE, full))

    def test_constants_broadcast_along_the_channels(self):
        operations = {"Mul": np.multiply, "AddV2": np.add, "Sub": np.subtract, "Maximum": np.maximum}
        for constant in (np.float32(2), np.array([1, 2, 3], np.float32), np.ones((1, 6, 5, 1), np.float32)):
            for op, function in operations.items():
                with self.subTest(op=op, shape=np.shape(constant)):
                    node = Node("y", op, ("in", "k"), {})
                    self._check(node, {"k": np.asarray(constant)}, function(IMAGE, constant))

    def test_unary(self):
        self._check(Node("y", "Relu6", ("in",), {}), {}, np.clip(IMAGE, 0, 6))
        self._check(Node("y", "Sigmoid", ("in",), {}), {}, 1 / (1 + np.exp(-IMAGE)))

    def test_mean(self):
        axes = {"axes": np.array([1, 2], np.int32)}
        self._check(Node("m", "Mean", ("in", "axes"), {}), axes, IMAGE.mean((1, 2)))
        kept = Node("m", "Mean", ("in", "axes"), {"keep_dims": True})
        self._check(kept, axes, IMAGE.mean((1, 2), keepdims=True))
        self._check(Node("m", "Mean", ("in", "axes"), {}), {"axes": np.array([3], np.int32)}, IMAGE.mean(3))

    def test_reshape_reads_in_the_order_of_tensorflow(self):
        shape = {"s": np.array([1, 30, 3], np.int32)}
        self._check(Node("r", "Reshape", ("in", "s"), {}), shape, IMAGE.reshape(2, 30, 3))

    def test_reshape_of_the_batch_is_refused(self):
        with self.assertRaisesRegex(NotImplementedError, "touches the batch"):
            _converted([Node("r", "Reshape", ("in", "s"), {})], {"s": np.array([2, 45], np.int32)}, "r", [])

    def test_pad_and_concat(self):
        pads = np.array([[0, 0], [0, 1], [2, 0], [0, 0]], np.int32)
        self._check(Node("p", "Pad", ("in", "w"), {}), {"w": pads}, np.pad(IMAGE, pads))
        relu = Node("a", "Relu", ("in",), {})
        node = Node("c", "ConcatV2", ("in", "a", "axis"), {})
        expected = np.concatenate([IMAGE, np.maximum(IMAGE, 0)], axis=3)
        self._check(node, {"axis": np.array(-1, np.int32)}, expected, [relu])

    def test_max_pool(self):
        node = Node("p", "MaxPool", ("in",), {"ksize": [1, 2, 1, 1], "strides": [1, 2, 1, 1], "padding": "VALID"})
        self._check(node, {}, IMAGE.reshape(2, 3, 2, 5, 3).max(axis=2))

    def test_resize(self):
        rows = np.clip((np.arange(12) + 0.5) / 2 - 0.5, 0, 5)  # centre of each new row, in old rows
        below, part = np.floor(rows).astype(int), (rows % 1)[:, None, None]
        expected = IMAGE[:, below] * (1 - part) + IMAGE[:, np.minimum(below + 1, 5)] * part
        node = Node("r", "ResizeBilinear", ("in", "s"), {"half_pixel_centers": True})
        self._check(node, {"s": np.array([12, 5], np.int32)}, expected)

    def test_an_unknown_operation_is_named(self):
        with self.assertRaisesRegex(NotImplementedError, "DepthToSpace"):
            _converted([Node("d", "DepthToSpace", ("in",), {})], {}, "d", [])


if __name__ == "__main__":
    unittest.main()
