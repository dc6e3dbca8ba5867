"""What Immich's machine-learning service computes, written from a description of it: Pillow decodes and resamples, OpenCV
and numpy do the rest, ONNX Runtime runs the models. Shares no code with Calotype."""

from __future__ import annotations

import json
import string
from pathlib import Path

import cv2
import numpy as np
import onnxruntime
from PIL import Image
from tokenizers import Tokenizer

# The landmarks of a face in a picture of 112 x 112 pixels, as ArcFace models expect them.
ARCFACE = np.array([[38.2946, 51.6963], [73.5318, 51.5014], [56.0252, 71.7366], [41.5493, 92.3655], [70.7299, 92.2041]])


def session(path: Path) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 2
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def run(model: onnxruntime.InferenceSession, values: np.ndarray) -> list[np.ndarray]:
    return model.run(None, {model.get_inputs()[0].name: values})


def decode(path: Path) -> Image.Image:
    """Neither turned by EXIF nor converted by a colour profile."""
    image = Image.open(path)
    image.load()
    return image.convert("RGB")


class ImageEncoder:
    def __init__(self, folder: Path) -> None:
        config = json.loads((folder / "preprocess_cfg.json").read_text())
        self.size = config["size"][0]
        self.mean, self.std = (np.array(config[key], dtype=np.float32) for key in ("mean", "std"))
        self.filter = Image.Resampling[config["interpolation"].upper()]
        self.model = session(folder / "model.onnx")

    def __call__(self, image: Image.Image) -> np.ndarray:
        width, height, size = image.width, image.height, self.size
        scaled = (size, int(height / width * size)) if width < height else (int(width / height * size), size)
        image = image.resize(scaled, self.filter)
        left, top = int(image.width / 2 - size / 2), int(image.height / 2 - size / 2)
        image = image.crop((left, top, left + size, top + size))
        pixels = (np.asarray(image, dtype=np.float32) / 255 - self.mean) / self.std
        return run(self.model, pixels.transpose(2, 0, 1)[None].astype(np.float32))[0][0]


class TextEncoder:
    def __init__(self, folder: Path) -> None:
        config = json.loads((folder.parent / "config.json").read_text())["text_cfg"]
        length = config["context_length"]
        self.canonical = config.get("tokenizer_kwargs", {}).get("clean") == "canonicalize"
        self.tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        pad = json.loads((folder / "tokenizer_config.json").read_text())["pad_token"]
        self.tokenizer.enable_padding(length=length, pad_token=pad, pad_id=self.tokenizer.token_to_id(pad))
        self.tokenizer.enable_truncation(max_length=length)
        self.model = session(folder / "model.onnx")

    def __call__(self, text: str) -> np.ndarray:
        text = " ".join(text.split())
        if self.canonical:
            text = text.translate(str.maketrans("", "", string.punctuation)).lower()
        dtype = {"tensor(int32)": np.int32, "tensor(int64)": np.int64}[self.model.get_inputs()[0].type]
        return run(self.model, np.array([self.tokenizer.encode(text).ids], dtype=dtype))[0][0]


class Faces:
    SIDE = 640

    def __init__(self, folder: Path) -> None:
        self.detector = session(folder / "detection/model.onnx")
        self.recogniser = session(folder / "recognition/model.onnx")

    def __call__(self, image: Image.Image, min_score: float) -> list[dict]:
        pixels = np.asarray(image)
        boxes, scores, landmarks = self.detect(pixels, min_score)
        return [
            {"box": box.round().tolist(), "score": float(score), "landmarks": points.tolist(),
             "embedding": self.embed(pixels, points)}
            for box, score, points in zip(boxes, scores, landmarks)
        ]

    def detect(self, pixels: np.ndarray, min_score: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        height, width = pixels.shape[:2]
        side = self.SIDE
        new = (int(side * width / height), side) if height > width else (side, int(side * height / width))
        square = np.zeros((side, side, 3), dtype=np.uint8)
        square[: new[1], : new[0]] = cv2.resize(pixels, new)
        scale = new[1] / height
        outputs = run(self.detector, ((square.astype(np.float32) - 127.5) / 128).transpose(2, 0, 1)[None])
        found = []
        for level, stride in enumerate((8, 16, 32)):
            score, sides, points = (outputs[level + 3 * kind].reshape(-1, count) for kind, count in enumerate((1, 4, 10)))
            cells = side // stride
            row, column = np.divmod(np.arange(cells * cells).repeat(2), cells)
            centres = np.stack([column, row], axis=1).astype(np.float32) * stride
            boxes = np.hstack([centres - sides[:, :2] * stride, centres + sides[:, 2:] * stride])
            landmarks = centres[:, None] + points.reshape(-1, 5, 2) * stride
            kept = np.where(score[:, 0] >= min_score)[0]
            found.append((score[kept, 0], boxes[kept] / scale, landmarks[kept] / scale))
        scores, boxes, landmarks = (np.concatenate(part) for part in zip(*found))
        order = scores.argsort(kind="stable")[::-1]
        kept = self.suppress(boxes[order])
        return boxes[order][kept], scores[order][kept], landmarks[order][kept]

    @staticmethod
    def suppress(boxes: np.ndarray) -> list[int]:
        """Returns the indices of boxes, given the best first, that overlap no better one by more than 0.4."""
        areas = (boxes[:, 2] - boxes[:, 0] + 1) * (boxes[:, 3] - boxes[:, 1] + 1)
        kept: list[int] = []
        for i, box in enumerate(boxes):
            better = boxes[kept]
            low, high = np.maximum(better[:, :2], box[:2]), np.minimum(better[:, 2:], box[2:])
            common = np.maximum(high - low + 1, 0).prod(axis=1)
            if not (common / (areas[kept] + areas[i] - common) > 0.4).any():
                kept.append(i)
        return kept

    def embed(self, pixels: np.ndarray, landmarks: np.ndarray) -> list[float]:
        source, target = (points.astype(np.float64) @ [1, 1j] for points in (landmarks, ARCFACE))
        # A similarity is one factor and one offset of complex numbers.
        (factor, shift), *_ = np.linalg.lstsq(np.stack([source, np.ones(5)], axis=1), target, rcond=None)
        matrix = np.array([[factor.real, -factor.imag, shift.real], [factor.imag, factor.real, shift.imag]])
        chip = cv2.warpAffine(pixels, matrix, (112, 112)).astype(np.float32)
        return run(self.recogniser, ((chip - 127.5) / 127.5).transpose(2, 0, 1)[None])[0][0].tolist()


class Text:
    def __init__(self, detector: Path, recogniser: Path) -> None:
        self.detector, self.recogniser = session(detector), session(recogniser)
        characters = self.recogniser.get_modelmeta().custom_metadata_map["character"].split("\n")
        self.characters = ["", *characters, " "]

    def __call__(self, image: Image.Image, resolution: int, min_box: float, min_text: float) -> list[dict]:
        if image.width < 32 or image.height < 32:
            return []
        quads, box_scores = self.detect(image, resolution, min_box)
        texts = self.read([self.cut(image, quad) for quad in quads])
        return [
            {"quad": quad.tolist(), "boxScore": float(box_score), "text": text, "textScore": float(score)}
            for quad, box_score, (text, score) in zip(quads, box_scores, texts)
            if score > min_text
        ]

    @staticmethod
    def normalised(rgb: np.ndarray) -> np.ndarray:
        return (rgb[..., ::-1].astype(np.float32) / 127.5 - 1).transpose(2, 0, 1)

    def detect(self, image: Image.Image, resolution: int, min_box: float) -> tuple[np.ndarray, np.ndarray]:
        ratio = min(resolution / min(image.size), 1)
        size = [max(round(int(side * ratio) / 32) * 32, 32) for side in image.size]
        (maps,) = run(self.detector, self.normalised(np.asarray(image.resize(size, Image.Resampling.LANCZOS)))[None])
        probabilities = maps[0, 0]
        mask = cv2.dilate((probabilities > 0.3).astype(np.uint8), np.ones((2, 2), np.uint8))
        contours, _ = cv2.findContours(mask, cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
        found = []
        for contour in contours[:1000]:
            centre, sides, angle = cv2.minAreaRect(contour)
            score = self.score(probabilities, cv2.boxPoints((centre, sides, angle))) if min(sides) >= 3 else 0
            grow = sides[0] * sides[1] * 1.6 / max(sum(sides), 1)
            if score < min_box or min(sides) < 3 or min(sides) + grow < 5:
                continue
            quad = cv2.boxPoints((centre, (sides[0] + grow, sides[1] + grow), angle))
            quad = np.clip(np.round(quad * (np.array(image.size) / size)), 0, image.size)
            quad = np.minimum(self.ordered(quad), np.array(image.size) - 1)
            if min(int(np.linalg.norm(quad[0] - quad[1])), int(np.linalg.norm(quad[0] - quad[3]))) > 3:
                found.append((quad, score))
        found = self.in_reading_order(found)
        return np.array([quad for quad, _ in found]), np.array([score for _, score in found])

    @staticmethod
    def score(probabilities: np.ndarray, quad: np.ndarray) -> float:
        height, width = probabilities.shape
        low = np.clip(np.floor(quad.min(axis=0)).astype(int), 0, [width - 1, height - 1])
        high = np.clip(np.ceil(quad.max(axis=0)).astype(int), 0, [width - 1, height - 1])
        mask = np.zeros((high[1] - low[1] + 1, high[0] - low[0] + 1), dtype=np.uint8)
        cv2.fillPoly(mask, [(quad - low).astype(np.int32)], 1)
        return cv2.mean(probabilities[low[1] : high[1] + 1, low[0] : high[0] + 1], mask)[0]

    @staticmethod
    def ordered(quad: np.ndarray) -> np.ndarray:
        """Top left, top right, bottom right, bottom left."""
        by_x = quad[np.argsort(quad[:, 0], kind="stable")]
        left, right = (pair[np.argsort(pair[:, 1], kind="stable")] for pair in (by_x[:2], by_x[2:]))
        return np.array([left[0], right[0], right[1], left[1]])

    @staticmethod
    def in_reading_order(found: list) -> list:
        lines: list[list] = []
        last = None
        for item in sorted(found, key=lambda one: one[0][0][1]):
            top = item[0][0][1]
            if last is None or top - last >= 10:
                lines.append([])
            lines[-1].append(item)
            last = top
        return [item for line in lines for item in sorted(line, key=lambda one: one[0][0][0])]

    @staticmethod
    def cut(image: Image.Image, quad: np.ndarray) -> np.ndarray:
        quad = quad.astype(np.float32)
        length = [float(np.linalg.norm(quad[i] - quad[(i + 1) % 4])) for i in range(4)]
        width, height = (max(1, int(max(length[i], length[i + 2]))) for i in (0, 1))
        flat = np.array([[0, 0], [width, 0], [width, height], [0, height]], dtype=np.float32)
        matrix = cv2.getPerspectiveTransform(flat, quad)
        data = (matrix / matrix[2, 2]).flatten()[:8]
        line = image.transform((width, height), Image.Transform.PERSPECTIVE, tuple(data), Image.Resampling.BICUBIC)
        if height / width >= 1.5:
            line = line.rotate(90, expand=True)
        return np.asarray(line)

    def read(self, lines: list[np.ndarray]) -> list[tuple[str, float]]:
        texts: list[tuple[str, float]] = [("", 0.0)] * len(lines)
        order = sorted(range(len(lines)), key=lambda i: lines[i].shape[1] / lines[i].shape[0])
        for start in range(0, len(order), 6):
            group = order[start : start + 6]
            widest = max(320 / 48, *(lines[i].shape[1] / lines[i].shape[0] for i in group))
            batch = np.zeros((len(group), 3, 48, int(48 * widest)), dtype=np.float32)
            for row, i in enumerate(group):
                height, width = lines[i].shape[:2]
                columns = min(int(np.ceil(48 * width / height)), batch.shape[3])
                batch[row, :, :, :columns] = self.normalised(cv2.resize(lines[i], (columns, 48)))
            for i, steps in zip(group, run(self.recogniser, batch)[0]):
                texts[i] = self.decode(steps)
        return texts

    def decode(self, steps: np.ndarray) -> tuple[str, float]:
        best = steps.argmax(axis=1)
        kept = [i for i, c in enumerate(best) if c != 0 and (i == 0 or c != best[i - 1])]
        score = float(np.mean([steps[i, best[i]] for i in kept])) if kept else 0.0
        return "".join(self.characters[best[i]] for i in kept), score
