#!/usr/bin/env python3
"""The five analyses as a careful engineer writes them in Python: python_stack.py PHOTOS MODELS [--json FILE]

PHOTOS is a folder of JPEGs, MODELS the output of bench/graphs.py. Threads take photos from one queue. Each photo is decoded
once, at half its size in the decoder, and shared by all five: DETR-R50 (transformers, its own image processor), OpenCLIP
ViT-B/32 (its own transform), RapidOCR with PP-OCRv6 small, SCRFD and ArcFace-R50 (ONNX Runtime, all faces of a photo in one
batch), PDQ (pdqhash, from 512 pixels, as its authors recommend). The time is measured from the first photo to the last, after
models are loaded and warm.

    --workers N --threads N    number of threads that take photos, and of threads within each model (default: 4 and 1)
    --tune                     measure several numbers of threads on the first photos, print the fastest, and stop
    --findings                 add the findings of each photo to the JSON
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import sys
import threading
import time
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
import onnxruntime as ort
import open_clip
import pdqhash
import torch
from PIL import Image
from rapidocr import RapidOCR
from transformers import DetrForObjectDetection, DetrImageProcessor

PDQ_SIDE = 512
FACE_SIDE = 640
FACE_SCORE, FACE_IOU = 0.5, 0.4
OBJECT_SCORE = 0.7
TEXT_SCORE = 0.5
STRIDES = (8, 16, 32)
# The positions of eyes, nose and mouth corners that ArcFace needs in 112 x 112.
ARCFACE = np.float32([[38.2946, 51.6963], [73.5318, 51.5014], [56.0252, 71.7366], [41.5493, 92.3655], [70.7299, 92.2041]])
LAYOUTS = ((4, 1), (2, 1), (1, 2), (2, 2), (3, 1))


class Stages:
    """Milliseconds per stage, summed over threads."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.seconds: dict[str, float] = defaultdict(float)

    @contextmanager
    def stage(self, name: str):
        begin = time.perf_counter()
        yield
        spent = time.perf_counter() - begin
        with self.lock:
            self.seconds[name] += spent


def session(path: Path, threads: int) -> ort.InferenceSession:
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    return ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


class Faces:
    """SCRFD as InsightFace runs it, then ArcFace on upright face chips."""

    def __init__(self, pack: Path, threads: int) -> None:
        self.detector = session(pack / "scrfd.onnx", threads)
        self.recogniser = session(pack / "arcface_r50.onnx", threads)
        self.anchors = {}
        for stride in STRIDES:
            side = FACE_SIDE // stride
            grid = np.stack(np.mgrid[:side, :side][::-1], -1).reshape(-1, 2).astype(np.float32) * stride
            self.anchors[stride] = np.repeat(grid, 2, 0)

    def detect(self, bgr: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Returns boxes (x, y, x, y, score) and five points per box, in pixels of the photo."""
        scale = FACE_SIDE / max(bgr.shape[:2])
        size = (round(bgr.shape[1] * scale), round(bgr.shape[0] * scale))
        canvas = np.zeros((FACE_SIDE, FACE_SIDE, 3), np.uint8)
        canvas[: size[1], : size[0]] = cv2.resize(bgr, size)
        blob = cv2.dnn.blobFromImage(canvas, 1 / 128, (FACE_SIDE, FACE_SIDE), (127.5,) * 3, swapRB=True)
        outputs = self.detector.run(None, {self.detector.get_inputs()[0].name: blob})
        rows = {(output.shape[-2], output.shape[-1]): output.reshape(output.shape[-2:]) for output in outputs}
        found = [self.decode(stride, rows) for stride in STRIDES]
        boxes, points = (np.concatenate([level[i] for level in found]) for i in range(2))
        kept = self.suppress(boxes)
        boxes[:, :4] /= scale
        return boxes[kept], points[kept] / scale

    def decode(self, stride: int, rows: dict) -> tuple[np.ndarray, np.ndarray]:
        anchors = self.anchors[stride]
        count = len(anchors)
        scores = rows[count, 1][:, 0]
        good = np.flatnonzero(scores >= FACE_SCORE)
        centres, reach = anchors[good], rows[count, 4][good] * stride
        points = centres[:, None] + rows[count, 10][good].reshape(-1, 5, 2) * stride
        return np.hstack([centres - reach[:, :2], centres + reach[:, 2:], scores[good, None]]), points

    @staticmethod
    def suppress(boxes: np.ndarray) -> np.ndarray:
        if not len(boxes):
            return np.zeros(0, int)
        sizes = np.hstack([boxes[:, :2], boxes[:, 2:4] - boxes[:, :2]])
        return np.asarray(cv2.dnn.NMSBoxes(sizes.tolist(), boxes[:, 4].tolist(), FACE_SCORE, FACE_IOU)).flatten()

    def recognise(self, bgr: np.ndarray, points: np.ndarray) -> np.ndarray:
        chips = []
        for five in points:
            matrix, _ = cv2.estimateAffinePartial2D(five, ARCFACE, method=cv2.LMEDS)
            chips.append(cv2.warpAffine(bgr, matrix, (112, 112)))
        blob = cv2.dnn.blobFromImages(chips, 1 / 127.5, (112, 112), (127.5,) * 3, swapRB=True)
        vectors = self.recogniser.run(None, {self.recogniser.get_inputs()[0].name: blob})[0]
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def reader(pack: Path, threads: int) -> RapidOCR:
    """RapidOCR with the pack's model files and score; everything else is RapidOCR's default."""
    return RapidOCR(params={
        "Global.log_level": "error", "Global.text_score": TEXT_SCORE, "Det.model_path": str(pack / "ocr_detect.onnx"),
        "Rec.model_path": str(pack / "ocr_recognise.onnx"), "Cls.model_path": str(pack / "ocr_orient.onnx"),
        "EngineConfig.onnxruntime.intra_op_num_threads": threads, "EngineConfig.onnxruntime.inter_op_num_threads": 1})


class Clip:
    def __init__(self, models: Path) -> None:
        self.network = open_clip.create_model("ViT-B-32", pretrained=None)
        self.network.load_state_dict(torch.load(models / "peer/clip.pt", weights_only=True))
        self.network.transformer = self.network.token_embedding = None  # text is not encoded here
        self.network.eval()
        self.transform = open_clip.image_transform(224, is_train=False)

    def embed(self, rgb: np.ndarray) -> np.ndarray:
        return self.network.encode_image(self.transform(Image.fromarray(rgb))[None], normalize=True)[0].numpy()


class Objects:
    def __init__(self, models: Path) -> None:
        self.network = DetrForObjectDetection.from_pretrained(models / "peer/detr").eval()
        self.processor = DetrImageProcessor(size={"shortest_edge": 800, "longest_edge": 1333})

    def find(self, rgb: np.ndarray, stages: Stages) -> list[dict]:
        with stages.stage("objects.prepare"):
            inputs = self.processor(images=torch.from_numpy(rgb).permute(2, 0, 1), return_tensors="pt")
        outputs = self.network(**inputs)
        found = self.processor.post_process_object_detection(outputs, OBJECT_SCORE, [rgb.shape[:2]])[0]
        return [{"label": int(label), "score": float(score), "box": box.tolist()}
                for label, score, box in zip(found["labels"], found["scores"], found["boxes"])]


@dataclass
class Result:
    photos: int = 0
    seconds: float = 0.0
    stages: Stages = field(default_factory=Stages)
    findings: list[dict] = field(default_factory=list)


class Stack:
    def __init__(self, models: Path, threads: int) -> None:
        torch.set_num_threads(threads)
        cv2.setNumThreads(threads)
        pack = models / "models/bench-classic"
        self.objects, self.clip = Objects(models), Clip(models)
        self.reader, self.faces = reader(pack, threads), Faces(pack, threads)

    def look(self, path: Path, stages: Stages) -> dict:
        with stages.stage("decode"):
            bgr = cv2.imread(str(path), cv2.IMREAD_REDUCED_COLOR_2)  # upright, at half the size
            if bgr is None:
                raise SystemExit(f"python_stack.py: {path} is not a JPEG that OpenCV can read")
            rgb = cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB)
        with torch.inference_mode(), stages.stage("objects"):
            objects = self.objects.find(rgb, stages)
        with torch.inference_mode(), stages.stage("embedding"):
            self.clip.embed(rgb)
        with stages.stage("text"):
            lines = self.reader(bgr)
        with stages.stage("faces.detect"):
            boxes, points = self.faces.detect(bgr)
        with stages.stage("faces.recognise"):
            if len(points):
                self.faces.recognise(bgr, points)
        with stages.stage("pdq"):
            scale = PDQ_SIDE / max(rgb.shape[:2])
            small = cv2.resize(rgb, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
            bits, quality = pdqhash.compute(small)
        return {"photo": path.name, "objects": objects, "text": list(lines.txts or ()), "faces": boxes.tolist(),
                "pdq": np.packbits(bits).tobytes().hex(), "quality": int(quality)}

    def run(self, photos: list[Path], workers: int) -> Result:
        result = Result(photos=len(photos))
        with ThreadPoolExecutor(workers) as pool:
            begin = time.perf_counter()
            result.findings = list(pool.map(lambda path: self.look(path, result.stages), photos))
            result.seconds = time.perf_counter() - begin
        return result


def report(result: Result, workers: int, threads: int) -> dict:
    return {
        "photos": result.photos, "seconds": result.seconds, "photos_per_minute": result.photos * 60 / result.seconds,
        "peak_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024, "workers": workers, "threads": threads,
        "stages_ms": {name: spent * 1000 / result.photos for name, spent in result.stages.seconds.items()},
        "found": {name: sum(len(one[name]) for one in result.findings) for name in ("objects", "text", "faces")},
        "versions": {module.__name__: module.__version__ for module in (torch, ort, cv2, np)},
    }


def tune(photos: list[Path], models: Path) -> dict:
    """Photos per minute of each number of threads; models are reloaded when their number of threads changes."""
    speeds = {}
    for threads in sorted({layout[1] for layout in LAYOUTS}):
        if threads > (os.cpu_count() or 1):
            continue
        stack = Stack(models, threads)
        stack.look(photos[0], Stages())
        for workers in (layout[0] for layout in LAYOUTS if layout[1] == threads):
            result = stack.run(photos, workers)
            speeds[f"{workers}x{threads}"] = result.photos * 60 / result.seconds
            print(f"{workers} workers of {threads} threads: {speeds[f'{workers}x{threads}']:.1f} photos per minute",
                  file=sys.stderr)
    return {"layouts": speeds, "best": max(speeds, key=speeds.get)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photos", type=Path)
    parser.add_argument("models", type=Path)
    parser.add_argument("--count", type=int, help="use only the first photos; default: all")
    parser.add_argument("--workers", type=int, default=4)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--tune", action="store_true")
    parser.add_argument("--findings", action="store_true")
    parser.add_argument("--json", type=Path, help="write the report to this file; default: standard output")
    args = parser.parse_args()
    photos = sorted(args.photos.glob("*.jpg"))[: args.count]
    if not photos:
        parser.error(f"{args.photos} has no *.jpg; make some with bench/photos.py")
    if args.tune:
        answer = tune(photos, args.models)
    else:
        stack = Stack(args.models, args.threads)
        stack.run(photos[: args.workers], args.workers)  # warm up
        result = stack.run(photos, args.workers)
        answer = report(result, args.workers, args.threads)
        if args.findings:
            answer["findings"] = result.findings
    text = json.dumps(answer, indent=1) + "\n"
    if args.json:
        args.json.write_text(text, encoding="utf-8")
    else:
        sys.stdout.write(text)


if __name__ == "__main__":
    main()
