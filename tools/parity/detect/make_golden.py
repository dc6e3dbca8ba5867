#!/usr/bin/env python3
"""Writes the results of transformers for photos and detectors with random weights, for src/analysis/detect.

    pip install -r requirements.txt
    ./make_golden.py

The graphs (graphs.py) are small but have the layouts that people use. The image processor of transformers makes their
input, in both its variants (torchvision, Pillow); its post_process_object_detection decodes their output. For RF-DETR,
the package rfdetr does both, around a substitute for its network with the same inputs and outputs. A graph that returns
labels, boxes and scores itself is compared with transformers around the same network without that end. ONNX Runtime runs
the graphs, as in the program. Pillow must be version 12: 13 scales tall photos down before it scales them across, which
rounds some bytes differently. The same seed gives the same weights. Run it again when a family or a version in
requirements.txt changes. Install rfdetr and torch with --no-deps where their dependencies are not wanted.
"""

from __future__ import annotations

import json
import tempfile
import warnings
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import onnxruntime as ort
import torch
import transformers as hf
from PIL import Image, ImageOps

from graphs import LAYOUTS, Layout, export, spread

ROOT = Path(__file__).resolve().parents[3]
TESTDATA = ROOT / "src/analysis/detect/testdata"

# Boxes slightly below the threshold are written too, because the C++ side may score them slightly higher.
MARGIN = 0.005


@dataclass
class Family:
    family: str  # ModelSpec::family
    processor: str  # of transformers; "" for rfdetr
    classes: int
    threshold: float = 0.5
    size: dict | None = None

    @property
    def softmax(self) -> bool:
        return self.classes == 92


FAMILIES = {
    "detr": Family("detr", "DetrImageProcessor", 92, 0.7),
    "conditional_detr": Family("conditional-detr", "ConditionalDetrImageProcessor", 91),
    "deformable_detr": Family(
        "deformable-detr", "DeformableDetrImageProcessor", 91, size={"height": 256, "width": 320}
    ),
    "yolos": Family("yolos", "YolosImageProcessor", 92, 0.7, size={"height": 256, "width": 416}),
    "rt_detr": Family("rt-detr", "RTDetrImageProcessor", 80),
    "rt_detr_v2": Family("rt-detr", "RTDetrImageProcessor", 80),
    "d_fine": Family("d-fine", "RTDetrImageProcessor", 80),
    "bytes": Family("rt-detr", "RTDetrImageProcessor", 80),
    "answers": Family("rt-detr", "RTDetrImageProcessor", 80),
    "rf_detr": Family("rf-detr", "", 91),
}

PHOTOS = {
    "samples/solvay_1927.jpg": "large, grey",
    "samples/biden.jpg": "portrait",
    "samples/cat.png": "lossless",
    "samples/cameraman.png": "lossless, grey",
    "samples/pagoda.jpg": "landscape",
    "src/analysis/detect/testdata/tiny.png": "tiny, lossless",
    "src/analysis/detect/testdata/panorama.jpg": "panoramic",
    "src/analysis/detect/testdata/rotated.jpg": "rotated by EXIF",
}


def derive_photos() -> None:
    def open_sample(name: str) -> Image.Image:
        return Image.open(ROOT / "samples" / name).convert("RGB")

    TESTDATA.mkdir(parents=True, exist_ok=True)
    open_sample("fruits.jpg").resize((41, 29)).save(TESTDATA / "tiny.png")
    open_sample("old_town.jpg").crop((0, 250, 751, 390)).save(TESTDATA / "panorama.jpg", quality=85)
    exif = Image.Exif()
    exif[0x0112] = 6  # rotate by 90 degrees clockwise
    open_sample("robin.jpg").rotate(90, expand=True).save(TESTDATA / "rotated.jpg", quality=85, exif=exif)


def load(photo: str) -> Image.Image:
    return ImageOps.exif_transpose(Image.open(ROOT / photo)).convert("RGB")


def processor_of(family: Family, backend: str):
    name = family.processor + ("Pil" if backend == "pil" else "")
    return getattr(hf, name)(**({"size": family.size} if family.size else {}))


def to_inputs(session: ort.InferenceSession, pixels: np.ndarray) -> dict[str, np.ndarray]:
    inputs = {"pixel_values": pixels}
    if any(node.name == "pixel_mask" for node in session.get_inputs()):
        inputs["pixel_mask"] = np.ones((1, 64, 64), dtype=np.int64)
    return inputs


def by_transformers(session: ort.InferenceSession, family: Family, layout: Layout, photo: Image.Image, backend: str):
    processor = processor_of(family, backend)
    if layout.bytes_inside:
        pixels = processor(photo, return_tensors="np", do_rescale=False)["pixel_values"]
        pixels = np.ascontiguousarray(pixels.transpose(0, 2, 3, 1)).astype(np.uint8)
    else:
        pixels = processor(photo, return_tensors="np")["pixel_values"].astype(np.float32)
    logits, boxes = session.run(["logits", "pred_boxes"], to_inputs(session, pixels))
    outputs = hf.utils.ModelOutput(logits=torch.from_numpy(logits), pred_boxes=torch.from_numpy(boxes))
    (found,) = processor.post_process_object_detection(
        outputs, threshold=family.threshold - MARGIN, target_sizes=[photo.size[::-1]]
    )
    return [
        (int(label), float(score), [float(v) for v in box])
        for label, score, box in zip(found["labels"], found["scores"], found["boxes"])
    ]


def by_rfdetr(session: ort.InferenceSession, family: Family, photo: Image.Image):
    from rfdetr.export._runtime.decode import decode_detections
    from rfdetr.export._runtime.preprocess import preprocess_to_nchw

    height, width = session.get_inputs()[0].shape[2:]
    pixels = preprocess_to_nchw(photo, height, width)
    boxes, logits = session.run(["dets", "labels"], {"pixel_values": pixels})
    found = decode_detections(
        boxes[0], logits[0], photo.size, threshold=family.threshold - MARGIN, background_class_id=None
    )
    return [
        (int(label), float(score), [float(v) for v in box])
        for label, score, box in zip(found.class_id, found.confidence, found.xyxy)
    ]


def write_graph(name: str, family: Family, layout: Layout) -> tuple[Path, ort.InferenceSession]:
    """Returns the file, and the network that transformers is put around: the same, but without the graph's own decoding."""
    torch.manual_seed(20)
    network = layout.make().eval()
    height, width = layout.shape
    names = ["pagoda.jpg", "cat.png", "solvay_1927.jpg"]
    photos = [load(f"samples/{photo}").resize((width, height)) for photo in names]
    pixels = torch.from_numpy(np.stack([np.asarray(photo, dtype=np.float32) / 255 for photo in photos]))
    pixels = pixels.permute(0, 3, 1, 2)
    if not family.processor.startswith("RTDetr"):
        pixels = (pixels - 0.45) / 0.225
    spread(network, pixels, family.threshold, family.softmax)
    path = TESTDATA / f"{name}.onnx"
    export(network, layout, path)
    if not layout.answers:
        return path, ort.InferenceSession(str(path))
    with tempfile.TemporaryDirectory() as folder:
        plain = Path(folder) / "plain.onnx"
        export(network, replace(layout, answers=False, outputs=["logits", "pred_boxes"]), plain)
        return path, ort.InferenceSession(str(plain))


def main() -> None:
    warnings.filterwarnings("ignore")
    derive_photos()
    models = []
    for name, family in FAMILIES.items():
        layout = LAYOUTS[name]
        path, session = write_graph(name, family, layout)
        cases = []
        for photo in PHOTOS:
            for backend in ["torchvision", "pil"] if family.processor else ["rfdetr"]:
                image = load(photo)
                found = (
                    by_transformers(session, family, layout, image, backend)
                    if family.processor
                    else by_rfdetr(session, family, image)
                )
                boxes = [
                    [label, round(score, 6), *[round(v, 3) for v in box]] for label, score, box in found
                ]
                cases.append({"photo": photo, "processor": backend, "boxes": boxes})
        models.append({
            "name": name,
            "family": family.family,
            "threshold": family.threshold,
            "classes": family.classes,
            "cases": cases,
        })
        print(name, path.stat().st_size, [len(case["boxes"]) for case in cases])
    versions = {"transformers": hf.__version__, "onnxruntime": ort.__version__}
    text = json.dumps({"versions": versions, "models": models}, separators=(",", ":"))
    (TESTDATA / "detr_golden.json").write_text(text.replace('{"photo"', '\n{"photo"') + "\n")


if __name__ == "__main__":
    main()
