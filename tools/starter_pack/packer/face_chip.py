"""The positions of facial landmarks in the chip of the embedding network, and the transform that moves them there."""

from __future__ import annotations

import numpy as np

# dlib's mean face in a unit square: both eyes, nose tip, both mouth corners.
_MEAN_FACE = np.array(
    [(0.22549, 0.21599), (0.75476, 0.21599), (0.490127, 0.515625), (0.254149, 0.780233), (0.726104, 0.780233)]
)


def template(size: int, padding: float) -> np.ndarray:
    """Returns the positions of the five landmarks in a chip of `size` pixels."""
    return (padding + _MEAN_FACE) / (1 + 2 * padding) * size


def similarity(source: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Returns the 2x3 matrix of the similarity that maps `source` to `target` with the least squared error."""
    x, y = source.T
    zero, one = np.zeros_like(x), np.ones_like(x)
    # u = a x - b y + c and v = b x + a y + d are linear in a, b, c, d.
    rows = np.concatenate([np.stack([x, -y, one, zero], axis=1), np.stack([y, x, zero, one], axis=1)])
    a, b, c, d = np.linalg.lstsq(rows, target.T.ravel(), rcond=None)[0]
    return np.array([[a, -b, c], [b, a, d]])
