"""Makes the tiny models of the inference tests. Needs the packages onnx and numpy; the files are the same on every run."""

import pathlib

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

HERE = pathlib.Path(__file__).parent


def save(name: str, model: onnx.ModelProto) -> None:
    onnx.checker.check_model(model)
    (HERE / name).write_bytes(model.SerializeToString(deterministic=True))


def affine() -> onnx.ModelProto:
    """y = 2 x + 1 on float [N, 3], and the sum of an int64 vector, with a metadata entry."""
    graph = helper.make_graph(
        [
            helper.make_node("Mul", ["x", "two"], ["doubled"]),
            helper.make_node("Add", ["doubled", "one"], ["y"]),
            helper.make_node("ReduceSum", ["ids"], ["sum"], keepdims=0),
        ],
        "affine",
        [
            helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N", 3]),
            helper.make_tensor_value_info("ids", TensorProto.INT64, ["T"]),
        ],
        [
            helper.make_tensor_value_info("y", TensorProto.FLOAT, ["N", 3]),
            helper.make_tensor_value_info("sum", TensorProto.INT64, []),
        ],
        [
            helper.make_tensor("two", TensorProto.FLOAT, [], [2.0]),
            helper.make_tensor("one", TensorProto.FLOAT, [], [1.0]),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    helper.set_model_props(model, {"character": "a\nb"})
    return model


def activations() -> onnx.ModelProto:
    """y = sigmoid(relu(x) - 1) on float [N, 4]: operators that tests/faulty_provider takes, with one between them."""
    graph = helper.make_graph(
        [
            helper.make_node("Relu", ["x"], ["positive"]),
            helper.make_node("Sub", ["positive", "one"], ["shifted"]),
            helper.make_node("Sigmoid", ["shifted"], ["y"]),
        ],
        "activations",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N", 4])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["N", 4])],
        [helper.make_tensor("one", TensorProto.FLOAT, [], [1.0])],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def endless() -> onnx.ModelProto:
    """Adds 1 to x, float [1], without an end: a loop whose condition stays true."""
    scalar = [("turn", TensorProto.INT64), ("on", TensorProto.BOOL)]
    body = helper.make_graph(
        [helper.make_node("Identity", ["on"], ["still_on"]), helper.make_node("Add", ["v", "one"], ["w"])],
        "body",
        [helper.make_tensor_value_info(name, kind, []) for name, kind in scalar]
        + [helper.make_tensor_value_info("v", TensorProto.FLOAT, [1])],
        [
            helper.make_tensor_value_info("still_on", TensorProto.BOOL, []),
            helper.make_tensor_value_info("w", TensorProto.FLOAT, [1]),
        ],
        [helper.make_tensor("one", TensorProto.FLOAT, [1], [1.0])],
    )
    graph = helper.make_graph(
        [helper.make_node("Loop", ["", "true", "x"], ["y"], body=body)],
        "endless",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1])],
        [helper.make_tensor("true", TensorProto.BOOL, [], [True])],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def small_network(opset: int) -> onnx.ModelProto:
    """Everything that is computed in 8 bits: convolutions before Relu, Clip and nothing, Gemm, MatMul. Names tell which
    stays float: "few" has too few weights, "twice" multiplies two activations."""
    random = np.random.default_rng(1)
    constants = {
        "first": random.normal(0, 0.3, (16, 3, 3, 3)),
        "first_bias": random.normal(0, 0.3, 16),
        "second": random.normal(0, 0.3, (16, 16, 1, 1)),
        "six": np.array(6.0),
        "zero": np.array(0.0),
        "third": random.normal(0, 0.3, (16, 16, 1, 1)),
        "few": random.normal(0, 0.3, (16, 1, 3, 3)),
        "dense": random.normal(0, 0.3, (32, 16)),
        "dense_bias": random.normal(0, 0.3, 32),
        "last": random.normal(0, 0.3, (32, 8)),
    }
    nodes = [
        helper.make_node("Conv", ["x", "first", "first_bias"], ["a"], pads=[1, 1, 1, 1]),
        helper.make_node("Relu", ["a"], ["b"]),
        helper.make_node("Conv", ["b", "second"], ["c"]),
        helper.make_node("Clip", ["c", "zero", "six"], ["d"]),
        helper.make_node("Conv", ["d", "third"], ["e"]),
        helper.make_node("Conv", ["e", "few"], ["f"], group=16, pads=[1, 1, 1, 1]),
        helper.make_node("Add", ["e", "f"], ["g"]),
        helper.make_node("GlobalAveragePool", ["g"], ["h"]),
        helper.make_node("Flatten", ["h"], ["i"]),
        helper.make_node("Gemm", ["i", "dense", "dense_bias"], ["j"], transB=1),
        helper.make_node("MatMul", ["j", "last"], ["k"]),
        helper.make_node("Transpose", ["k"], ["l"], perm=[1, 0]),
        helper.make_node("MatMul", ["k", "l"], ["twice"]),
    ]
    graph = helper.make_graph(
        nodes,
        "small",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N", 3, 16, 16])],
        [
            helper.make_tensor_value_info("k", TensorProto.FLOAT, ["N", 8]),
            helper.make_tensor_value_info("twice", TensorProto.FLOAT, ["N", "N"]),
        ],
        [numpy_helper.from_array(value.astype(np.float32), name) for name, value in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)
    helper.set_model_props(model, {"character": "a\nb"})
    return model


if __name__ == "__main__":
    save("small_network.onnx", small_network(17))
    save("small_network_11.onnx", small_network(11))
    save("affine.onnx", affine())
    save("activations.onnx", activations())
    save("endless.onnx", endless())
