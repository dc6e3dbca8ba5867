"""Reads a TensorFlow.js graph model (NAME.json + NAME.bin) into nodes and weights."""

from __future__ import annotations

import base64
import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

_STORED_TYPES = {"float32": "<f4", "int32": "<i4", "float16": "<f2", "uint8": "u1", "uint16": "<u2", "bool": "u1"}
_USED_TYPES = {"float32": np.float32, "int32": np.int32, "bool": np.bool_}


@dataclass(frozen=True)
class Node:
    name: str
    op: str
    inputs: tuple[str, ...]
    attributes: dict[str, Any]


@dataclass(frozen=True)
class TfjsModel:
    nodes: dict[str, Node]
    weights: dict[str, np.ndarray]


def load_model(json_path: Path, bin_path: Path) -> TfjsModel:
    description = json.loads(json_path.read_text(encoding="utf-8"))
    specs = [spec for group in description["weightsManifest"] for spec in group["weights"]]
    nodes = (_node(entry) for entry in description["modelTopology"]["node"])
    return TfjsModel({node.name: node for node in nodes}, read_weights(specs, bin_path.read_bytes()))


def read_weights(specs: list[dict[str, Any]], data: bytes) -> dict[str, np.ndarray]:
    """Weights are stored one after another in the order of the manifest; only shape and type tell where each ends."""
    weights: dict[str, np.ndarray] = {}
    offset = 0
    for spec in specs:
        stored = np.dtype(_STORED_TYPES[spec.get("quantization", spec)["dtype"]])
        count = math.prod(spec["shape"])
        if offset + count * stored.itemsize > len(data):
            raise ValueError(f"weight {spec['name']} ends past the {len(data)} bytes of the file")
        values = np.frombuffer(data, stored, count, offset).reshape(spec["shape"])
        weights[spec["name"]] = _dequantise(values, spec)
        offset += count * stored.itemsize
    if offset != len(data):
        raise ValueError(f"the weights need {offset} bytes, but the file has {len(data)}")
    return weights


def _dequantise(values: np.ndarray, spec: dict[str, Any]) -> np.ndarray:
    quantisation = spec.get("quantization")
    if quantisation and quantisation["dtype"] != "float16":  # float16 is a plain cast, uint8 and uint16 are affine
        values = values.astype(np.float32) * np.float32(quantisation["scale"]) + np.float32(quantisation["min"])
    return values.astype(_USED_TYPES[spec["dtype"]])


def _node(entry: dict[str, Any]) -> Node:
    # "^name" is a control dependency, which a graph without side effects does not need; ":0" is the first output.
    inputs = tuple(name.removesuffix(":0") for name in entry.get("input", []) if not name.startswith("^"))
    attributes = {key: _attribute(value) for key, value in entry.get("attr", {}).items()}
    return Node(entry["name"], entry["op"], inputs, attributes)


def _attribute(value: dict[str, Any]) -> Any:
    """Attributes are protobuf's JSON: strings are base64, integers are strings."""
    if "list" in value:
        return [_attribute({kind: item}) for kind, items in value["list"].items() for item in items]
    kind, content = next(iter(value.items()), ("", None))
    if kind == "s":
        return base64.b64decode(content).decode()
    return int(content) if kind == "i" else content
