#!/usr/bin/env python3
"""Writes the graphs and vectors that src/analysis/embed/contrastive_golden_test.cc expects.

    pip install -r requirements.txt
    ./make_golden.py

Each graph has a layout that people use (Immich's export of open_clip, transformers.js's and optimum's of CLIP and SigLIP),
with one layer and seeded random weights. PyTorch computes the vectors of the samples and of texts, with the reference
library's own preprocessing: open_clip.image_transform, and transformers' image processors with Pillow. Photos are first
turned upright and converted to sRGB, as in Calotype. The tokenizers are those trained by tools/parity/tokenizer.
"""

from __future__ import annotations

import io
import json
import warnings
from pathlib import Path

import numpy as np
import open_clip
import torch
from open_clip.model import CLIP, CLIPTextCfg, CLIPVisionCfg
from PIL import Image, ImageCms, ImageOps
from tokenizers import Tokenizer
from transformers import CLIPConfig, CLIPModel, SiglipConfig, SiglipModel
from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil
from transformers.models.siglip.image_processing_pil_siglip import SiglipImageProcessorPil

ROOT = Path(__file__).resolve().parents[3]
TESTDATA = ROOT / "src/analysis/embed/testdata"
OUT = TESTDATA / "contrastive"
TOKENIZERS = TESTDATA / "tokenizers"
SIDE = 64
WIDTH = 16

# Large, tall, wide, grey, with an alpha channel, small; made here: tiny, panoramic, rotated.
SAMPLES = ["solvay_1927.jpg", "biden.jpg", "obama_speaking.jpg", "astronaut.png", "cameraman.png", "coffee.png", "page.png",
           "motorcycle.png", "sudoku.png", "flower.jpg", "rocket.jpg", "coffee_copy.jpg", "aloe.jpg", "graffiti.png"]
MADE = ["tiny.png", "panoramic.png", "rotated.jpg"]
TEXTS = ["", "a photo of a cat", "A DOG, on the beach!", "two people playing basketball", "crème brûlée", "東京タワー",
         "don't know what I'm looking for...", "🚀 rocket launch", "sunset " * 60, "مرحبا بالعالم", "a\n\nb"]


def photo(name: str) -> Image.Image:
    path = OUT / name if name in MADE else ROOT / "samples" / name
    opened = Image.open(path)
    image = ImageOps.exif_transpose(opened).convert("RGB")
    profile = opened.info.get("icc_profile") if opened.mode == "RGB" else None
    if profile:
        seen = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if "sRGB" not in ImageCms.getProfileDescription(seen):
            image = ImageCms.profileToProfile(image, seen, ImageCms.createProfile("sRGB"))
    return image


def make_photos() -> None:
    coffee = Image.open(ROOT / "samples/coffee.png")
    coffee.crop((100, 100, 123, 117)).save(OUT / "tiny.png")
    Image.open(ROOT / "samples/motorcycle.png").resize((630, 47)).quantize(64).convert("RGB").save(OUT / "panoramic.png")
    exif = Image.Exif()
    exif[0x0112] = 6
    coffee.resize((211, 140)).rotate(90, expand=True).save(OUT / "rotated.jpg", quality=85, exif=exif)


def louder(module: torch.nn.Module) -> torch.nn.Module:
    """Random weights give nearly the same vector for all photos; larger weights give different ones."""
    with torch.no_grad():
        for parameter in module.parameters():
            if parameter.dim() > 1:
                parameter.mul_(2)
    return module.eval()


class Call(torch.nn.Module):
    def __init__(self, call) -> None:
        super().__init__()
        self.call = call

    def forward(self, *inputs):
        return self.call(*inputs)


def export(name: str, module: torch.nn.Module, call, inputs: dict[str, torch.Tensor], outputs: list[str], free: dict) -> None:
    wrapped = Call(call)
    wrapped.module = module
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(wrapped, tuple(inputs.values()), str(OUT / name), input_names=list(inputs), output_names=outputs,
                          dynamic_axes=free, opset_version=17, dynamo=False)
    size = (OUT / name).stat().st_size
    if size > 300_000:
        raise SystemExit(f"{name} has {size} bytes")


def rows(tensor: torch.Tensor) -> list[float]:
    values = tensor.detach().numpy().astype(np.float64).reshape(-1)
    return [round(float(value), 7) for value in values / np.linalg.norm(values)]


def ids_of(tokenizer: str, text: str, length: int, pad: int) -> list[int]:
    made = Tokenizer.from_file(str(TOKENIZERS / tokenizer))
    made.enable_truncation(max_length=length)
    made.enable_padding(length=length, pad_id=pad, pad_token="pad")
    return made.encode(text).ids


def canonical(text: str) -> str:
    """transformers' SiglipTokenizer.canonicalize_text, after lower-casing."""
    import re
    import string

    text = text.lower().translate(str.maketrans("", "", string.punctuation))
    return re.sub(r"\s+", " ", text).strip()


class Golden:
    def __init__(self) -> None:
        self.cases: list[dict] = []

    def photos(self, graph: str, family: str, folder: dict, encode) -> None:
        vectors = {name: encode(photo(name)) for name in [*SAMPLES, *MADE]}
        stacked = np.array(list(vectors.values()))
        cosines = (stacked @ stacked.T)[~np.eye(len(stacked), dtype=bool)]
        print(f"{graph}: {len(vectors)} photos, cosine between two of them {cosines.min():.3f} to {cosines.max():.3f}")
        self.cases.append({"graph": graph, "family": family, "config": folder, "photos": vectors})

    def texts(self, graph: str, family: str, tokenizer: str, pad: int | None, encode, config: dict | None = None) -> None:
        self.cases.append({"graph": graph, "family": family, "tokenizer": tokenizer, "pad_id": pad, "config": config or {},
                           "texts": [{"text": text, "vector": encode(text)} for text in TEXTS]})


def immich(golden: Golden) -> None:
    """open_clip as exported by Immich; and the same with bytes as input and the normalisation inside."""
    torch.manual_seed(20260601)
    model = louder(CLIP(WIDTH, CLIPVisionCfg(layers=1, width=WIDTH, head_width=8, patch_size=16, image_size=SIDE),
                        CLIPTextCfg(context_length=77, vocab_size=1700, width=WIDTH, heads=2, layers=1)))
    transform = open_clip.image_transform(SIDE, is_train=False)
    mean = torch.tensor(open_clip.OPENAI_DATASET_MEAN).view(1, 3, 1, 1)
    std = torch.tensor(open_clip.OPENAI_DATASET_STD).view(1, 3, 1, 1)

    def look(image):
        return model.encode_image(image, normalize=True)

    def look_at_bytes(image):
        return look((image.permute(0, 3, 1, 2).float() / 255 - mean) / std)

    def read(text):
        return model.encode_text(text, normalize=True)

    export("immich_visual.onnx", model, look, {"image": torch.zeros(1, 3, SIDE, SIDE)}, ["embedding"], {"image": {0: "b"}})
    export("bytes_visual.onnx", model, look_at_bytes, {"image": torch.zeros(1, SIDE, SIDE, 3, dtype=torch.uint8)},
           ["embedding"], {"image": {0: "b"}})
    export("immich_textual.onnx", model, read, {"text": torch.zeros(1, 77, dtype=torch.int32)}, ["embedding"], {})

    def encode(image):
        return rows(look(transform(image)[None]))

    config = {"preprocess_cfg.json": {"size": [SIDE, SIDE], "mode": "RGB", "mean": list(open_clip.OPENAI_DATASET_MEAN),
                                      "std": list(open_clip.OPENAI_DATASET_STD), "interpolation": "bicubic",
                                      "resize_mode": "shortest", "fill_color": 0}}
    golden.photos("immich_visual.onnx", "clip", config, encode)
    golden.photos("bytes_visual.onnx", "clip", {}, encode)
    # open_clip pads with 0, transformers with the end token; tokens after the end token make no difference.
    golden.texts("immich_textual.onnx", "clip", "clip/vocab.json", None, lambda text: rows(
        read(torch.tensor([ids_of("clip.json", text, 77, 0)]))))


def transformers_clip(golden: Golden) -> None:
    """Two graphs as exported by optimum, and one with both encoders as in transformers.js."""
    torch.manual_seed(20260602)
    shape = {"hidden_size": WIDTH, "intermediate_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2}
    model = CLIPModel._from_config(CLIPConfig(
        text_config={**shape, "vocab_size": 1700, "max_position_embeddings": 77, "eos_token_id": 1, "bos_token_id": 0,
                     "pad_token_id": 1},
        vision_config={**shape, "image_size": SIDE, "patch_size": 16}, projection_dim=WIDTH), attn_implementation="eager")
    louder(model)
    processor = CLIPImageProcessorPil(size={"shortest_edge": SIDE + 9}, crop_size={"height": SIDE, "width": SIDE})

    def look(pixels):
        return model.visual_projection(model.vision_model(pixel_values=pixels).pooler_output)

    def read(ids, mask):
        return model.text_projection(model.text_model(input_ids=ids, attention_mask=mask).pooler_output)

    def both(ids, pixels, mask):
        image, text = look(pixels), read(ids, mask)
        image, text = image / image.norm(dim=-1, keepdim=True), text / text.norm(dim=-1, keepdim=True)
        return text @ image.T, text, image

    pixels = torch.zeros(1, 3, SIDE, SIDE)
    ids, mask = torch.zeros(1, 9, dtype=torch.int64), torch.ones(1, 9, dtype=torch.int64)
    free = {"input_ids": {0: "b", 1: "s"}, "attention_mask": {0: "b", 1: "s"}, "pixel_values": {0: "i", 2: "h", 3: "w"}}
    export("clip_vision.onnx", model, look, {"pixel_values": pixels}, ["image_embeds"],
           {"pixel_values": free["pixel_values"]})
    export("clip_both.onnx", model, both, {"input_ids": ids, "pixel_values": pixels, "attention_mask": mask},
           ["logits_per_text", "text_embeds", "image_embeds"], free)

    def encode(image):
        return rows(look(torch.tensor(np.array(processor(image)["pixel_values"]))))

    def say(text):
        numbers = ids_of("clip.json", text, 77, 1)
        used = numbers.index(1, 1) + 1
        return rows(read(torch.tensor([numbers]), torch.tensor([[1] * used + [0] * (77 - used)])))

    config = {"preprocessor_config.json": json.loads(json.dumps(processor.to_dict(), default=str))}
    golden.photos("clip_vision.onnx", "clip", config, encode)
    golden.photos("clip_both.onnx", "clip", config, encode)
    golden.texts("clip_both.onnx", "clip", "clip.json", None, say, config)


def siglip(golden: Golden, name: str, tokenizer: str, pad: int, seed: int) -> None:
    torch.manual_seed(seed)
    vocabulary = Tokenizer.from_file(str(TOKENIZERS / tokenizer)).get_vocab_size()
    shape = {"hidden_size": WIDTH, "intermediate_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2}
    model = SiglipModel._from_config(SiglipConfig(
        text_config={**shape, "vocab_size": vocabulary, "max_position_embeddings": 64, "projection_size": WIDTH},
        vision_config={**shape, "image_size": SIDE, "patch_size": 16}), attn_implementation="eager")
    louder(model)
    processor = SiglipImageProcessorPil(size={"height": SIDE, "width": SIDE})

    def look(pixels):
        out = model.vision_model(pixel_values=pixels)
        return out.last_hidden_state, out.pooler_output

    def read(ids):
        out = model.text_model(input_ids=ids)
        return out.last_hidden_state, out.pooler_output

    outputs = ["last_hidden_state", "pooler_output"]
    if name == "siglip":  # the two differ only in their tokenizer
        export(f"{name}_vision.onnx", model, look, {"pixel_values": torch.zeros(1, 3, SIDE, SIDE)}, outputs,
               {"pixel_values": {0: "b"}})
        golden.photos(f"{name}_vision.onnx", "siglip", {}, lambda image: rows(
            look(torch.tensor(np.array(processor(image)["pixel_values"])))[1]))
    export(f"{name}_text.onnx", model, read, {"input_ids": torch.zeros(1, 64, dtype=torch.int64)}, outputs,
           {"input_ids": {0: "b", 1: "s"}})

    golden.texts(f"{name}_text.onnx", "siglip", tokenizer, pad, lambda text: rows(
        read(torch.tensor([ids_of(tokenizer, canonical(text), 64, pad)]))[1]))


def main() -> None:
    torch.backends.mha.set_fastpath_enabled(False)  # ONNX does not have this operator
    OUT.mkdir(parents=True, exist_ok=True)
    make_photos()
    golden = Golden()
    with torch.no_grad():
        immich(golden)
        transformers_clip(golden)
        siglip(golden, "siglip", "siglip.json", 1, 20260603)
        siglip(golden, "siglip2", "gemma.json", 0, 20260604)
    lines = ",\n".join(json.dumps(case, ensure_ascii=False, separators=(",", ":")) for case in golden.cases)
    (OUT / "golden.json").write_text(f'{{"cases": [\n{lines}\n]}}\n', encoding="utf-8")


if __name__ == "__main__":
    main()
