"""Runs each model of a pack in a simple way with NumPy and ONNX Runtime. The self-tests expect these results.

Photos are uint8 arrays [H, W, 3], RGB. Numbers that belong to a model come from its manifest.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnxruntime
from PIL import Image

from .face_chip import similarity, template
from .manifest import Model, Pack
from .wordpiece import WordPiece


@dataclass(frozen=True)
class Found:
    label: str
    score: float
    box: tuple[float, float, float, float]  # x1, y1, x2, y2 in pixels of the photo


class Runner:
    """A model with its session, its parameters and its extra files."""

    def __init__(self, pack: Pack, name: str, folder: Path) -> None:
        self.model: Model = pack.model(name)
        self.params = self.model.table["params"]
        self.folder = folder
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 2
        path = str(folder / self.model.files[0].path)
        self.session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])

    def run(self, *inputs: np.ndarray) -> list[np.ndarray]:
        names = [tensor.name for tensor in self.session.get_inputs()]
        return self.session.run(None, dict(zip(names, inputs, strict=True)))

    def labels(self) -> list[str]:
        return (self.folder / self.params["labels"]).read_text(encoding="utf-8").splitlines()


def open_photo(path: Path) -> np.ndarray:
    with Image.open(path) as photo:
        return np.asarray(photo.convert("RGB"))


def resized(photo: np.ndarray, width: int, height: int) -> np.ndarray:
    return np.asarray(Image.fromarray(photo).resize((width, height), Image.Resampling.BILINEAR))


def letterboxed(photo: np.ndarray, size: int) -> tuple[np.ndarray, float]:
    """Returns the photo scaled and placed at the top left of a black square, and the scale."""
    height, width = photo.shape[:2]
    scale = min(size / height, size / width)
    square = np.zeros((size, size, 3), np.uint8)
    small = photo if scale == 1 else resized(photo, round(width * scale), round(height * scale))
    square[: small.shape[0], : small.shape[1]] = small
    return square, scale


def planes(photo: np.ndarray, mean: float, scale: float) -> np.ndarray:
    """[1, 3, H, W] of (x - mean) / scale."""
    return ((photo.astype(np.float32) - mean) / np.float32(scale)).transpose(2, 0, 1)[None]


def objects(runner: Runner, photo: np.ndarray) -> list[Found]:
    square, scale = letterboxed(photo, runner.params["input_size"])
    rows = runner.run(planes(square, 0, 255))[0][0]
    rows = rows[rows[:, 4] >= runner.params["score_threshold"]]
    # Shift the boxes of each class far away from the others, so that one suppression handles all classes.
    kept = suppressed(rows[:, :4] + rows[:, 5:6] * 4096, rows[:, 4], runner.params["nms_iou"])
    labels = runner.labels()
    return [Found(labels[int(row[5])], float(row[4]), tuple(row[:4] / scale)) for row in rows[kept]]


def image_outputs(runner: Runner, photo: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Returns the embedding and the class probabilities."""
    size, short = runner.params["input_size"], runner.params["resize_short"]
    height, width = photo.shape[:2]
    scale = short / min(height, width)
    if scale != 1:
        photo = resized(photo, round(width * scale), round(height * scale))
    top, left = (photo.shape[0] - size) // 2, (photo.shape[1] - size) // 2
    crop = photo[top : top + size, left : left + size]
    embedding, probabilities = runner.run(planes(crop, 127.5, 127.5))
    return embedding[0], probabilities[0]


def text_vector(runner: Runner, sentence: str) -> np.ndarray:
    tokenizer = WordPiece.from_file(runner.folder / runner.params["vocab"])
    ids = np.array([tokenizer.encode(sentence, runner.params["max_tokens"])], np.int64)
    return runner.run(ids, np.ones_like(ids), np.zeros_like(ids))[0][0]


def cut_chip(photo: np.ndarray, points: np.ndarray, size: int, padding: float) -> np.ndarray:
    """Returns the face with these five landmarks, upright and scaled: [size, size, 3]."""
    image = Image.fromarray(photo)
    points, target = np.array(points, np.float64), template(size, padding)
    # Bilinear sampling skips pixels below half size, so halve the photo first.
    while np.linalg.norm(similarity(points, target)[0, :2]) < 0.5:
        image, points = image.reduce(2), points / 2
    inverse = similarity(target, points)
    return np.asarray(image.transform((size, size), Image.Transform.AFFINE, inverse.ravel(), Image.Resampling.BILINEAR))


def face_vector(runner: Runner, chip: np.ndarray) -> np.ndarray:
    return runner.run(planes(chip, 0, 1))[0][0]


def faces(runner: Runner, photo: np.ndarray) -> list[tuple[Found, np.ndarray]]:
    """Returns faces with their landmarks [K, 2]: both eyes first, for every detector."""
    decode = {"scrfd": _scrfd, "blazeface": _blazeface}[runner.model.table["family"]]
    square, scale = letterboxed(photo, runner.params["input_size"])
    boxes, scores, points = decode(runner, square)
    likely = scores >= runner.params["score_threshold"]
    boxes, scores, points = boxes[likely] / scale, scores[likely], points[likely] / scale
    kept = suppressed(boxes, scores, runner.params["nms_iou"])
    return [(Found("face", float(scores[i]), tuple(boxes[i])), points[i]) for i in kept]


def _scrfd(runner: Runner, square: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    size = runner.params["input_size"]
    outputs = runner.run(planes(square, runner.params["mean"], runner.params["std"]))
    boxes, points = [], []
    for level, stride in enumerate((8, 16, 32)):
        centres = _grid(size // stride, 2, 0.0) * stride
        sides = outputs[3 + level].reshape(-1, 4) * stride
        boxes.append(np.concatenate([centres - sides[:, :2], centres + sides[:, 2:]], axis=1))
        points.append(centres[:, None] + outputs[6 + level].reshape(-1, 5, 2) * stride)
    scores = np.concatenate([output.ravel() for output in outputs[:3]])
    return np.concatenate(boxes), scores, np.concatenate(points)


def _blazeface(runner: Runner, square: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    size = runner.params["input_size"]
    logits_16, boxes_16, boxes_8, logits_8 = runner.run(planes(square, 127.5, 127.5))
    anchors = np.concatenate([_grid(16, 2, 0.5) / 16, _grid(8, 6, 0.5) / 8]) * size
    rows = np.concatenate([boxes_16[0], boxes_8[0]])
    logits = np.concatenate([logits_16[0], logits_8[0]]).ravel()
    scores = 1 / (1 + np.exp(-np.clip(logits, -80, 80)))
    centres, halves = rows[:, :2] + anchors, rows[:, 2:4] / 2
    points = rows[:, 4:].reshape(-1, 6, 2) + anchors[:, None]
    return np.concatenate([centres - halves, centres + halves], axis=1), scores, points


def _grid(cells: int, anchors: int, offset: float) -> np.ndarray:
    """Returns x and y of each anchor of a square grid, row by row, the anchors of a cell together."""
    y, x = np.mgrid[:cells, :cells]
    return (np.stack([x.ravel(), y.ravel()], axis=1).repeat(anchors, axis=0) + offset).astype(np.float32)


def read_line(runner: Runner, line: np.ndarray) -> tuple[str, float]:
    """Returns the text of a line and the mean probability of its characters (CTC: 0 is blank, repeats are merged)."""
    height = runner.params["height"]
    tensor = _line_tensor(line, height, max(runner.params["width"], round(line.shape[1] * height / line.shape[0])))
    steps = runner.run(tensor)[0][0]
    characters = runner.session.get_modelmeta().custom_metadata_map["character"].split("\n")
    characters = ["", *characters[: steps.shape[1] - 2], " "]
    best = steps.argmax(axis=1)
    kept = [i for i, c in enumerate(best) if c != 0 and (i == 0 or c != best[i - 1])]
    score = float(np.mean([steps[i, best[i]] for i in kept])) if kept else 0.0
    return "".join(characters[best[i]] for i in kept), score


def degrees(runner: Runner, line: np.ndarray) -> int:
    probabilities = runner.run(_line_tensor(line, runner.params["height"], runner.params["width"]))[0][0]
    return 180 if probabilities[1] > runner.params["threshold"] else 0


def _line_tensor(line: np.ndarray, height: int, width: int) -> np.ndarray:
    """Returns the scaled line at the left of a tensor padded with zeros. These networks take BGR."""
    if line.shape[0] != height:
        line = resized(line, round(line.shape[1] * height / line.shape[0]), height)
    tensor = np.zeros((1, 3, height, width), np.float32)
    tensor[..., : min(line.shape[1], width)] = planes(line[..., ::-1], 127.5, 127.5)[..., :width]
    return tensor


def text_map(runner: Runner, photo: np.ndarray) -> np.ndarray:
    """Returns the probability of text at each pixel of the detector's input."""
    multiple = runner.params["multiple"]
    scale = max(1.0, runner.params["limit_side"] / min(photo.shape[:2]))
    height, width = (round(side * scale / multiple) * multiple for side in photo.shape[:2])
    if (height, width) != photo.shape[:2]:
        photo = resized(photo, width, height)
    return runner.run(planes(photo[..., ::-1], 127.5, 127.5))[0][0, 0]


def count_lines(runner: Runner, photo: np.ndarray) -> int:
    """Counts the lines in the detector's map: connected areas of text with a sufficient mean probability."""
    probabilities = text_map(runner, photo)
    mask = probabilities > runner.params["threshold"]
    if runner.params["dilation"]:  # by two pixels towards the top left, which joins the parts of a line
        grown = np.pad(mask, ((0, 1), (0, 1)))
        mask = grown[:-1, :-1] | grown[1:, :-1] | grown[:-1, 1:] | grown[1:, 1:]
    patches = _patches(mask)
    means = [probabilities[patches == i].mean() for i in np.unique(patches[mask])]
    return sum(bool(mean >= runner.params["box_threshold"]) for mean in means)


def _patches(mask: np.ndarray) -> np.ndarray:
    """Numbers the connected areas by the largest index in each, spread until nothing changes."""
    numbers = np.where(mask, np.arange(1, mask.size + 1).reshape(mask.shape), 0)
    while True:
        before = numbers
        padded = np.pad(numbers, 1)
        neighbours = [padded[1:-1, 1:-1], padded[:-2, 1:-1], padded[2:, 1:-1], padded[1:-1, :-2], padded[1:-1, 2:]]
        numbers = np.where(mask, np.max(neighbours, axis=0), 0)
        if np.array_equal(numbers, before):
            return numbers


def suppressed(boxes: np.ndarray, scores: np.ndarray, iou: float) -> list[int]:
    """Returns the indices of the boxes that no better box overlaps, best first."""
    areas = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    order = np.argsort(-scores, kind="stable")
    kept: list[int] = []
    while order.size:
        best, rest = order[0], order[1:]
        kept.append(int(best))
        near, far = np.maximum(boxes[best, :2], boxes[rest, :2]), np.minimum(boxes[best, 2:], boxes[rest, 2:])
        common = np.clip(far - near, 0, None).prod(axis=1)
        order = rest[common <= iou * (areas[best] + areas[rest] - common)]
    return kept
