import json
import struct
import tempfile
import unittest
from pathlib import Path

import numpy as np

from packer import safetensors, tfjs_model


class SafetensorsTest(unittest.TestCase):
    def _read(self, header: dict, data: bytes, length: int | None = None) -> dict[str, np.ndarray]:
        text = json.dumps(header).encode()
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "model.safetensors"
            path.write_bytes(struct.pack("<Q", len(text) if length is None else length) + text + data)
            return safetensors.read_tensors(path)

    def test_reads_tensors_of_several_types(self):
        header = {
            "__metadata__": {"format": "pt"},
            "a": {"dtype": "F32", "shape": [2, 1], "data_offsets": [0, 8]},
            "b": {"dtype": "I64", "shape": [], "data_offsets": [8, 16]},
        }
        tensors = self._read(header, struct.pack("<ffq", 1.5, -2, 7))
        self.assertEqual(sorted(tensors), ["a", "b"])
        np.testing.assert_array_equal(tensors["a"], np.array([[1.5], [-2]], np.float32))
        self.assertEqual(tensors["b"], 7)

    def test_refuses_offsets_that_do_not_fit(self):
        for offsets in ([0, 4], [0, 16], [4, 12], [8, 0], [-8, 0]):
            header = {"a": {"dtype": "F32", "shape": [2], "data_offsets": offsets}}
            with self.subTest(offsets), self.assertRaisesRegex(ValueError, "do not hold"):
                self._read(header, bytes(8))

    def test_refuses_a_header_longer_than_the_file(self):
        with self.assertRaisesRegex(ValueError, "a header of"):
            self._read({}, b"", length=1 << 40)


class TfjsWeightsTest(unittest.TestCase):
    def test_dequantises(self):
        affine = {"dtype": "uint8", "scale": 0.5, "min": -1.0}
        wide = {"dtype": "uint16", "scale": 0.25, "min": 2.0}
        specs = [
            {"name": "plain", "dtype": "float32", "shape": [1]},
            {"name": "affine", "dtype": "float32", "shape": [2], "quantization": affine},
            {"name": "wide", "dtype": "float32", "shape": [1], "quantization": wide},
            {"name": "half", "dtype": "float32", "shape": [1, 1], "quantization": {"dtype": "float16"}},
            {"name": "shape", "dtype": "int32", "shape": []},
        ]
        data = struct.pack("<f2BHei", 1.25, 0, 255, 1000, -0.5, 7)
        weights = tfjs_model.read_weights(specs, data)
        expected = {"plain": [1.25], "affine": [-1, 126.5], "wide": [252], "half": [[-0.5]], "shape": 7}
        for name, values in expected.items():
            np.testing.assert_array_equal(weights[name], values, name)
        self.assertEqual(weights["half"].dtype, np.float32)
        self.assertEqual(weights["shape"].dtype, np.int32)

    def test_refuses_data_of_another_length(self):
        specs = [{"name": "w", "dtype": "float32", "shape": [2]}]
        for size in (7, 9):
            with self.subTest(size), self.assertRaises(ValueError):
                tfjs_model.read_weights(specs, bytes(size))


if __name__ == "__main__":
    unittest.main()
