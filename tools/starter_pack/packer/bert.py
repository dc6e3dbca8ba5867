"""MiniLM's forward pass in float64 NumPy.

Only labels are embedded with it, once, while the pack is built. An ordinary float32 run differs between CPUs by about
1e-6, which would change the bytes of the file. In float64 they differ by less than 1e-15, which `label_vectors` rounds
away.
"""

from __future__ import annotations

import os
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor

import numpy as np

_HEADS = 12
_LAYERS = 6
_EPSILON = 1e-12
# Small enough that the activations of a batch fit a core's cache, large enough for fast matrix products.
_TOKENS_PER_BATCH = 512


class Bert:
    def __init__(self, weights: dict[str, np.ndarray]) -> None:
        floats = {name: tensor for name, tensor in weights.items() if tensor.dtype.kind == "f"}
        self._weights = {name: tensor.astype(np.float64) for name, tensor in floats.items()}

    def embed(self, sentences: list[list[int]]) -> np.ndarray:
        """Returns [len(sentences), 384]: the mean over the tokens of each sentence, normalised to length 1.

        A batch holds sentences of one length, so that there is no padding and no mask.
        """
        by_length: dict[int, list[int]] = defaultdict(list)
        for index, ids in enumerate(sentences):
            by_length[len(ids)].append(index)
        batches: list[list[int]] = []
        for length, indices in sorted(by_length.items(), reverse=True):
            step = max(1, _TOKENS_PER_BATCH // length)
            batches += [indices[i : i + step] for i in range(0, len(indices), step)]
        inputs = [[sentences[i] for i in indices] for indices in batches]
        vectors = np.empty((len(sentences), self._weights["embeddings.word_embeddings.weight"].shape[1]))
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            for indices, rows in zip(batches, pool.map(self._pooled, inputs), strict=True):
                vectors[indices] = rows
        return vectors

    def _pooled(self, batch: list[list[int]]) -> np.ndarray:
        return normalised(self._forward(np.array(batch)).mean(axis=1))

    def _forward(self, ids: np.ndarray) -> np.ndarray:
        w = self._weights
        x = w["embeddings.word_embeddings.weight"][ids]
        x = x + w["embeddings.position_embeddings.weight"][: ids.shape[1]]
        x = x + w["embeddings.token_type_embeddings.weight"][0]
        x = self._layer_norm(x, "embeddings.LayerNorm")
        for index in range(_LAYERS):
            x = self._layer(x, f"encoder.layer.{index}.")
        return x

    def _layer(self, x: np.ndarray, prefix: str) -> np.ndarray:
        attended = self._linear(self._attention(x, prefix + "attention.self."), prefix + "attention.output.dense")
        x = self._layer_norm(x + attended, prefix + "attention.output.LayerNorm")
        wide = gelu(self._linear(x, prefix + "intermediate.dense"))
        return self._layer_norm(x + self._linear(wide, prefix + "output.dense"), prefix + "output.LayerNorm")

    def _attention(self, x: np.ndarray, prefix: str) -> np.ndarray:
        batch, tokens, width = x.shape

        def heads(name: str) -> np.ndarray:
            return self._linear(x, prefix + name).reshape(batch, tokens, _HEADS, -1).transpose(0, 2, 1, 3)

        query, key, value = heads("query"), heads("key"), heads("value")
        scores = query @ key.transpose(0, 1, 3, 2) / np.sqrt(width // _HEADS)
        weights = np.exp(scores - scores.max(axis=-1, keepdims=True))
        weights /= weights.sum(axis=-1, keepdims=True)
        return (weights @ value).transpose(0, 2, 1, 3).reshape(batch, tokens, width)

    def _linear(self, x: np.ndarray, name: str) -> np.ndarray:
        flat = x.reshape(-1, x.shape[-1]) @ self._weights[name + ".weight"].T
        flat += self._weights[name + ".bias"]
        return flat.reshape(*x.shape[:-1], -1)

    def _layer_norm(self, x: np.ndarray, name: str) -> np.ndarray:
        centred = x - x.mean(axis=-1, keepdims=True)
        spread = np.sqrt((centred * centred).mean(axis=-1, keepdims=True) + _EPSILON)
        return centred / spread * self._weights[name + ".weight"] + self._weights[name + ".bias"]


def gelu(x: np.ndarray) -> np.ndarray:
    return 0.5 * x * (1.0 + erf(x / np.sqrt(2.0)))


def erf(x: np.ndarray) -> np.ndarray:
    """Abramowitz and Stegun 7.1.26, with an error of at most 1.5e-7, which suits float32 weights.

    NumPy has no erf, and the C library's own differs from one system to the next.
    """
    size = np.abs(x)
    t = 1.0 / (1.0 + 0.3275911 * size)
    polynomial = 1.061405429
    for coefficient in (-1.453152027, 1.421413741, -0.284496736, 0.254829592):
        polynomial = polynomial * t + coefficient
    return np.copysign(1.0 - polynomial * t * np.exp(-size * size), x)


def normalised(rows: np.ndarray) -> np.ndarray:
    return rows / np.sqrt((rows * rows).sum(axis=-1, keepdims=True))
