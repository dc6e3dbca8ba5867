"""EfficientNet-Lite0, with each batch normalisation folded into the convolution before it."""

from __future__ import annotations

import numpy as np

from .onnx_graph import GraphBuilder

Weights = dict[str, np.ndarray]
# TensorFlow's epsilon, with which the weights were trained; PyTorch's 1e-5 would shift every channel.
_EPSILON = 1e-3
# The stride of each of the 16 blocks, from the paper's table; everything else follows from the weights' shapes.
_STRIDES = (1, 2, 1, 2, 1, 2, 1, 1, 1, 1, 1, 2, 1, 1, 1, 1)


def add_logits(graph: GraphBuilder, weights: Weights, image: str) -> str:
    """pixel values [N, 3, 224, 224], (x / 255 - 0.5) / 0.5  ->  logits [N, 1000]."""
    network = _Network(graph, weights)
    value = network.convolution(image, "_conv_stem", "_bn0", stride=2)
    for block, stride in enumerate(_STRIDES):
        value = network.block(value, f"_blocks.{block}.", stride)
    value = network.convolution(value, "_conv_head", "_bn1")
    pooled = graph.node("ReduceMean", [value, graph.ints(2, 3)], keepdims=0)
    matrix, bias = graph.constant(weights["_fc.weight"].T), graph.constant(weights["_fc.bias"])
    return graph.node("Add", [graph.node("MatMul", [pooled, matrix]), bias])


class _Network:
    def __init__(self, graph: GraphBuilder, weights: Weights) -> None:
        self._graph = graph
        self._weights = weights

    def block(self, source: str, prefix: str, stride: int) -> str:
        """Inverted residual: expand, depthwise convolution, project, and add the input where the shapes match."""
        value = source
        depthwise, expand = "_bn1", prefix + "_expand_conv"
        if expand + ".weight" in self._weights:  # the first block does not expand
            value = self.convolution(value, expand, prefix + "_bn0")
        value = self.convolution(value, prefix + "_depthwise_conv", prefix + depthwise, stride)
        value = self.convolution(value, prefix + "_project_conv", prefix + "_bn2", activated=False)
        narrow = self._weights[prefix + "_project_conv.weight"].shape[0]
        first = expand if expand + ".weight" in self._weights else prefix + "_depthwise_conv"
        if stride == 1 and self._input_channels(first) == narrow:
            value = self._graph.node("Add", [value, source])
        return value

    def convolution(self, source: str, name: str, norm: str, stride: int = 1, activated: bool = True) -> str:
        kernel, bias = fold_batch_norm(self._weights[name + ".weight"], *self._norm(norm))
        value = self._graph.node(
            "Conv",
            [source, self._graph.constant(kernel), self._graph.constant(bias)],
            kernel_shape=list(kernel.shape[2:]),
            strides=[stride, stride],
            group=self._groups(name),
            auto_pad="SAME_UPPER",  # the padding of TensorFlow, with which the weights were trained
        )
        if not activated:
            return value
        return self._graph.node("Clip", [value, self._graph.floats(0), self._graph.floats(6)])

    def _norm(self, name: str) -> list[np.ndarray]:
        return [self._weights[f"{name}.{part}"] for part in ("weight", "bias", "running_mean", "running_var")]

    def _groups(self, name: str) -> int:
        return self._weights[name + ".weight"].shape[0] if name.endswith("_depthwise_conv") else 1

    def _input_channels(self, name: str) -> int:
        return self._weights[name + ".weight"].shape[1] * self._groups(name)


def fold_batch_norm(
    kernel: np.ndarray, gamma: np.ndarray, beta: np.ndarray, mean: np.ndarray, variance: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Returns the kernel and bias that give gamma * (conv(x) - mean) / sqrt(variance + epsilon) + beta.

    Products, quotients and square roots of single float64 numbers are exactly rounded on every CPU, so the bytes agree.
    """
    scale = gamma.astype(np.float64) / np.sqrt(variance.astype(np.float64) + _EPSILON)
    bias = beta.astype(np.float64) - mean.astype(np.float64) * scale
    return (kernel.astype(np.float64) * scale[:, None, None, None]).astype(np.float32), bias.astype(np.float32)
