"""Reads a safetensors file: eight bytes of header length, a JSON header, then the tensors."""

from __future__ import annotations

import json
import math
import struct
from pathlib import Path
from typing import Any

import numpy as np

_TYPES = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "I64": "<i8", "I32": "<i4"}


def read_tensors(path: Path) -> dict[str, np.ndarray]:
    content = path.read_bytes()
    (length,) = struct.unpack_from("<Q", content)
    if length > len(content) - 8:
        raise ValueError(f"{path.name}: a header of {length} bytes in a file of {len(content)}")
    header = json.loads(content[8 : 8 + length])
    data = content[8 + length :]
    return {name: _tensor(name, entry, data) for name, entry in header.items() if name != "__metadata__"}


def _tensor(name: str, entry: dict[str, Any], data: bytes) -> np.ndarray:
    dtype = np.dtype(_TYPES[entry["dtype"]])
    begin, end = entry["data_offsets"]
    if not 0 <= begin <= end <= len(data) or end - begin != math.prod(entry["shape"]) * dtype.itemsize:
        raise ValueError(f"tensor {name}: bytes {begin} to {end} do not hold {entry['shape']} of {entry['dtype']}")
    return np.frombuffer(data[begin:end], dtype).reshape(entry["shape"])
