#!/usr/bin/env python3
"""Writes the results of InsightFace and OpenCV for photos and face models with random weights, for src/analysis/faces.

    pip install -r requirements.txt
    ./make_golden.py

The graphs (graphs.py) have the inputs and outputs of published models. The libraries' own code runs around them:
insightface's SCRFD, ArcFaceONNX and norm_crop, OpenCV's FaceDetectorYN and FaceRecognizerSF, and for RetinaFace the
anchors, decoding and suppression of facexlib, which come from the PyTorch port. Photos are fitted into the input like
SCRFD's, also for YuNet and RetinaFace, whose own programs take any size. The same seed gives the same weights.
"""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import insightface
import numpy as np
import onnxruntime as ort
import torch
from facexlib.detection import retinaface_utils
from insightface.app.common import Face
from insightface.model_zoo.arcface_onnx import ArcFaceONNX
from insightface.model_zoo.scrfd import SCRFD
from insightface.utils import face_align

import graphs

ROOT = Path(__file__).resolve().parents[3]
TESTDATA = ROOT / "src/analysis/faces/testdata"
SIZE = 640
MARGIN = 0.005  # boxes slightly below the threshold are written too
PHOTOS = ["astronaut.png", "cat.png", "pagoda.jpg", "biden.jpg", "solvay_1927.jpg"]

# The landmarks that the starter pack's SCRFD detects.
FACES = {
    "astronaut.png": [[[204.4, 100.8], [247.3, 103.1], [223.5, 128.4], [201.2, 138.5], [246.4, 140.6]]],
    "biden.jpg": [[[528.2, 324.7], [652.4, 346.5], [595.6, 402.6], [524.0, 460.3], [619.7, 478.6]]],
    "obama.jpg": [[[442.7, 213.9], [549.0, 210.5], [499.5, 276.9], [441.3, 320.4], [552.2, 316.7]]],
    "solvay_1927.jpg": [
        [[2311.8, 882.9], [2346.1, 876.3], [2330.6, 899.8], [2322.2, 916.1], [2350.0, 911.1]],
        [[2611.9, 882.6], [2645.7, 880.2], [2625.7, 902.4], [2619.6, 920.2], [2645.8, 918.1]],
    ],
}


def load(photo: str) -> np.ndarray:
    return cv2.imread(str(ROOT / "samples" / photo), cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION)


def fit(image: np.ndarray) -> tuple[np.ndarray, float]:
    """insightface's SCRFD._detect_candidates, for a square."""
    ratio = image.shape[0] / image.shape[1]
    height, width = (SIZE, int(SIZE / ratio)) if ratio > 1 else (int(SIZE * ratio), SIZE)
    square = np.zeros((SIZE, SIZE, 3), dtype=np.uint8)
    square[:height, :width] = cv2.resize(image, (width, height))
    return square, height / image.shape[0]


def scrfd(path: Path, image: np.ndarray, threshold: float):
    detector = SCRFD(str(path), static_shape_sessions=False)
    detector.prepare(0, det_thresh=threshold, input_size=(SIZE, SIZE))
    boxes, points = detector.detect(image)
    return [
        [float(box[4]), *map(float, box[:4]), *([] if points is None else map(float, points[i].flatten()))]
        for i, box in enumerate(boxes)
    ]


def yunet(path: Path, image: np.ndarray, threshold: float):
    square, scale = fit(image)
    detector = cv2.FaceDetectorYN.create(str(path), "", (SIZE, SIZE), threshold, 0.3, 5000)
    _, rows = detector.detect(square)
    found = []
    for row in [] if rows is None else rows:
        x, y, width, height = row[:4] / scale
        corners = map(float, (x, y, x + width, y + height))
        found.append([float(row[14]), *corners, *map(float, row[4:14] / scale)])
    return found


def retinaface(path: Path, image: np.ndarray, threshold: float):
    square, scale = fit(image)
    pixels = (square.astype(np.float32) - np.array([104, 117, 123], dtype=np.float32)).transpose(2, 0, 1)[None]
    boxes, classes, points = ort.InferenceSession(str(path)).run(None, {"input": pixels})
    config = {"min_sizes": [[16, 32], [64, 128], [256, 512]], "steps": [8, 16, 32], "clip": False}
    priors = retinaface_utils.PriorBox(config, image_size=(SIZE, SIZE)).forward()
    variance = [0.1, 0.2]
    decoded = retinaface_utils.decode(torch.from_numpy(boxes[0]), priors, variance).numpy() * SIZE / scale
    landmarks = retinaface_utils.decode_landm(torch.from_numpy(points[0]), priors, variance).numpy() * SIZE / scale
    scores = classes[0, :, 1]
    kept = np.where(scores > threshold)[0]
    kept = kept[scores[kept].argsort()[::-1]]
    rows = np.hstack([decoded[kept], scores[kept, None]]).astype(np.float32)
    return [
        [float(rows[i, 4]), *map(float, rows[i, :4]), *map(float, landmarks[kept[i]])]
        for i in retinaface_utils.py_cpu_nms(rows, 0.4)
    ]


def level_names(*kinds: str, strides: tuple[int, ...] = graphs.STRIDES) -> list[str]:
    return [f"{kind}_{stride}" for kind in kinds for stride in strides]


DETECTORS = {
    # name: family, network, outputs, whether the graph fixes its size, threshold, how to ask
    "scrfd": ("scrfd", lambda: graphs.Scrfd(True), level_names("score", "bbox", "kps"), False, 0.5, scrfd),
    "scrfd_boxes": ("scrfd", lambda: graphs.Scrfd(False), level_names("score", "bbox"), False, 0.5, scrfd),
    "scrfd_five": ("scrfd", lambda: graphs.Scrfd(True, 5), level_names("score", "bbox", "kps", strides=graphs.FIVE_STRIDES),
                   False, 0.5, scrfd),
    "scrfd_five_boxes": ("scrfd", lambda: graphs.Scrfd(False, 5), level_names("score", "bbox", strides=graphs.FIVE_STRIDES),
                         False, 0.5, scrfd),
    "retinaface": ("retinaface", graphs.RetinaFace, ["loc", "conf", "landms"], False, 0.6, retinaface),
    "yunet": ("yunet", graphs.YuNet, level_names("cls", "obj", "bbox", "kps"), True, 0.7, yunet),
}


def write_detector(name: str) -> dict:
    family, make, outputs, fixed, threshold, ask = DETECTORS[name]
    network = graphs.randomise(make(), 7)
    square = fit(load("astronaut.png"))[0].astype(np.float32)
    if family == "scrfd":
        square = (square[:, :, ::-1] - 127.5) / 128
    pixels = torch.from_numpy(np.ascontiguousarray(square.transpose(2, 0, 1)[None]))
    graphs.calibrate(network, pixels, threshold, 60)
    path = TESTDATA / f"{name}.onnx"
    graphs.export(network, path, (1, 3, SIZE, SIZE), outputs, {} if fixed else {"input": {2: "height", 3: "width"}})
    cases = []
    for photo in PHOTOS:
        rows = ask(path, load(photo), threshold - MARGIN)
        faces = [[round(row[0], 6), *(round(v, 3) for v in row[1:])] for row in rows]
        cases.append({"photo": f"samples/{photo}", "faces": faces})
    print(name, path.stat().st_size, [len(case["faces"]) for case in cases])
    return {"name": name, "family": family, "threshold": threshold, "cases": cases}


def write_recognisers() -> list[dict]:
    arcface = TESTDATA / "arcface.onnx"
    sface = TESTDATA / "sface.onnx"
    shape = (1, 3, 112, 112)
    free_batch = {"input": {0: "n"}, "embedding": {0: "n"}}
    graphs.export(graphs.randomise(graphs.Recogniser(14, 1.0), 3), arcface, shape, ["embedding"], free_batch)
    graphs.export(graphs.randomise(graphs.Recogniser(28, 1 / 64), 4), sface, shape, ["fc1"], {})
    insight = ArcFaceONNX(str(arcface))
    opencv = cv2.FaceRecognizerSF.create(str(sface), "")
    cases = []
    for photo, faces in FACES.items():
        image = load(photo)
        for points in faces:
            landmarks = np.array(points, dtype=np.float32)
            chip = face_align.norm_crop(image, landmarks)
            row = np.zeros((1, 15), dtype=np.float32)
            row[0, 4:14] = landmarks.flatten()
            aligned = opencv.alignCrop(image, row)
            name = f"chip_{len(cases)}.png"
            cv2.imwrite(str(TESTDATA / name), chip)
            cases.append({
                "photo": f"samples/{photo}",
                "landmarks": points,
                "chip": name,
                "chip_difference": round(float(np.abs(chip.astype(int) - aligned).mean()), 4),
                "arcface": [round(float(v), 5) for v in insight.get(image, Face(kps=landmarks))],
                "sface": [round(float(v), 5) for v in opencv.feature(aligned).flatten()],
            })
    print("recognisers", arcface.stat().st_size, sface.stat().st_size, [case["chip_difference"] for case in cases])
    return cases


def main() -> None:
    TESTDATA.mkdir(parents=True, exist_ok=True)
    golden = {
        "versions": {"insightface": insightface.__version__, "opencv": cv2.__version__},
        "detectors": [write_detector(name) for name in DETECTORS],
        "recognised": write_recognisers(),
    }
    text = json.dumps(golden, separators=(",", ":"))
    (TESTDATA / "faces_golden.json").write_text(text.replace('{"photo"', '\n{"photo"') + "\n")


if __name__ == "__main__":
    main()
