"""Photos prepared as in the program, decoded by Pillow: upright, sRGB, alpha over white, long side near 2048."""

from __future__ import annotations

import io
import math
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageCms, ImageOps

TARGET_LONG_SIDE = 2048  # src/photo/decode.h


@dataclass
class Photo:
    pixels: np.ndarray  # height x width x RGB, as analysed
    width: int  # of the upright original
    height: int

    to_original: float = 1  # pixels of the original per analysed pixel


def resize(pixels: np.ndarray, width: int, height: int) -> np.ndarray:
    """Like src/analysis/image_ops.h: area averaging when it shrinks, bilinear when it grows."""
    shrunk = (min(width, pixels.shape[1]), min(height, pixels.shape[0]))
    pixels = cv2.resize(pixels, shrunk, interpolation=cv2.INTER_AREA)
    return cv2.resize(pixels, (width, height), interpolation=cv2.INTER_LINEAR)


def embedded_profile(image: Image.Image) -> ImageCms.ImageCmsProfile | None:
    """Returns None also for sRGB and for a broken header, which libpng and browsers ignore (page.png has one)."""
    data = image.info.get("icc_profile") or b""
    # ICC.1:2010, 7.2.15: bytes 64 to 67 are the rendering intent, 0 to 3.
    if len(data) < 128 or int.from_bytes(data[64:68], "big") > 3:
        return None
    profile = ImageCms.ImageCmsProfile(io.BytesIO(data))
    return None if "sRGB" in ImageCms.getProfileDescription(profile) else profile


def to_srgb(image: Image.Image) -> Image.Image:
    if profile := embedded_profile(image):
        intent = ImageCms.Intent.RELATIVE_COLORIMETRIC
        return ImageCms.profileToProfile(image, profile, ImageCms.createProfile("sRGB"), intent, outputMode="RGB")
    if "A" in image.getbands():
        white = Image.new("RGBA", image.size, "white")
        return Image.alpha_composite(white, image.convert("RGBA")).convert("RGB")
    return image.convert("RGB")


def cosines(size: int) -> np.ndarray:
    """The orthonormal DCT-II of `size` points, with one row per frequency."""
    frequency, place = np.mgrid[:size, :size]
    rows = np.cos(math.pi * frequency * (2 * place + 1) / (2 * size)) * math.sqrt(2 / size)
    rows[0] /= math.sqrt(2)
    return rows


def shrink_rows(pixels: np.ndarray, eighths: int) -> np.ndarray:
    """Scales every 8 rows to `eighths` like libjpeg's scaled decoding: inverts only a block's lower frequencies."""
    height, width, channels = pixels.shape
    padded = np.pad(pixels, ((0, -height % 8), (0, 0), (0, 0)), mode="edge")
    matrix = cosines(eighths).T @ cosines(8)[:eighths] * math.sqrt(eighths / 8)
    shrunk = matrix @ padded.reshape(-1, 8, width * channels)
    return shrunk.reshape(-1, width, channels)[: math.ceil(height * eighths / 8)]


def scaled_jpeg(pixels: np.ndarray) -> tuple[np.ndarray, float]:
    """Scales to the smallest sufficient number of eighths. Pillow can only halve, so colour is similar, not equal."""
    longest = max(pixels.shape[:2])
    eighths = next(m for m in range(1, 9) if m == 8 or math.ceil(longest * m / 8) >= TARGET_LONG_SIDE)
    if eighths == 8:
        return pixels, 1
    shrunk = shrink_rows(shrink_rows(pixels.astype(float), eighths).swapaxes(0, 1), eighths).swapaxes(0, 1)
    return np.clip(np.rint(shrunk), 0, 255).astype(np.uint8), 8 / eighths


def load(path: Path) -> Photo:
    with Image.open(path) as opened:
        is_jpeg = opened.format == "JPEG"
        pixels = np.asarray(to_srgb(ImageOps.exif_transpose(opened)))
    height, width = pixels.shape[:2]
    if not is_jpeg and max(width, height) > TARGET_LONG_SIDE:
        raise ValueError(f"{path} is {width}x{height}; only JPEG may be longer than {TARGET_LONG_SIDE} here")
    pixels, scale = scaled_jpeg(pixels) if is_jpeg else (pixels, 1)
    return Photo(np.ascontiguousarray(pixels), width, height, scale)
