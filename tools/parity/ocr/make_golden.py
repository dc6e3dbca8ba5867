#!/usr/bin/env python3
"""Writes the results of RapidOCR for probability maps and lines, for the tests in src/analysis/ocr. (For its text, see
compare.py and tools/parity/models.)

    pip install -r requirements.txt
    ./make_golden.py

regions_golden.json: probability maps and the regions that RapidOCR's own DBPostProcess finds in them, with its default
settings. A map is stored as a list of soft-edged bars, because it has too many numbers. It is drawn here and by
text_regions_golden_test.cc with the same integer arithmetic.

lines_golden.json: for photos of many sizes, RapidOCR's input of the detector; for pictures drawn in the same way, the lines
that it cuts out, and the batches for its recogniser and its classifiers (48x192 and 80x160). Of images and tensors, only a
few dozen values are stored, at positions that follow a simple rule. The same seed gives the same file.
"""

from __future__ import annotations

import json
import random
from pathlib import Path

import numpy as np
from rapidocr import RapidOCR

TESTDATA = Path(__file__).resolve().parents[3] / "src/analysis/ocr/testdata"
MAPS = 60


def draw(bars: list[list[int]], width: int, height: int) -> np.ndarray:
    """Bars [cx, cy, ux, uy, half_length, half_height, peak]: (ux, uy) is the direction, times 1024; peak is in 1/1000.

    Whole numbers only until the last division, so that every language draws the very same map.
    """
    y, x = np.mgrid[0:height, 0:width].astype(np.int64)
    drawn = np.zeros((height, width), dtype=np.int64)
    for cx, cy, ux, uy, half_length, half_height, peak in bars:
        along = np.abs((x - cx) * ux + (y - cy) * uy)
        across = np.abs((y - cy) * ux - (x - cx) * uy)
        outside = np.maximum(np.maximum(along - half_length * 1024, across - half_height * 1024), 0)
        drawn = np.maximum(drawn, peak - outside * 150 // 1024)
    return (drawn.astype(np.float32) / np.float32(1000)).astype(np.float32)


def random_bars(rng: random.Random, width: int, height: int) -> list[list[int]]:
    bars = []
    for _ in range(rng.randint(1, 9)):
        angle = rng.choice([0.0, 0.0, rng.uniform(-0.3, 0.3), rng.uniform(-1.6, 1.6)])
        bars.append([
            rng.randint(-5, width + 5),
            rng.randint(-5, height + 5),
            round(1024 * float(np.cos(angle))),
            round(1024 * float(np.sin(angle))),
            rng.randint(1, 70),
            rng.randint(0, 9),
            rng.choice([1000, 900, 750, 600, 500, 400, 250]),
        ])
    return bars


def maps() -> dict:
    from rapidocr.ch_ppocr_det.utils import DBPostProcess

    rng = random.Random(736)
    cases = []
    for index in range(MAPS):
        width, height = rng.choice([(160, 96), (224, 160), (96, 224), (320, 64)])
        scale = rng.choice([1.0, 1.0, 0.61, 2.72])
        picture = [round(width * scale), round(height * scale * rng.choice([1.0, 0.97]))]
        options = {
            "threshold": 0.3,
            "box_threshold": 0.5,
            "unclip_ratio": rng.choice([1.6, 1.6, 2.0]),
            "dilation": index % 4 != 0,
        }
        bars = random_bars(rng, width, height)
        process = DBPostProcess(
            thresh=options["threshold"],
            box_thresh=options["box_threshold"],
            max_candidates=1000,
            unclip_ratio=options["unclip_ratio"],
            score_mode="fast",
            use_dilation=options["dilation"],
        )
        quads, scores = process(draw(bars, width, height)[None, None], (picture[1], picture[0]))
        regions = [
            {"quad": np.asarray(quad).astype(int).tolist(), "score": round(float(score), 4)}
            for quad, score in zip(quads, scores)
        ]
        cases.append({"map": [width, height], "picture": picture, "options": options, "bars": bars, "regions": regions})
    return {"cases": cases}


SIZES = [
    *[(640, 480), (1280, 960), (1004, 958), (2048, 1536), (3000, 2171), (970, 2204), (2048, 1152), (1366, 2048)],
    *[(2001, 1000), (2000, 250), (2000, 249), (2000, 240), (1601, 200), (1007, 100), (400, 31), (400, 30), (400, 29)],
    *[(300, 25), (60, 20), (20, 60), (29, 29), (30, 30), (31, 30), (1, 1), (500, 8), (640, 24), (100, 700), (33, 264)],
]
PICTURES = 6
SAMPLES = 48


def picture(width: int, height: int, seed: int) -> np.ndarray:
    """Steps, slopes and small squares, on which each kind of interpolation gives a different result."""
    y, x = np.mgrid[0:height, 0:width].astype(np.int64)
    red = (x * 7 + y * 3 + seed * 31) % 256
    green = (x // 4 + y // 3 + seed) % 5 * 60
    blue = (x * y // 5 + seed * 17) % 256
    return np.ascontiguousarray(np.stack([red, green, blue], axis=-1).astype(np.uint8))


def places(count: int) -> list[int]:
    """Indices spread over `count` values, including the first and the last."""
    return [index * (count - 1) // (SAMPLES - 1) for index in range(SAMPLES)]


def samples(values: np.ndarray) -> list:
    flat = values.ravel()
    return [round(float(flat[place]), 4) for place in places(flat.size)]


class Shown:
    """Replaces a network and records its inputs."""

    def __init__(self, answer: tuple[int, ...]) -> None:
        self.tensors: list[np.ndarray] = []
        self._answer = answer

    def __call__(self, tensor: np.ndarray) -> np.ndarray:
        self.tensors.append(tensor)
        shape = (tensor.shape[0], *self._answer) if self._answer else (1, 1, *tensor.shape[2:])
        return np.zeros(shape, dtype=np.float32)


def size_case(reader: RapidOCR, width: int, height: int) -> dict:
    detector = reader._load_det_model()
    detector.session = Shown(())
    seen, record = reader.preprocess_img(np.zeros((height, width, 3), dtype=np.uint8))
    reader.run_ocr_steps(seen, record)
    padding = record["padding_1"]
    network = detector.session.tensors[0].shape
    return {"photo": [width, height], "scaled": [seen.shape[1], seen.shape[0]], "pad_y": padding["top"],
            "network": [network[3], network[2]]}


def random_quads(rng: random.Random, width: int, height: int) -> list[list[list[int]]]:
    """Horizontal, tilted, vertical and irregular quads; clockwise from the top left."""
    quads = []
    for index in range(9):
        long, short = rng.randint(12, width // 2), rng.randint(6, 24)
        if index % 4 == 3:
            long, short = rng.randint(8, 12), rng.randint(20, height // 2)
        left, top = rng.randint(0, width - long - 10), rng.randint(0, height - short - 10)
        tilt = 0 if index % 3 == 0 else rng.randint(1, 9)
        quad = [[left, top], [left + long, top + tilt], [left + long - tilt // 2, top + short + tilt], [left, top + short]]
        quads.append([[min(x, width - 1), min(y, height - 1)] for x, y in quad])
    # Longer than any network's width, and up to the edges.
    quads.append([[0, 0], [width - 1, 0], [width - 1, 13], [0, 13]])
    quads.append([[0, height - 8], [width - 1, height - 9], [width - 1, height - 1], [0, height - 1]])
    return quads


def batches_of(network: Shown) -> list[dict]:
    return [{"shape": list(tensor.shape), "samples": samples(tensor)} for tensor in network.tensors]


def line_case(reader: RapidOCR, seed: int) -> dict:
    rng = random.Random(seed)
    width, height = rng.randint(200, 520), rng.randint(90, 240)
    quads = random_quads(rng, width, height)
    drawn = np.ascontiguousarray(picture(width, height, seed)[..., ::-1])
    lines = reader.crop_text_regions(drawn, np.array(quads, dtype=np.float32))
    recogniser, classifier = reader._load_rec_model(), reader._load_cls_model()
    classes = len(recogniser.postprocess_op.character)
    recogniser.session = Shown((5, classes))
    reader.recognize_txt(list(lines))
    turned = {}
    for name, shape in (("orient", [3, 48, 192]), ("orient_v5", [3, 80, 160])):
        classifier.cls_image_shape, classifier.session = shape, Shown((2,))
        classifier(list(lines))
        turned[name] = batches_of(classifier.session)
    cut = [{"quad": quad, "size": [line.shape[1], line.shape[0]], "samples": samples(line[..., ::-1])}
           for quad, line in zip(quads, lines)]
    return {"picture": [width, height, seed], "lines": cut, "recognise": batches_of(recogniser.session), **turned}


def lines() -> dict:
    reader = RapidOCR(params={"Global.log_level": "error"})
    sizes = [size_case(reader, width, height) for width, height in SIZES]
    return {"cases": [*sizes, *(line_case(reader, seed) for seed in range(PICTURES))]}


def write(name: str, golden: dict) -> None:
    cases = ",\n".join(json.dumps(case, ensure_ascii=False, separators=(",", ":")) for case in golden["cases"])
    TESTDATA.mkdir(parents=True, exist_ok=True)
    (TESTDATA / name).write_text(f'{{"cases": [\n{cases}\n]}}\n', encoding="utf-8")
    print(f"{len(golden['cases'])} cases in {TESTDATA / name}")


def main() -> None:
    write("regions_golden.json", maps())
    write("lines_golden.json", lines())


if __name__ == "__main__":
    main()
