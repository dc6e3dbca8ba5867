"""A small writer of ONNX graphs. The output bytes depend only on the nodes and constants.

Names come from counters and nothing stores a time or a path, so the same weights give the same file and the file's
SHA-256 can be pinned in the manifest.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

OPSET = 18
IR_VERSION = 9
Dim = int | str


class GraphBuilder:
    """Collects nodes and constants; `model()` checks them and returns the graph."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._nodes: list[onnx.NodeProto] = []
        self._inputs: list[onnx.ValueInfoProto] = []
        self._outputs: list[onnx.ValueInfoProto] = []
        self._constants: dict[tuple[str, tuple[int, ...], bytes], str] = {}
        self._initializers: list[onnx.TensorProto] = []
        self._names = 0

    def input(self, name: str, shape: Sequence[Dim]) -> str:
        self._inputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, list(shape)))
        return name

    def output(self, value: str, name: str, shape: Sequence[Dim]) -> None:
        self._nodes.append(helper.make_node("Identity", [value], [name]))
        self._outputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, list(shape)))

    def constant(self, array: np.ndarray) -> str:
        """Returns the name of an initializer with the content `array`; equal arrays share one."""
        array = np.asarray(array, order="C")
        key = (array.dtype.str, array.shape, array.tobytes())
        if key not in self._constants:
            name = self._fresh("const")
            self._initializers.append(numpy_helper.from_array(array, name))
            self._constants[key] = name
        return self._constants[key]

    def floats(self, *values: float) -> str:
        """A float32 constant: a scalar for one value, else a vector."""
        return self.constant(np.array(values[0] if len(values) == 1 else values, np.float32))

    def ints(self, *values: int) -> str:
        """An int64 vector: axes, shapes, indices."""
        return self.constant(np.array(values, np.int64))

    def index(self, value: int) -> str:
        """An int64 scalar, for arithmetic on indices."""
        return self.constant(np.array(value, np.int64))

    def node(self, op: str, inputs: Sequence[str], **attributes: object) -> str:
        return self.nodes(op, inputs, 1, **attributes)[0]

    def nodes(self, op: str, inputs: Sequence[str], outputs: int, **attributes: object) -> list[str]:
        names = [self._fresh(op.lower()) for _ in range(outputs)]
        self._nodes.append(helper.make_node(op, list(inputs), names, **attributes))
        return names

    def model(self) -> onnx.ModelProto:
        graph = helper.make_graph(self._nodes, self._name, self._inputs, self._outputs, self._initializers)
        model = helper.make_model(
            graph,
            opset_imports=[helper.make_opsetid("", OPSET)],
            ir_version=IR_VERSION,
            producer_name="calotype-starter-pack",
        )
        onnx.checker.check_model(model, full_check=True)  # strict shape inference: a wrong output shape fails here
        return model

    def _fresh(self, prefix: str) -> str:
        self._names += 1
        return f"{prefix}_{self._names}"


def l2_normalised(graph: GraphBuilder, rows: str) -> str:
    """Divides each row of a [N, D] tensor by its Euclidean length."""
    length = graph.node("ReduceL2", [rows, graph.ints(1)], keepdims=1)
    return graph.node("Div", [rows, length])


def to_bytes(model: onnx.ModelProto) -> bytes:
    return model.SerializeToString(deterministic=True)
