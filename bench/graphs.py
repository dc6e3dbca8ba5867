#!/usr/bin/env python3
"""Makes the models of the benchmark, with the same weights for both sides: ./graphs.py FOLDER [--starter FOLDER]

DETR-R50, D-FINE-N and -S, OpenCLIP ViT-B/32 and ArcFace-R50 are not in package registries. They are made from their
authors' architectures at full size, with seeded random weights. Normalisations are fitted to samples, so that activations
are like those of trained networks, and the detectors report a few objects per photo. PP-OCRv6 small (package rapidocr)
and SCRFD (from the starter pack) are real. FOLDER then contains

    peer/            the files that PyTorch loads: detr/ (transformers), clip.pt (open_clip)
    models/          the packs bench-classic and bench-fast for calotype; the Python stack uses their ONNX files
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import importlib.util
import json
import math
import os
import shutil
import sys
import warnings
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import open_clip
import rapidocr
import torch
import transformers as hf
from PIL import Image
from torch import nn

import mobile_face

ROOT = Path(__file__).resolve().parents[1]


def sibling(path: Path, name: str):
    """Imports a script from another folder as a module."""
    spec = importlib.util.spec_from_file_location(name, path)
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


# Used for its exporter, and for how it spreads the results of the last layers.
parity = sibling(ROOT / "tools/parity/detect/graphs.py", "parity_detectors")

SEED = 20261125
# Objects per photo, of 100 or 300 queries: as many as a detector reports in a photo of a street or a room.
REPORTED = 6
# The photos to which the last layers are fitted.
FITTING = ("astronaut.png", "coffee.png", "motorcycle.png", "old_town.jpg", "fruits.jpg", "solvay_1927.jpg")
HGNET_B0 = {
    "stem_channels": [3, 16, 16],
    "hidden_sizes": [64, 256, 512, 1024],
    "stage_in_channels": [16, 64, 256, 512],
    "stage_mid_channels": [16, 32, 64, 128],
    "stage_out_channels": [64, 256, 512, 1024],
    "stage_num_blocks": [1, 1, 2, 1],
    "stage_downsample": [False, True, True, True],
    "stage_light_block": [False, False, True, True],
    "stage_kernel_size": [3, 3, 5, 5],
    "stage_numb_of_layers": [3, 3, 3, 3],
    "use_learnable_affine_block": True,
}
# The authors' configurations (dfine_hgnetv2_{n,s}_coco.yml), with transformers' names.
D_FINE = {
    "n": {
        "stages": ["stage3", "stage4"],
        "encoder_in_channels": [512, 1024], "feat_strides": [16, 32], "encode_proj_layers": [1], "num_feature_levels": 2,
        "encoder_hidden_dim": 128, "encoder_ffn_dim": 512, "d_model": 128, "decoder_ffn_dim": 512,
        "decoder_in_channels": [128, 128], "decoder_n_points": [6, 6], "hidden_expansion": 0.34, "depth_mult": 0.5,
    },
    "s": {
        "stages": ["stage2", "stage3", "stage4"],
        "encoder_in_channels": [256, 512, 1024], "decoder_n_points": [3, 6, 3], "hidden_expansion": 0.5, "depth_mult": 0.34,
    },
}


def pixels(height: int, width: int, mean: tuple[float, ...], std: tuple[float, ...]) -> torch.Tensor:
    """The fitting photos as a network's input: [n, 3, height, width]."""
    rows = []
    for name in FITTING:
        with Image.open(ROOT / "samples" / name) as image:
            rows.append(np.asarray(image.convert("RGB").resize((width, height)), np.float32) / 255)
    values = (np.stack(rows) - np.float32(mean)) / np.float32(std)
    return torch.from_numpy(values.transpose(0, 3, 1, 2).copy())


IMAGENET = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
UNIT = ((0.0,) * 3, (1.0,) * 3)
HALF = ((0.5,) * 3, (0.5,) * 3)


def fit_normalisations(network: nn.Module, batch: torch.Tensor) -> None:
    """Sets the statistics of each batch normalisation, frozen ones too, to those of its input, as training does."""
    def fit(module: nn.Module, inputs: tuple[torch.Tensor, ...]) -> None:
        axes = [axis for axis in range(inputs[0].dim()) if axis != 1]
        module.running_mean.copy_(inputs[0].mean(axes))
        module.running_var.copy_(inputs[0].var(axes))

    hooks = [module.register_forward_pre_hook(fit) for module in network.modules() if hasattr(module, "running_var")]
    with torch.no_grad():
        network(batch)
    for hook in hooks:
        hook.remove()


def quiet_softmax(network: nn.Module, batch: torch.Tensor, threshold: float) -> None:
    """Raises "no object" until only REPORTED queries per photo score another class above `threshold`."""
    with torch.no_grad():
        logits = network(pixel_values=batch).logits
        low, high = -50.0, 50.0
        for _ in range(40):
            bias = (low + high) / 2
            shifted = logits.clone()
            shifted[..., -1] += bias
            reported = int((shifted.softmax(-1)[..., :-1].amax(-1) > threshold).sum())
            low, high = (bias, high) if reported > REPORTED * len(batch) else (low, bias)
        network.class_labels_classifier.bias[-1] += low


def quiet_sigmoid(network: nn.Module, batch: torch.Tensor, threshold: float) -> None:
    """Lowers all classes until only REPORTED pairs of query and class per photo pass `threshold`."""
    with torch.no_grad():
        values = network(pixel_values=batch).logits.flatten()
        limit = float(values.topk(REPORTED * len(batch)).values[-1])
        shift = math.log(threshold / (1 - threshold)) - limit
        heads = [m for n, m in network.named_modules()
                 if isinstance(m, nn.Linear) and "class" in n and "enc_" not in n and m.out_features == 80]
        for module in {id(m.bias): m for m in heads}.values():
            module.bias += shift


def loud(layers: nn.Module) -> None:
    """Makes attention selective: with the small initial weights of training, all queries return the same."""
    for module in layers.modules():
        if isinstance(module, nn.Linear):
            nn.init.normal_(module.weight, 0, 2 / math.sqrt(module.in_features))


def detr() -> nn.Module:
    torch.manual_seed(SEED)
    backbone = hf.ResNetConfig(out_features=["stage4"])  # the defaults are ResNet-50's
    config = hf.DetrConfig(use_timm_backbone=False, use_pretrained_backbone=False, backbone=None, backbone_config=backbone,
                           num_labels=91)  # the other values are DETR's
    network = hf.DetrForObjectDetection(config).eval()
    loud(network.model.decoder)
    batch = pixels(480, 640, *IMAGENET)
    fit_normalisations(network, batch)
    parity.spread(network, batch, 0.7, softmax=True)
    quiet_softmax(network, batch, 0.7)
    return network


def d_fine(size: str) -> nn.Module:
    torch.manual_seed(SEED)
    options = dict(D_FINE[size])
    backbone = hf.HGNetV2Config(**HGNET_B0, out_features=options.pop("stages"))
    network = hf.DFineForObjectDetection(
        hf.DFineConfig(backbone_config=backbone, decoder_layers=3, num_labels=80, **options)).eval()
    batch = pixels(640, 640, *UNIT)[:3]
    fit_normalisations(network, batch)
    parity.spread(network, batch, 0.5, softmax=False)
    quiet_sigmoid(network, batch, 0.5)
    return network


class FaceBlock(nn.Module):
    """A block of IResNet: normalise, convolve, activate, convolve with the stride."""

    def __init__(self, inside: int, outside: int, stride: int) -> None:
        super().__init__()
        self.main = nn.Sequential(
            nn.BatchNorm2d(inside), nn.Conv2d(inside, outside, 3, 1, 1, bias=False), nn.BatchNorm2d(outside),
            nn.PReLU(outside), nn.Conv2d(outside, outside, 3, stride, 1, bias=False), nn.BatchNorm2d(outside))
        self.side = nn.Identity()
        if stride != 1:
            self.side = nn.Sequential(nn.Conv2d(inside, outside, 1, stride, bias=False), nn.BatchNorm2d(outside))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.main(x) + self.side(x)


class ArcFace(nn.Module):
    """IResNet50 like InsightFace's w600k_r50: 112 x 112 pixels to 512 numbers, 43.6 million weights."""

    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = [nn.Conv2d(3, 64, 3, 1, 1, bias=False), nn.BatchNorm2d(64), nn.PReLU(64)]
        inside = 64
        for outside, count in ((64, 3), (128, 4), (256, 14), (512, 3)):
            for index in range(count):
                layers.append(FaceBlock(inside, outside, 2 if index == 0 else 1))
                inside = outside
        self.body = nn.Sequential(*layers, nn.BatchNorm2d(512), nn.Flatten(), nn.Linear(512 * 49, 512), nn.BatchNorm1d(512))

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        return self.body(image)


def arcface() -> nn.Module:
    torch.manual_seed(SEED)
    network = ArcFace().eval()
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.normal_(module.weight, 0, 1 / math.sqrt(module.weight[0].numel()))
    fit_normalisations(network, pixels(112, 112, *HALF))
    return network


def clip() -> nn.Module:
    torch.manual_seed(SEED)
    return open_clip.create_model("ViT-B-32", pretrained=None).eval()


class Call(nn.Module):
    """Wraps a module's method with one input and one output for the export."""

    def __init__(self, module: nn.Module, call) -> None:
        super().__init__()
        self.module = module
        self.call = call

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.call(x)


def export_simple(network: nn.Module, inputs: torch.Tensor, names: tuple[str, str], path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(network, (inputs,), str(path), input_names=[names[0]], output_names=[names[1]],
                          dynamic_axes={name: {0: "batch"} for name in names}, opset_version=17, dynamo=False)


def export_detector(network: nn.Module, layout: parity.Layout, path: Path) -> None:
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        parity.export(network, layout, path)


def clip_vocabulary(folder: Path) -> None:
    """Writes open_clip's pieces as vocab.json and merges.txt."""
    source = Path(open_clip.__file__).parent / "bpe_simple_vocab_16e6.txt.gz"
    merges = gzip.open(source).read().decode("utf-8").split("\n")[1 : 49152 - 256 - 2 + 1]
    codes = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    order = [chr(code) for code in codes] + [chr(256 + index) for index in range(256 - len(codes))]
    pieces = order + [piece + "</w>" for piece in order] + ["".join(merge.split()) for merge in merges]
    pieces += ["<|startoftext|>", "<|endoftext|>"]
    (folder / "vocab.json").write_text(json.dumps({piece: i for i, piece in enumerate(pieces)}), encoding="utf-8")
    (folder / "merges.txt").write_text("#version: 0.2\n" + "\n".join(merges) + "\n", encoding="utf-8")


def make_graphs(folder: Path) -> None:
    """Writes all models with random weights into `folder` and its sibling `peer`."""
    peer = folder.parent / "peer"
    peer.mkdir(parents=True, exist_ok=True)
    network = detr()
    network.save_pretrained(peer / "detr")
    export_detector(network, parity.Layout(detr, (800, 1066), mask=True), folder / "detr_r50.onnx")
    for size in D_FINE:
        export_detector(d_fine(size), parity.Layout(detr, (640, 640), fixed=True), folder / f"dfine_{size}.onnx")
    network = clip()
    torch.save(network.state_dict(), peer / "clip.pt")
    export_simple(Call(network, lambda x: network.encode_image(x, normalize=True)), torch.rand(1, 3, 224, 224),
                  ("image", "embedding"), folder / "clip_image.onnx")
    export_simple(Call(network, lambda x: network.encode_text(x, normalize=True)),
                  torch.zeros(1, 77, dtype=torch.int32), ("text", "embedding"), folder / "clip_text.onnx")
    clip_vocabulary(folder)
    export_simple(arcface(), torch.rand(1, 3, 112, 112), ("input.1", "embedding"), folder / "arcface_r50.onnx")
    mobile_face.make(folder / "mobile_face.onnx", SEED)


def take_real_ones(folder: Path, starter: Path) -> None:
    package = Path(rapidocr.__file__).parent / "models"
    sources = {"ocr_detect": package / "PP-OCRv6_det_small.onnx", "ocr_recognise": package / "PP-OCRv6_rec_small.onnx",
               "ocr_orient": package / "ch_ppocr_mobile_v2.0_cls_mobile.onnx", "scrfd": starter / "scrfd.onnx"}
    for name, source in sources.items():
        if not source.exists():
            raise SystemExit(f"graphs.py: {source} does not exist; ./quickstart or tools/starter_pack/build makes the "
                             "starter pack (--starter names its folder)")
        shutil.copy(source, folder / f"{name}.onnx")


@dataclass
class Model:
    """An entry of a manifest."""

    name: str
    task: str
    family: str
    self_test: dict[str, object]
    licence: str = "Apache-2.0"
    choice: str = ""
    params: dict[str, object] = field(default_factory=dict)
    extra: tuple[str, ...] = ()


OBJECTS = {"photo": "self_test/objects.jpg", "more_photos": ["self_test/hard_objects.jpg"]}
LINES = {"photo": "self_test/text_line.png", "more_photos": [f"self_test/hard_line_{i}.png" for i in range(1, 5)]}
CHIPS = {"photo": "self_test/face_chip.jpg", "more_photos": ["self_test/image.jpg"]}
SPACE = {"space": "bench-vit-b-32"}
REST = (
    Model("clip_image", "embed.image", "clip", {"photo": "self_test/image.jpg", "more_photos": [
        f"self_test/{name}.jpg" for name in ("objects", "hard_objects", "hard_faces", "hard_sign")]}, params=SPACE),
    Model("clip_text", "embed.text", "clip", {"text": "a photo of a cat", "more_texts": ["dog", "a page of printed text"]},
          params=SPACE, extra=("vocab.json", "merges.txt")),
    Model("ocr_detect", "ocr.detect", "db",
          {"photo": "self_test/text_page.jpg", "more_photos": ["self_test/hard_board.jpg", "self_test/hard_sign.jpg"],
           "expect_lines": 5}),
    Model("ocr_recognise", "ocr.recognise", "ctc", LINES | {"expect_text": ["PARKING"]}, params={"score_threshold": 0.5}),
    Model("ocr_orient", "ocr.orient", "orient", LINES | {"expect_degrees": 0}),
    # About its licence, see tools/starter_pack/README.md.
    Model("scrfd", "faces.detect", "scrfd",
          {"photo": "self_test/face_640.jpg", "more_photos": ["self_test/hard_faces.jpg"], "expect_faces": 1}),
    Model("arcface_r50", "faces.recognise", "arcface", CHIPS, choice="accurate"),
    Model("mobile_face", "faces.recognise", "arcface", CHIPS, choice="fast"),
)
PACKS = {
    "bench-classic": (Model("detr_r50", "objects", "detr", OBJECTS), *REST),
    "bench-fast": (Model("dfine_n", "objects", "d-fine", OBJECTS), *REST),
    "bench-balanced": (Model("dfine_s", "objects", "d-fine", OBJECTS), *REST),
}


def facts(path: Path) -> str:
    return f'sha256 = "{hashlib.sha256(path.read_bytes()).hexdigest()}"\nbytes = {path.stat().st_size}\n'


def entry(model: Model, folder: Path) -> str:
    """One [[model]] of a manifest (docs/packs.md)."""
    text = f'[[model]]\nname = "{model.name.replace("_", "-")}"\ntask = "{model.task}"\nfamily = "{model.family}"\n'
    text += f'choice = "{model.choice}"\n' if model.choice else ""
    text += f'file = "{model.name}.onnx"\n{facts(folder / f"{model.name}.onnx")}licence = "{model.licence}"\n\n'
    for name in model.extra:
        text += f'[[model.extra_files]]\npath = "{name}"\n{facts(folder / name)}\n'
    for part, values in (("params", model.params), ("self_test", model.self_test)):
        if values:
            text += f"[model.{part}]\n" + "".join(f"{key} = {json.dumps(value)}\n" for key, value in values.items()) + "\n"
    return text


def link(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    target.unlink(missing_ok=True)
    try:
        os.link(source, target)
    except OSError:  # another file system
        shutil.copy(source, target)


def write_pack(name: str, models: tuple[Model, ...], graphs: Path, models_folder: Path) -> None:
    """Writes a pack. Its files are hard links, since packs differ only in the detector. Writes the manifest last."""
    pack = models_folder / name
    for model in models:
        for file in (f"{model.name}.onnx", *model.extra):
            link(graphs / file, pack / file)
    shutil.copytree(ROOT / "packs/self_test", pack / "self_test", dirs_exist_ok=True)
    manifest = f'format = 1\nname = "{name}"\nsummary = "Of bench/graphs.py: for speed alone, most weights are random."\n\n'
    manifest += "".join(entry(model, graphs) for model in models)
    (pack / "pack.toml").write_text(manifest, encoding="utf-8")


def main() -> None:
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "calotype"
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--starter", type=Path, default=cache / "models/starter", help="the starter pack")
    args = parser.parse_args()
    graphs = args.folder / "graphs"
    graphs.mkdir(parents=True, exist_ok=True)
    take_real_ones(graphs, args.starter)
    make_graphs(graphs)
    for name, models in PACKS.items():
        write_pack(name, models, graphs, args.folder / "models")
    for path in sorted(graphs.glob("*.onnx")):
        print(f"{path.name:20} {path.stat().st_size:>11,} bytes")


if __name__ == "__main__":
    main()
