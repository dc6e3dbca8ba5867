#!/usr/bin/env python3
"""Makes what the benchmarks of the server need: ./make_inputs.py FOLDER [--starter FOLDER] [--small] [--fixed]

    models/     the cache folder of Immich's service. CLIP ViT-B/32 and ArcFace R50 have their authors' architecture and full
                size with seeded random weights, because trained ones are only on a model hub; the time does not depend on
                them. SCRFD and PP-OCRv6_small are those of the starter pack. ViT-B-32__openai and ViT-B-32__laion400m_e31
                are the same files, for switching between models.
    previews/   JPEG files with a long side of 1440 pixels, as Immich makes them, of the samples

With --small, embeddings and faces come from the tiny graphs of the tests. With --fixed, CLIP takes one photo or text at a
time. Does nothing if the folder was made by this very program with these options.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from PIL import Image

ROOT = Path(__file__).resolve().parents[2]
EMBED = ROOT / "src/analysis/embed/testdata"
FACES = ROOT / "src/analysis/faces/testdata"
SEED = 20261129
OPSET = 17
PREVIEW_SIDE = 1440
CLIP_NAMES = ("ViT-B-32__openai", "ViT-B-32__laion400m_e31")
PREPROCESSING = {"size": [224, 224], "mode": "RGB", "mean": [0.48145466, 0.4578275, 0.40821073],
                 "std": [0.26862954, 0.26130258, 0.27577711], "interpolation": "bicubic", "resize_mode": "shortest"}


class Graph:
    """Collects nodes and weights."""

    def __init__(self, seed: int) -> None:
        self.random = np.random.default_rng(seed)
        self.nodes: list[onnx.NodeProto] = []
        self.weights: list[onnx.TensorProto] = []

    def constant(self, values: np.ndarray) -> str:
        name = f"w{len(self.weights)}"
        self.weights.append(numpy_helper.from_array(values, name))
        return name

    def integers(self, *values: int) -> str:
        return self.constant(np.array(values, dtype=np.int64))

    def normal(self, *shape: int, scale: float) -> str:
        return self.constant((self.random.standard_normal(shape, dtype=np.float32) * np.float32(scale)))

    def full(self, value: float, *shape: int) -> str:
        return self.constant(np.full(shape, value, dtype=np.float32))

    def add(self, kind: str, *inputs: str, outputs: int = 1, **attributes: object) -> str | list[str]:
        names = [f"t{len(self.nodes)}_{i}" for i in range(outputs)]
        self.nodes.append(helper.make_node(kind, list(inputs), names, **attributes))
        return names[0] if outputs == 1 else names

    def save(self, path: Path, inputs: list, output: str, width: int, batch: object) -> None:
        self.nodes.append(helper.make_node("Identity", [output], ["embedding"]))
        result = helper.make_tensor_value_info("embedding", TensorProto.FLOAT, [batch, width])
        graph = helper.make_graph(self.nodes, "graph", inputs, [result], self.weights)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=8)
        path.parent.mkdir(parents=True, exist_ok=True)
        onnx.save(model, str(path))

    def linear(self, x: str, inside: int, outside: int) -> str:
        product = self.add("MatMul", x, self.normal(inside, outside, scale=inside**-0.5))
        return self.add("Add", product, self.full(0, outside))

    def layer_norm(self, x: str, width: int) -> str:
        return self.add("LayerNormalization", x, self.full(1, width), self.full(0, width), axis=-1)

    def attention(self, x: str, width: int, heads: int, mask: str | None) -> str:
        one = width // heads
        shape = self.integers(0, -1, heads, one)
        query, key, value = (self.add("Reshape", self.linear(x, width, width), shape) for _ in range(3))
        query = self.add("Transpose", query, perm=[0, 2, 1, 3])
        key = self.add("Transpose", key, perm=[0, 2, 3, 1])
        value = self.add("Transpose", value, perm=[0, 2, 1, 3])
        scores = self.add("Mul", self.add("MatMul", query, key), self.full(one**-0.5))
        if mask:
            scores = self.add("Add", scores, mask)
        mixed = self.add("MatMul", self.add("Softmax", scores, axis=-1), value)
        joined = self.add("Reshape", self.add("Transpose", mixed, perm=[0, 2, 1, 3]), self.integers(0, -1, width))
        return self.linear(joined, width, width)

    def transformer(self, x: str, width: int, layers: int, heads: int, mask: str | None = None) -> str:
        for _ in range(layers):
            x = self.add("Add", x, self.attention(self.layer_norm(x, width), width, heads, mask))
            inner = self.linear(self.layer_norm(x, width), width, 4 * width)
            inner = self.add("Mul", inner, self.add("Sigmoid", self.add("Mul", inner, self.full(1.702))))
            x = self.add("Add", x, self.linear(inner, 4 * width, width))
        return x

    def unit(self, x: str) -> str:
        return self.add("Div", x, self.add("ReduceL2", x, axes=[-1], keepdims=1))


def clip_visual(path: Path, batch: object) -> None:
    """ViT-B/32: 12 layers of 768, patches of 32 pixels."""
    graph, width = Graph(SEED), 768
    patches = graph.add("Conv", "image", graph.normal(width, 3, 32, 32, scale=0.02), strides=[32, 32])
    patches = graph.add("Transpose", graph.add("Reshape", patches, graph.integers(0, width, -1)), perm=[0, 2, 1])
    first = graph.add("Slice", patches, graph.integers(0), graph.integers(1), graph.integers(1))
    token = graph.add("Add", graph.add("Mul", first, graph.full(0, 1)), graph.normal(1, 1, width, scale=0.02))
    x = graph.add("Add", graph.add("Concat", token, patches, axis=1), graph.normal(1, 50, width, scale=0.02))
    x = graph.transformer(graph.layer_norm(x, width), width, layers=12, heads=12)
    x = graph.add("Gather", x, graph.constant(np.array(0, dtype=np.int64)), axis=1)
    x = graph.add("MatMul", graph.layer_norm(x, width), graph.normal(width, 512, scale=width**-0.5))
    image = helper.make_tensor_value_info("image", TensorProto.FLOAT, [batch, 3, 224, 224])
    graph.save(path, [image], graph.unit(x), 512, batch)


def clip_textual(path: Path, batch: object) -> None:
    """The text encoder of ViT-B/32: 12 layers of 512, 77 tokens."""
    graph, width, length = Graph(SEED + 1), 512, 77
    words = graph.add("Gather", graph.normal(49408, width, scale=0.02), "text")
    x = graph.add("Add", words, graph.normal(1, length, width, scale=0.01))
    mask = graph.constant(np.triu(np.full((1, 1, length, length), -1e9, dtype=np.float32), 1))
    x = graph.layer_norm(graph.transformer(x, width, layers=12, heads=8, mask=mask), width)
    end = graph.add("ArgMax", "text", axis=1, keepdims=1)
    index = graph.add("Expand", graph.add("Unsqueeze", end, graph.integers(2)), graph.integers(1, 1, width))
    x = graph.add("Squeeze", graph.add("GatherElements", x, index, axis=1), graph.integers(1))
    x = graph.add("MatMul", x, graph.normal(width, 512, scale=width**-0.5))
    text = helper.make_tensor_value_info("text", TensorProto.INT32, [batch, length])
    graph.save(path, [text], graph.unit(x), 512, batch)


def arcface(path: Path) -> None:
    """IResNet-50: 3, 4, 14 and 3 blocks of 64 to 512 channels, for faces of 112 pixels."""
    graph = Graph(SEED + 2)

    def conv(x: str, inside: int, outside: int, side: int, stride: int) -> str:
        weights = graph.normal(outside, inside, side, side, scale=(side * side * inside) ** -0.5)
        return graph.add("Conv", x, weights, graph.full(0, outside), strides=[stride, stride], pads=[side // 2] * 4)

    def norm(x: str, channels: int) -> str:
        ones, zeros = graph.full(1, channels), graph.full(0, channels)
        return graph.add("BatchNormalization", x, ones, zeros, zeros, ones)

    def prelu(x: str, channels: int) -> str:
        return graph.add("PRelu", x, graph.full(0.25, channels, 1, 1))

    x, inside = prelu(conv("input.1", 3, 64, 3, 1), 64), 64
    for blocks, outside in ((3, 64), (4, 128), (14, 256), (3, 512)):
        for block in range(blocks):
            stride = 2 if block == 0 else 1
            shortcut = x if block else conv(x, inside, outside, 1, stride)
            inner = prelu(conv(norm(x, inside), inside, outside, 3, 1), outside)
            x = graph.add("Add", conv(inner, outside, outside, 3, stride), shortcut)
            inside = outside
    flat = graph.add("Flatten", norm(x, 512), axis=1)
    x = graph.add("Gemm", flat, graph.normal(512 * 7 * 7, 512, scale=(512 * 49) ** -0.5), graph.full(0, 512))
    faces = helper.make_tensor_value_info("input.1", TensorProto.FLOAT, ["None", 3, 112, 112])
    graph.save(path, [faces], x, 512, "None")


def link(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    os.link(source, target)


def make_models(folder: Path, starter: Path, small: bool, batch: object) -> None:
    first = folder / "clip" / CLIP_NAMES[0]
    faces = folder / "facial-recognition/buffalo_l"
    for target in (first / "visual", first / "textual", faces / "detection", faces / "recognition"):
        target.mkdir(parents=True)
    preprocessing = dict(PREPROCESSING)
    if small:
        preprocessing["size"] = [64, 64]
        shutil.copy(EMBED / "contrastive/immich_visual.onnx", first / "visual/model.onnx")
        shutil.copy(EMBED / "contrastive/immich_textual.onnx", first / "textual/model.onnx")
        shutil.copy(FACES / "scrfd.onnx", faces / "detection/model.onnx")
        shutil.copy(FACES / "arcface.onnx", faces / "recognition/model.onnx")
    else:
        clip_visual(first / "visual/model.onnx", batch)
        clip_textual(first / "textual/model.onnx", batch)
        shutil.copy(starter / "scrfd.onnx", faces / "detection/model.onnx")
        arcface(faces / "recognition/model.onnx")
    shutil.copy(EMBED / "tokenizers/clip.json", first / "textual/tokenizer.json")
    (first / "visual/preprocess_cfg.json").write_text(json.dumps(preprocessing))
    (first / "textual/tokenizer_config.json").write_text(json.dumps({"pad_token": "<|endoftext|>"}))
    (first / "config.json").write_text(json.dumps({"embed_dim": 512, "text_cfg": {"context_length": 77}}))
    for file in sorted(path for path in first.rglob("*") if path.is_file()):
        link(file, folder / "clip" / CLIP_NAMES[1] / file.relative_to(first))
    for kind, file in (("detection", "ocr_detect.onnx"), ("recognition", "ocr_recognise.onnx")):
        target = folder / "ocr/PP-OCRv6_small" / kind / "model.onnx"
        target.parent.mkdir(parents=True)
        shutil.copy(starter / file, target)


def make_previews(folder: Path) -> None:
    folder.mkdir()
    for photo in sorted((ROOT / "samples").glob("*.[jp][pn]g")):
        image = Image.open(photo).convert("RGB")
        factor = PREVIEW_SIDE / max(image.size)
        size = tuple(max(1, round(side * factor)) for side in image.size)
        image.resize(size, Image.Resampling.LANCZOS).save(folder / f"{photo.stem}.jpg", quality=80)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--starter", type=Path, default=Path.home() / ".cache/calotype/models/starter")
    parser.add_argument("--small", action="store_true")
    parser.add_argument("--fixed", action="store_true")
    options = parser.parse_args()
    made_by = hashlib.sha256(Path(__file__).read_bytes()).hexdigest() + f" {options.small} {options.fixed}\n"
    made = options.folder / "made"
    if made.exists() and made.read_text() == made_by:
        return
    shutil.rmtree(options.folder, ignore_errors=True)
    options.folder.mkdir(parents=True)
    make_models(options.folder / "models", options.starter, options.small, 1 if options.fixed else "batch")
    make_previews(options.folder / "previews")
    made.write_text(made_by)


if __name__ == "__main__":
    main()
