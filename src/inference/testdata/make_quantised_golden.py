"""Writes quantised_golden.json: the weights of small_network.onnx as onnxruntime.quantization rounds them, in 7 and in 8
bits. Needs the packages onnx, onnxruntime and numpy."""

import json
import pathlib
import tempfile

import numpy as np
import onnx
from onnx import numpy_helper
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static

HERE = pathlib.Path(__file__).parent
MODEL = HERE / "small_network.onnx"


class Noise(CalibrationDataReader):
    def __init__(self) -> None:
        random = np.random.default_rng(2)
        self.left = [{"x": random.normal(0, 1, (1, 3, 16, 16)).astype(np.float32)} for _ in range(4)]

    def get_next(self) -> dict | None:
        return self.left.pop() if self.left else None


def rounded_weights(*, reduce_range: bool) -> dict:
    with tempfile.TemporaryDirectory() as folder:
        out = pathlib.Path(folder) / "out.onnx"
        quantize_static(
            MODEL,
            out,
            Noise(),
            quant_format=QuantFormat.QDQ,
            per_channel=True,
            reduce_range=reduce_range,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            op_types_to_quantize=["Conv", "MatMul", "Gemm"],
            extra_options={"WeightSymmetric": True},
        )
        values = {i.name: numpy_helper.to_array(i) for i in onnx.load(out).graph.initializer}
    golden = {}
    for name in ("first", "second", "third", "dense", "last"):
        golden[name] = {
            "values": values[f"{name}_quantized"].reshape(-1).tolist(),
            "scales": values[f"{name}_scale"].reshape(-1).tolist(),
        }
    return golden


if __name__ == "__main__":
    golden = {"64": rounded_weights(reduce_range=True), "127": rounded_weights(reduce_range=False)}
    (HERE / "quantised_golden.json").write_text(json.dumps(golden) + "\n")
