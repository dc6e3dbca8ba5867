"""Text: adds pooling to the quantised MiniLM, so that the graph's only output is the sentence's vector."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

_LAST_LAYER = "last_hidden_state"
_WIDTH = 384


def build(encoder: Path) -> onnx.ModelProto:
    """input_ids, attention_mask, token_type_ids int64 [N, T]  ->  text_embedding [N, 384] of length 1.

    The mean over the tokens that are not padding; the sum does as well, since the length is divided out after it.
    """
    model = onnx.load(encoder)
    graph = model.graph
    for name, value in (("pool_axis_1", 1), ("pool_axis_2", 2)):
        graph.initializer.append(numpy_helper.from_array(np.array([value], np.int64), name))
    steps = [
        ("Cast", ["attention_mask"], "pool_mask", {"to": TensorProto.FLOAT}),
        ("Unsqueeze", ["pool_mask", "pool_axis_2"], "pool_mask_column", {}),
        ("Mul", [_LAST_LAYER, "pool_mask_column"], "pool_tokens", {}),
        ("ReduceSum", ["pool_tokens", "pool_axis_1"], "pool_sum", {"keepdims": 0}),
        ("ReduceL2", ["pool_sum"], "pool_length", {"axes": [1], "keepdims": 1}),  # axes: an attribute until opset 18
        ("Div", ["pool_sum", "pool_length"], "text_embedding", {}),
    ]
    graph.node.extend(helper.make_node(op, inputs, [output], **more) for op, inputs, output, more in steps)
    del graph.output[:]
    graph.output.append(helper.make_tensor_value_info("text_embedding", TensorProto.FLOAT, ["batch", _WIDTH]))
    onnx.checker.check_model(model)
    return model
