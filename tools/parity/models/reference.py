"""Runs each model of the pack as a Python programmer would: ONNX Runtime, numpy, OpenCV and the reference packages.

Shares no code with the program, so that an error in one is not in the other. The program's own choices are the same
here and thus not checked: how pictures are resampled and letterboxed, that photos are hashed at 512 x 512, black around face
chips, and that (0, 0) is the outer corner of the first pixel. Boxes are [x, y, width, height] in pixels of the upright
original.
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import onnxruntime
import pdqhash
from PIL import Image, ImageOps
from photos import Photo, resize
from rapidocr import RapidOCR
from tokenizers import BertWordPieceTokenizer

# dlib's mean face over a unit square: eye, eye, nose tip, mouth corner, mouth corner.
MEAN_FACE = np.array(
    [[0.22549, 0.21599], [0.75476, 0.21599], [0.490127, 0.515625], [0.254149, 0.780233], [0.726104, 0.780233]]
)
PDQ_SIDE = 512  # src/analysis/pdq/pdq.cc


class Model:
    """A [[model]] of packs/starter.toml with its file."""

    def __init__(self, folder: Path, spec: dict) -> None:
        self.folder = folder
        self.file = folder / spec["file"]
        self.params = spec["params"]
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 2
        self._session = onnxruntime.InferenceSession(str(self.file), options, providers=["CPUExecutionProvider"])

    def run(self, image: np.ndarray) -> dict[str, np.ndarray]:
        """Runs a graph with one input."""
        (given,) = self._session.get_inputs()
        return self.run_named(**{given.name: image})

    def run_named(self, **inputs: np.ndarray) -> dict[str, np.ndarray]:
        outputs = self._session.run(None, inputs)
        return {output.name: value for output, value in zip(self._session.get_outputs(), outputs)}

    def lines(self, param: str) -> list[str]:
        return (self.folder / self.params[param]).read_text(encoding="utf-8").splitlines()


def planes(pixels: np.ndarray) -> np.ndarray:
    """Converts an image to float32 [1, 3, H, W]."""
    return np.ascontiguousarray(pixels.transpose(2, 0, 1)[None], dtype=np.float32)


def letterbox(pixels: np.ndarray, size: int) -> tuple[np.ndarray, float]:
    """Returns `pixels` scaled and placed at the top left of a black square, and the scale."""
    height, width = pixels.shape[:2]
    scale = size / max(width, height)
    fitted = resize(pixels, max(1, round(width * scale)), max(1, round(height * scale)))
    square = np.zeros((size, size, 3), dtype=np.uint8)
    square[: fitted.shape[0], : fitted.shape[1]] = fitted
    return square, scale


def best_boxes(corners: np.ndarray, scores: np.ndarray, classes: np.ndarray, params: dict) -> np.ndarray:
    """Returns the indices that OpenCV's non-maximum suppression keeps, per class, best first."""
    boxes = np.concatenate([corners[:, :2], corners[:, 2:] - corners[:, :2]], axis=1)
    kept = cv2.dnn.NMSBoxesBatched(
        boxes.tolist(), scores.tolist(), classes.tolist(), params["score_threshold"], params["nms_iou"]
    )
    kept = np.asarray(kept, dtype=int).ravel()
    return kept[np.argsort(-scores[kept], kind="stable")]


def boxes_in(photo: Photo, corners: np.ndarray, scale: float) -> np.ndarray:
    """Converts corners in a letterbox to boxes clipped to the original."""
    corners = corners / scale * photo.to_original
    corners = np.clip(corners, 0, [photo.width, photo.height, photo.width, photo.height])
    return np.concatenate([corners[:, :2], corners[:, 2:] - corners[:, :2]], axis=1)


def objects(model: Model, photo: Photo) -> list[dict]:
    square, scale = letterbox(photo.pixels, model.params["input_size"])
    (rows,) = next(iter(model.run(planes(square) / 255).values()))
    classes = rows[:, 5].astype(int)
    kept = best_boxes(rows[:, :4], rows[:, 4], classes, model.params)
    labels = model.lines("labels")
    boxes = boxes_in(photo, rows[kept, :4], scale)
    return [
        {"label": labels[classes[i]], "score": float(rows[i, 4]), "box": box.tolist()} for i, box in zip(kept, boxes)
    ]


def scrfd_level(outputs: list[np.ndarray], size: int, stride: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Returns scores, corners and landmarks of all anchors of one stride, in pixels of the square."""
    cells = size // stride
    down, across = np.divmod(np.arange(cells * cells).repeat(2), cells)
    centres = np.stack([across, down], axis=1) * stride
    scores, sides, points = (
        next(output.reshape(-1, n) for output in outputs if output.shape[-2:] == (len(centres), n)) for n in (1, 4, 10)
    )
    corners = np.tile(centres, 2) + sides * stride * [-1, -1, 1, 1]
    return scores[:, 0], corners, centres[:, None] + points.reshape(-1, 5, 2) * stride


def faces(model: Model, photo: Photo) -> list[dict]:
    params = model.params
    square, scale = letterbox(photo.pixels, params["input_size"])
    outputs = list(model.run((planes(square) - params["mean"]) / np.float32(params["std"])).values())
    levels = [scrfd_level(outputs, params["input_size"], stride) for stride in (8, 16, 32)]
    scores, corners, points = (np.concatenate(parts) for parts in zip(*levels))
    kept = best_boxes(corners, scores, np.zeros(len(scores), dtype=int), params)
    boxes = boxes_in(photo, corners[kept], scale)
    landmarks = points[kept] / scale * photo.to_original
    return [
        {"score": float(scores[i]), "box": box.tolist(), "landmarks": marks.tolist()}
        for i, box, marks in zip(kept, boxes, landmarks)
    ]


def face_chip(pixels: np.ndarray, landmarks: np.ndarray, size: int, padding: float) -> np.ndarray:
    """Returns the face under the similarity that best maps its landmarks to the mean face's, drawn by Pillow."""
    wanted = (MEAN_FACE + padding) / (1 + 2 * padding) * size
    # With complex numbers, a similarity is one factor and one offset. Fit it towards the chip, where errors count;
    # Pillow needs the inverse.
    source, target = (points @ [1, 1j] for points in (landmarks, wanted))
    (factor, shift), *_ = np.linalg.lstsq(np.stack([source, np.ones(5)], axis=1), target, rcond=None)
    image = Image.fromarray(pixels)
    shrink = int(1 / abs(factor)) if abs(factor) < 0.5 else 1
    # Add a black border: Pillow would repeat the last pixels up to the edge, but the outside must be black.
    image = ImageOps.expand(image.reduce(shrink), 1)
    back = 1 / factor / shrink
    start = -shift * back + (1 + 1j)
    affine = [back.real, -back.imag, start.real, back.imag, back.real, start.imag]
    return np.asarray(image.transform((size, size), Image.Transform.AFFINE, affine, Image.Resampling.BILINEAR))


def face_vector(model: Model, photo: Photo, landmarks: list) -> np.ndarray:
    params = model.params
    places = np.array(landmarks) / photo.to_original
    chip = face_chip(photo.pixels, places, params["input_size"], params["template_padding"])
    (vector,) = next(iter(model.run(planes(chip)).values()))
    return vector / np.linalg.norm(vector)


def embedding(model: Model, photo: Photo) -> tuple[np.ndarray, list[dict]]:
    """Returns the vector, and the classes that are likely enough to be tags."""
    params = model.params
    height, width = photo.pixels.shape[:2]
    scale = params["resize_short"] / min(width, height)
    scaled = resize(photo.pixels, round(width * scale), round(height * scale))
    size = params["input_size"]
    top, left = ((side - size) // 2 for side in scaled.shape[:2])
    crop = scaled[top : top + size, left : left + size] / 255
    answer = model.run(planes((crop - params["mean"]) / params["std"]))
    (likelihood,) = answer["class_probs"]
    labels = model.lines("labels")
    sure = [i for i in np.argsort(-likelihood) if likelihood[i] >= params["tag_threshold"]]
    return answer["image_embedding"][0], [{"label": labels[i], "score": float(likelihood[i])} for i in sure]


def pdq(photo: Photo) -> dict:
    small = max(photo.pixels.shape[:2]) <= PDQ_SIDE
    bits, quality = pdqhash.compute(photo.pixels if small else resize(photo.pixels, PDQ_SIDE, PDQ_SIDE))
    return {"hash": np.packbits(bits.astype(np.uint8)).tobytes().hex(), "quality": int(quality)}


class TextReader:
    """RapidOCR itself, with the pack's files and parameters."""

    def __init__(self, folder: Path, detect: dict, recognise: dict, orient: dict) -> None:
        given, read, turn = detect["params"], recognise["params"], orient["params"]
        self._ocr = RapidOCR(
            params={
                "Global.log_level": "error",
                "Global.text_score": read["score_threshold"],
                "Global.max_side_len": given["max_side"],
                "Det.model_path": str(folder / detect["file"]),
                "Det.limit_side_len": given["limit_side"],
                "Det.mean": [given["mean"]] * 3,
                "Det.std": [given["std"]] * 3,
                "Det.thresh": given["threshold"],
                "Det.box_thresh": given["box_threshold"],
                "Det.unclip_ratio": given["unclip_ratio"],
                "Det.use_dilation": given["dilation"],
                "Rec.model_path": str(folder / recognise["file"]),
                "Rec.rec_img_shape": [3, read["height"], read["width"]],
                "Cls.model_path": str(folder / orient["file"]),
                "Cls.cls_image_shape": [3, turn["height"], turn["width"]],
                "Cls.cls_thresh": turn["threshold"],
            }
        )

    def __call__(self, photo: Photo) -> list[dict]:
        read = self._ocr(np.ascontiguousarray(photo.pixels[..., ::-1]))
        if not read.txts:
            return []
        quads = np.asarray(read.boxes) * photo.to_original
        return [
            {"text": text, "score": float(score), "quad": quad.tolist()}
            for text, score, quad in zip(read.txts, read.scores, quads)
        ]


class TextEncoder:
    """Encodes one text at a time, because the int8 graph quantises by the range of the whole batch."""

    def __init__(self, model: Model) -> None:
        self._model = model
        vocabulary = str(model.folder / model.params["vocab"])
        self._tokenizer = BertWordPieceTokenizer(vocabulary, lowercase=model.params["lower_case"])
        self._tokenizer.enable_truncation(max_length=model.params["max_tokens"])

    def __call__(self, text: str) -> np.ndarray:
        tokens = self._tokenizer.encode(text)
        ids, mask, types = (
            np.array([numbers], dtype=np.int64) for numbers in (tokens.ids, tokens.attention_mask, tokens.type_ids)
        )
        answer = self._model.run_named(input_ids=ids, attention_mask=mask, token_type_ids=types)
        (vector,) = answer["text_embedding"]
        return vector
