import io
import os
import pickle
import struct
import unittest
from collections import OrderedDict

import numpy as np

from packer import torch_tensors

MAGIC, PROTOCOL = 0x1950A86A20F9469CFC6C, 1001


class _Global:
    """Pickles as a call of an arbitrary function by name, as in a hostile file."""

    def __init__(self, function, *arguments):
        self._reduced = (function, arguments)

    def __reduce__(self):
        return self._reduced


def _stream(*objects, storages: bytes = b"") -> io.BytesIO:
    return io.BytesIO(b"".join(pickle.dumps(each, protocol=2) for each in objects) + storages)


def _tensor_file(shape: str = "(2, 3)", strides: str = "(3, 1)", count: int = 6, offset: int = 0) -> io.BytesIO:
    """The output of torch.save before 1.6 for {"w": tensor}, written as text opcodes of protocol 0."""

    def numbers(text: str) -> bytes:
        inside = [part for part in text.strip("()").split(",") if part.strip()]
        return b"(" + b"".join(f"I{part.strip()}\n".encode() for part in inside) + b"t"

    views = (
        b"ccollections\nOrderedDict\n(tR(S'w'\nctorch._utils\n_rebuild_tensor_v2\n("
        b"(S'storage'\nctorch\nFloatStorage\nS'key'\nS'cpu'\n" + f"I{count}\nN".encode() + b"tQ"
        + f"I{offset}\n".encode() + numbers(shape) + numbers(strides) + b"I00\nccollections\nOrderedDict\n(tRtRu."
    )  # fmt: skip
    head = b"".join(pickle.dumps(each, protocol=2) for each in (MAGIC, PROTOCOL, {}))
    keys = pickle.dumps(["key"], protocol=2)
    return io.BytesIO(head + views + keys + struct.pack("<q", 6) + np.arange(6, dtype="<f4").tobytes())


class TorchTensorsTest(unittest.TestCase):
    def test_reads_a_tensor(self):
        tensors = torch_tensors.read_stream(_tensor_file())
        np.testing.assert_array_equal(tensors["w"], np.arange(6, dtype=np.float32).reshape(2, 3))

    def test_reads_a_transposed_tensor(self):
        tensors = torch_tensors.read_stream(_tensor_file("(3, 2)", "(1, 3)"))
        np.testing.assert_array_equal(tensors["w"], np.arange(6, dtype=np.float32).reshape(2, 3).T)

    def test_refuses_every_other_name_and_calls_nothing(self):
        for hostile in (
            _Global(os.system, "false"),
            _Global(eval, "1"),
            _Global(getattr, OrderedDict, "fromkeys"),
            _Global(io.open, os.devnull),
            _Global(struct.pack, "<q", 1),
        ):
            for objects in ([hostile], [MAGIC, PROTOCOL, {}, hostile], [MAGIC, PROTOCOL, {}, {}, [hostile]]):
                with self.subTest(objects=objects), self.assertRaisesRegex(pickle.UnpicklingError, "is not allowed"):
                    torch_tensors.read_stream(_stream(*objects))

    def test_refuses_a_view_beyond_its_storage(self):
        for case in ({"shape": "(3, 3)"}, {"offset": 1}, {"offset": -1}, {"strides": "(3, 2)"}, {"strides": "(-3, 1)"}):
            with self.subTest(case), self.assertRaisesRegex(ValueError, "storage of 6"):
                torch_tensors.read_stream(_tensor_file(**case))

    def test_refuses_a_storage_of_another_length(self):
        with self.assertRaisesRegex(ValueError, "expected"):
            torch_tensors.read_stream(_tensor_file(count=7))

    def test_refuses_a_file_that_is_cut_off(self):
        whole = _tensor_file().getvalue()
        for length in range(0, len(whole), 7):
            with self.subTest(length), self.assertRaises((ValueError, EOFError, pickle.UnpicklingError, struct.error)):
                torch_tensors.read_stream(io.BytesIO(whole[:length]))

    def test_refuses_another_layout(self):
        with self.assertRaisesRegex(ValueError, "not a PyTorch file"):
            torch_tensors.read_stream(_stream(MAGIC + 1, PROTOCOL))


if __name__ == "__main__":
    unittest.main()
