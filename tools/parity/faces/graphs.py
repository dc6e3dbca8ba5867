"""Networks with the inputs and outputs of published face models and small, seeded random weights."""

from __future__ import annotations

import math
from pathlib import Path

import onnx
import torch
from torch import nn

STRIDES = (8, 16, 32)
FIVE_STRIDES = (8, 16, 32, 64, 128)


def randomise(network: nn.Module, seed: int) -> nn.Module:
    torch.manual_seed(seed)
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.normal_(module.weight, 0, 1.5 / math.sqrt(module.weight[0].numel()))
            nn.init.zeros_(module.bias)
    return network.eval()


class Pyramid(nn.Module):
    """Features at strides of 8, 16, 32 ... pixels, with a head of `columns` for each."""

    def __init__(self, columns: int, levels: int) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 8, 8)
        self.down = nn.ModuleList([nn.Conv2d(8, 8, 2, 2) for _ in range(levels - 1)])
        self.heads = nn.ModuleList([nn.Conv2d(8, columns, 1) for _ in range(levels)])

    def forward(self, pixels: torch.Tensor) -> list[torch.Tensor]:
        features = [torch.tanh(self.stem(pixels))]
        for down in self.down:
            features.append(torch.tanh(down(features[-1])))
        return [head(feature) for head, feature in zip(self.heads, features)]


class Detector(nn.Module):
    """Splits each level's head into `widths` per anchor, as rows."""

    def __init__(self, anchors: int, widths: tuple[int, ...], scale: float, mean: float, levels: int = 3) -> None:
        super().__init__()
        self.pyramid = Pyramid(anchors * sum(widths), levels)
        self.levels = levels
        self.anchors = anchors
        self.widths = widths
        self.scale = scale
        self.mean = mean
        self.register_buffer("shift", torch.zeros(len(widths)))

    def rows(self, pixels: torch.Tensor) -> list[tuple[torch.Tensor, ...]]:
        levels = []
        for head in self.pyramid((pixels - self.mean) * self.scale):
            rows = head.permute(0, 2, 3, 1).reshape(1, -1, sum(self.widths))
            levels.append(torch.split(rows, self.widths, dim=2))
        return levels


class Scrfd(Detector):
    def __init__(self, points: bool, levels: int = 3) -> None:
        super().__init__(2 if levels == 3 else 1, (1, 4, 10) if points else (1, 4), 1.0, 0.0, levels)

    def forward(self, pixels: torch.Tensor):
        levels = self.rows(pixels)
        scores = [torch.sigmoid(level[0] * 3 + self.shift[0])[0] for level in levels]
        boxes = [torch.exp(level[1] * 0.5 + 0.5)[0] for level in levels]
        points = [level[2][0] for level in levels] if len(self.widths) == 3 else []
        return (*scores, *boxes, *points)


class RetinaFace(Detector):
    def __init__(self) -> None:
        super().__init__(2, (4, 2, 10), 1 / 64, 0.0)

    def forward(self, pixels: torch.Tensor):
        levels = self.rows(pixels)
        boxes, classes, points = (torch.cat([level[i] for level in levels], 1) for i in range(3))
        return boxes, torch.softmax(classes * 3 + self.shift[:2], 2), points


class YuNet(Detector):
    def __init__(self) -> None:
        super().__init__(1, (1, 1, 4, 10), 1 / 64, 128.0)

    def forward(self, pixels: torch.Tensor):
        levels = self.rows(pixels)
        classes = [torch.sigmoid(level[0] * 3 + self.shift[0]) for level in levels]
        objects = [torch.sigmoid(level[1] * 3 + self.shift[0]) for level in levels]
        boxes = [level[2] * 0.7 + 0.5 for level in levels]
        points = [level[3] for level in levels]
        return (*classes, *objects, *boxes, *points)


class Recogniser(nn.Module):
    """Maps 112 x 112 pixels to 8 numbers per square of `side` pixels."""

    def __init__(self, side: int, scale: float) -> None:
        super().__init__()
        self.patches = nn.Conv2d(3, 8, side, side)
        self.scale = scale

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        return torch.tanh(self.patches(pixels * self.scale)).flatten(1)


def calibrate(network: Detector, pixels: torch.Tensor, threshold: float, wanted: int) -> None:
    """Shifts the scores, so that `wanted` rows of one photo pass the threshold."""
    low, high = -30.0, 30.0
    for _ in range(40):
        middle = (low + high) / 2
        network.shift[:] = 0
        network.shift[1 if isinstance(network, RetinaFace) else 0] = middle
        with torch.no_grad():
            outputs = network(pixels)
        if isinstance(network, RetinaFace):
            scores = outputs[1][0, :, 1]
        elif isinstance(network, YuNet):
            scores = torch.sqrt(torch.cat(outputs[:3], 1) * torch.cat(outputs[3:6], 1)).flatten()
        else:
            scores = torch.cat(outputs[: network.levels])
        if int((scores > threshold).sum()) > wanted:
            high = middle
        else:
            low = middle


def export(network: nn.Module, path: Path, shape: tuple[int, ...], outputs: list[str], axes: dict) -> None:
    torch.onnx.export(
        network,
        (torch.zeros(shape),),
        str(path),
        input_names=["input"],
        output_names=outputs,
        dynamic_axes=axes,
        opset_version=11,
        dynamo=False,
    )
    model = onnx.load(str(path))
    for node in model.graph.node:
        node.doc_string = ""
        del node.metadata_props[:]
    onnx.save(model, str(path))
