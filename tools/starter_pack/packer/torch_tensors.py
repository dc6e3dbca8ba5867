"""Reads the tensors of a PyTorch file in the layout before version 1.6 (pickles followed by raw storages).

A pickle can name any function of any module and have it called. This reader knows five names, all of which only
describe tensors, and refuses every other one, so that a hostile file is an error and never a command.
"""

from __future__ import annotations

import pickle
import struct
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

_MAGIC = 0x1950A86A20F9469CFC6C
_PROTOCOL = 1001


@dataclass(frozen=True)
class _Storage:
    key: str
    dtype: np.dtype
    count: int


@dataclass(frozen=True)
class _TensorView:
    storage: _Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


def _rebuild_tensor(storage: Any, offset: Any, shape: Any, strides: Any, _grad: Any, _hooks: Any) -> _TensorView:
    if not isinstance(storage, _Storage):
        raise pickle.UnpicklingError("a tensor without a storage")
    return _TensorView(storage, int(offset), tuple(map(int, shape)), tuple(map(int, strides)))


_KNOWN: dict[tuple[str, str], Any] = {
    ("collections", "OrderedDict"): OrderedDict,
    ("torch._utils", "_rebuild_tensor_v2"): _rebuild_tensor,
    ("torch", "FloatStorage"): np.dtype("<f4"),
    ("torch", "LongStorage"): np.dtype("<i8"),
    ("torch", "IntStorage"): np.dtype("<i4"),
}


class _TensorUnpickler(pickle.Unpickler):
    def __init__(self, stream: BinaryIO, storages: dict[str, _Storage]) -> None:
        super().__init__(stream)
        self._storages = storages

    def find_class(self, module: str, name: str) -> Callable[..., Any]:
        if (module, name) not in _KNOWN:
            raise pickle.UnpicklingError(f"the file names {module}.{name}, which is not allowed in a file of tensors")
        return _KNOWN[module, name]

    def persistent_load(self, reference: Any) -> _Storage:
        kind, dtype, key, _device, count, *_view = reference
        if kind != "storage" or not isinstance(dtype, np.dtype):
            raise pickle.UnpicklingError(f"a reference to {kind!r}; only storages are supported")
        return self._storages.setdefault(key, _Storage(key, dtype, int(count)))


def read_tensors(path: Path) -> dict[str, np.ndarray]:
    with path.open("rb") as stream:
        return read_stream(stream)


def read_stream(stream: BinaryIO) -> dict[str, np.ndarray]:
    storages: dict[str, _Storage] = {}

    def load() -> Any:
        return _TensorUnpickler(stream, storages).load()

    if load() != _MAGIC or load() != _PROTOCOL:
        raise ValueError("not a PyTorch file of the old layout")
    load()  # the sizes of C types on the writer's machine; not needed, since storages have fixed sizes
    views = load()
    data = {key: _read_storage(stream, storages, key) for key in load()}
    return {name: _as_array(view, data) for name, view in views.items() if isinstance(view, _TensorView)}


def _read_storage(stream: BinaryIO, storages: dict[str, _Storage], key: str) -> np.ndarray:
    storage = storages[key]
    (count,) = struct.unpack("<q", stream.read(8))
    if count != storage.count:
        raise ValueError(f"storage {key} has {count} elements, expected {storage.count}")
    size = count * storage.dtype.itemsize
    content = stream.read(size)
    if len(content) != size:
        raise ValueError(f"storage {key} is truncated after {len(content)} of {size} bytes")
    return np.frombuffer(content, storage.dtype)


def _as_array(view: _TensorView, data: dict[str, np.ndarray]) -> np.ndarray:
    flat = data[view.storage.key]
    last = view.offset + sum((size - 1) * stride for size, stride in zip(view.shape, view.strides, strict=True))
    if min((view.offset, *view.strides, *view.shape)) < 0 or last >= flat.size:
        raise ValueError(f"a tensor needs element {last} of a storage of {flat.size}")
    strides = [stride * flat.itemsize for stride in view.strides]
    return np.lib.stride_tricks.as_strided(flat[view.offset :], view.shape, strides, writeable=False).copy()
