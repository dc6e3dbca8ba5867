"""Detectors of transformers with small, seeded random weights, as ONNX files in the layouts that people use."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Callable

import onnx
import onnxruntime as ort
import torch
import transformers as hf

RESNET = {"embedding_size": 8, "hidden_sizes": [8, 16, 16, 16], "depths": [1, 1, 1, 1], "layer_type": "basic"}
SMALL = {
    "d_model": 16,
    "encoder_layers": 1,
    "decoder_layers": 2,
    "encoder_attention_heads": 2,
    "decoder_attention_heads": 2,
    "encoder_ffn_dim": 16,
    "decoder_ffn_dim": 16,
}
# Far larger than the initial weights of training, so that queries and positions give different results.
STD = 0.25
HYBRID = {
    "encoder_hidden_dim": 16,
    "encoder_in_channels": [16, 16, 16],
    "encoder_ffn_dim": 16,
    "encoder_attention_heads": 2,
    "decoder_in_channels": [16, 16, 16],
    "hidden_expansion": 0.5,
    "num_queries": 30,
    **{key: value for key, value in SMALL.items() if key not in ("encoder_layers", "encoder_ffn_dim")},
    "encoder_layers": 1,
    "num_labels": 80,
    "initializer_range": STD,
    "initializer_bias_prior_prob": 0.1,
}


def backbone(*stages: str) -> dict:
    config = hf.ResNetConfig(**RESNET, out_features=list(stages))
    return {"use_timm_backbone": False, "use_pretrained_backbone": False, "backbone": None, "backbone_config": config}


def detr() -> torch.nn.Module:
    config = hf.DetrConfig(**SMALL, **backbone("stage4"), num_queries=20, num_labels=91, init_std=STD)
    return hf.DetrForObjectDetection(config)


def conditional() -> torch.nn.Module:
    config = hf.ConditionalDetrConfig(**SMALL, **backbone("stage4"), num_queries=20, num_labels=91, init_std=STD)
    return hf.ConditionalDetrForObjectDetection(config)


def deformable() -> torch.nn.Module:
    config = hf.DeformableDetrConfig(
        **{**SMALL, "d_model": 32},  # its GroupNorm has 32 groups
        **backbone("stage3", "stage4"),
        num_queries=20,
        num_labels=91,
        num_feature_levels=2,
        init_std=STD,
    )
    return hf.DeformableDetrForObjectDetection(config)


def yolos() -> torch.nn.Module:
    config = hf.YolosConfig(
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=16,
        image_size=[256, 416],
        patch_size=16,
        num_detection_tokens=20,
        use_mid_position_embeddings=False,
        initializer_range=STD,
        num_labels=91,
    )
    return hf.YolosForObjectDetection(config)


def rt_detr() -> torch.nn.Module:
    config = hf.RTDetrConfig(
        backbone_config=hf.RTDetrResNetConfig(**RESNET, out_features=["stage2", "stage3", "stage4"]),
        **HYBRID,
    )
    return hf.RTDetrForObjectDetection(config)


def rt_detr_v2() -> torch.nn.Module:
    config = hf.RTDetrV2Config(
        backbone_config=hf.RTDetrResNetConfig(**RESNET, out_features=["stage2", "stage3", "stage4"]),
        **HYBRID,
    )
    return hf.RTDetrV2ForObjectDetection(config)


def d_fine() -> torch.nn.Module:
    stem = hf.HGNetV2Config(
        stem_channels=[3, 8, 8],
        hidden_sizes=[16, 16, 16, 16],
        stage_in_channels=[8, 16, 16, 16],
        stage_mid_channels=[8, 8, 8, 8],
        stage_out_channels=[16, 16, 16, 16],
        stage_num_blocks=[1, 1, 1, 1],
        stage_numb_of_layers=[2, 2, 2, 2],
        use_learnable_affine_block=True,
        out_features=["stage2", "stage3", "stage4"],
    )
    return hf.DFineForObjectDetection(hf.DFineConfig(backbone_config=stem, **HYBRID))


class Patches(torch.nn.Module):
    """Not the real detector: only its inputs and outputs, computed from patches of the photo."""

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.patches = torch.nn.Conv2d(3, 12, 16, 16)
        self.pool = torch.nn.AvgPool2d(2, 2)
        self.class_embed = torch.nn.Linear(12, classes)
        self.bbox_embed = torch.nn.Linear(12, 4)

    def forward(self, pixel_values: torch.Tensor):
        features = torch.relu(self.pool(self.patches(pixel_values))).flatten(2).transpose(1, 2)
        return hf.utils.ModelOutput(logits=self.class_embed(features), pred_boxes=self.bbox_embed(features).sigmoid())


@dataclass
class Layout:
    """How a network is exported."""

    make: Callable[[], torch.nn.Module]
    shape: tuple[int, int]  # height, width of the traced input
    fixed: bool = False
    mask: bool = False
    bytes_inside: bool = False  # takes uint8 [1, H, W, 3] and normalises itself
    outputs: list[str] = field(default_factory=lambda: ["logits", "pred_boxes"])
    answers: bool = False  # also takes orig_target_sizes; returns labels, boxes and scores


LAYOUTS = {
    "detr": Layout(detr, (256, 320), mask=True),
    "conditional_detr": Layout(conditional, (256, 320)),
    "deformable_detr": Layout(deformable, (256, 320), fixed=True),
    "yolos": Layout(yolos, (256, 416), fixed=True),
    "rt_detr": Layout(rt_detr, (640, 640), fixed=True),
    "rt_detr_v2": Layout(rt_detr_v2, (640, 640), fixed=True),
    "d_fine": Layout(d_fine, (640, 640), fixed=True),
    "bytes": Layout(lambda: Patches(80), (640, 640), fixed=True, bytes_inside=True),
    # As exported by the repositories of RT-DETR and D-FINE.
    "answers": Layout(lambda: Patches(80), (640, 640), fixed=True, answers=True, outputs=["labels", "boxes", "scores"]),
    "rf_detr": Layout(lambda: Patches(91), (224, 224), fixed=True, outputs=["labels", "dets"]),
}


class Exported(torch.nn.Module):
    def __init__(self, network: torch.nn.Module, layout: Layout) -> None:
        super().__init__()
        self.network = network
        self.layout = layout

    def forward(self, pixel_values: torch.Tensor, beside: torch.Tensor | None = None):
        if self.layout.bytes_inside:
            pixel_values = pixel_values.permute(0, 3, 1, 2).float() / 255
        mask = {"pixel_mask": beside} if self.layout.mask else {}
        outputs = self.network(pixel_values=pixel_values, **mask)
        if self.layout.answers:
            return self.answer(outputs.logits, outputs.pred_boxes, beside)
        return outputs.logits, outputs.pred_boxes

    @staticmethod
    def answer(logits: torch.Tensor, boxes: torch.Tensor, sizes: torch.Tensor):
        """Returns the best pairs of query and class, as many as there are queries; corners in pixels of `sizes` (width, height)."""
        classes = logits.shape[2]
        scores, pairs = logits.sigmoid().flatten(1).topk(logits.shape[1])
        centre, size = boxes.split(2, 2)
        corners = torch.cat([centre - size / 2, centre + size / 2], 2) * sizes.repeat(1, 2).unsqueeze(1)
        queries = (pairs // classes).unsqueeze(2).expand(-1, -1, 4)
        return pairs % classes, corners.gather(1, queries), scores


def spread(network: torch.nn.Module, pixels: torch.Tensor, threshold: float, softmax: bool) -> None:
    """Scales the last layers, so that boxes cover the whole photo and about 15 pairs per photo reach the threshold."""
    heads = {"class": [], "box": []}
    for name, module in network.named_modules():
        if isinstance(module, torch.nn.Linear):
            # The layers of the encoder of two-stage networks choose queries and stay unchanged.
            if "class" in name and "enc_" not in name:
                heads["class"].append((name, module))
            elif "bbox" in name and "enc_" not in name:
                heads["box"].append((name, module))
    # Similar queries would find the same box twenty times.
    for name, parameter in network.named_parameters():
        if "query_position_embeddings" in name or "detection_tokens" in name:
            parameter.data.normal_(0, 2)
    last_class = [m for _, m in heads["class"] if m.out_features in (80, 91, 92)]
    last_box = [m for _, m in heads["box"] if m.out_features == 4]
    with torch.no_grad():
        for module in last_box:
            module.weight.normal_(0, 1.0 / math.sqrt(module.in_features))
            module.bias.copy_(torch.tensor([0.0, 0.0, -1.0, -1.0]))
        for module in last_class:
            module.weight.normal_(0, 1.0 / math.sqrt(module.in_features))
            module.bias.zero_()
        logits = network(pixel_values=pixels).logits
        mean = logits.mean((0, 1))  # the common part of all queries and photos carries no information
        spread_logits = logits - mean
        factor = (4.0 if softmax else 2.0) / float(spread_logits.std())
        shift = 0.0
        if not softmax:
            values = spread_logits.flatten() * factor
            shift = math.log(threshold / (1 - threshold)) - float(values.topk(15 * len(pixels)).values[-1])
        for module in {id(m.weight): m for m in last_class}.values():  # some layers share their weights
            module.weight.mul_(factor)
            module.bias.copy_(shift - mean * factor)


def example(layout: Layout) -> tuple[torch.Tensor, ...]:
    height, width = layout.shape
    if layout.bytes_inside:
        return (torch.randint(0, 256, (1, height, width, 3), dtype=torch.uint8),)
    pixels = torch.randn(1, 3, height, width)
    if layout.answers:
        return pixels, torch.tensor([[640, 480]])
    return (pixels, torch.ones(1, 64, 64, dtype=torch.int64)) if layout.mask else (pixels,)


def export(network: torch.nn.Module, layout: Layout, path: Path) -> None:
    axes = {name: {0: "batch"} for name in layout.outputs}
    names = ["images" if layout.answers else "pixel_values"]
    axes[names[0]] = {0: "batch"} if layout.fixed else {0: "batch", 2: "height", 3: "width"}
    if layout.answers:
        axes["orig_target_sizes"] = {0: "batch"}
        names.append("orig_target_sizes")
    if layout.mask:
        axes["pixel_mask"] = {0: "batch"}
        names.append("pixel_mask")
    torch.onnx.export(
        Exported(network, layout).eval(),
        example(layout),
        str(path),
        input_names=names,
        output_names=layout.outputs,
        dynamic_axes=axes,
        opset_version=17,
        dynamo=False,
    )
    shrink(path)


def shrink(path: Path) -> None:
    """Folds constants, and removes long names and the source locations that the exporter records."""
    options = ort.SessionOptions()
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_ENABLE_BASIC
    options.optimized_model_filepath = str(path)
    ort.InferenceSession(str(path), options)
    model = onnx.load(str(path))
    kept = {value.name for value in [*model.graph.input, *model.graph.output]}
    short: dict[str, str] = {"": ""}

    def shorten(name: str) -> str:
        return name if name in kept else short.setdefault(name, f"t{len(short)}")

    for initializer in model.graph.initializer:
        initializer.name = shorten(initializer.name)
    for node in model.graph.node:
        node.name = ""
        node.doc_string = ""
        del node.metadata_props[:]
        node.input[:] = [shorten(name) for name in node.input]
        node.output[:] = [shorten(name) for name in node.output]
    del model.graph.value_info[:]
    onnx.checker.check_model(model)
    onnx.save(model, str(path))
