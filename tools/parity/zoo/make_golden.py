#!/usr/bin/env python3
"""Writes the format zoo, src/photo/testdata/zoo: a small picture in every format and in every kind of it that we know of.

    pip install -r requirements.txt
    ./make_golden.py

zoo.tsv has a line for each file: its name, its format, the picture that it shows upright in sRGB (FILE.ppm, made by Pillow and
other libraries than ours) and the largest difference in a channel; or the code of the error and a part of its message. A
tolerance says how far two correct decoders may differ:
  0  lossless, 8 bits
  1  rounding: 16 bits to 8, and transparency
  2  JPEG: two versions of libjpeg-turbo; linear light; colour profiles (the same engine, other intermediate steps)
  4  several roundings: Lab, colours multiplied by alpha, JPEG inside JPEG XL, colours of a limited range, developed RAW
  8  colours stored at half the size: decoders enlarge them with or without interpolation, and a pixel is 6 from the next;
    inks with a profile: Pillow replaces its table by a coarser one
 12  AVIF and HEIC in a wide gamut or with high dynamic range: near black, a difference of 1 becomes 10
110  inks without a profile, where no two programs agree
"""

from __future__ import annotations

import io
import pathlib
import struct
import sys
import zlib

import imagecodecs
import numpy as np
import pillow_heif
import rawpy
import tifffile
from PIL import Image, ImageCms, ImageOps

ROOT = pathlib.Path(__file__).resolve().parents[3]
TARGET = ROOT / "src/photo/testdata/zoo"
WIDTH, HEIGHT = 32, 24

pillow_heif.register_heif_opener()

LOSSLESS, ROUNDING, CLOSE, ROUNDINGS, TABLES, HALF_COLOURS, WIDE, INKS = 0, 1, 2, 4, 8, 8, 12, 110
HDR = 26  # as WIDE; libvips 8.16 clips what sRGB cannot show a little differently from 8.14
entries: dict[str, tuple] = {}
newer: dict[str, np.ndarray] = {}  # what the libraries of Debian 13 show, where those of Debian 12 show less


def add(name: str, data: bytes, expected: np.ndarray | Image.Image, tolerance: int) -> None:
    """`expected`: the picture, upright and in sRGB."""
    pixels = np.asarray(expected, np.uint8)
    assert pixels.ndim == 3 and pixels.shape[2] == 3, (name, pixels.shape)
    assert name not in entries, name
    entries[name] = (data, pixels, tolerance)


def refuse(name: str, data: bytes, code: str, message: str) -> None:
    entries[name] = (data, code, message)


# ---- The picture --------------------------------------------------------------------------------------------------

Y, X = np.mgrid[0:HEIGHT, 0:WIDTH]
# Smooth, so that decoders that enlarge stored colours differently still agree; no two corners are alike.
RGB = np.dstack([20 + 6 * X, 30 + 8 * Y, 220 - 3 * X - 4 * Y]).astype(np.uint8)
GREY = np.asarray(Image.fromarray(RGB).convert("L"))
# Exact in 16 bits and in their first 8.
RGB16 = RGB.astype(np.uint16) * 256 + 77
GREY16 = GREY.astype(np.uint16) * 256 + 77
ALPHA = (40 + 200 * ((X + Y) % 2)).astype(np.uint8)
RGBA = np.dstack([RGB, ALPHA])
GREY_ALPHA = np.dstack([GREY, ALPHA])
# 16 colours of their own
PALETTED = Image.fromarray(RGB).quantize(16, dither=Image.Dither.NONE)


def grey_as_rgb(grey: np.ndarray) -> np.ndarray:
    return np.dstack([grey] * 3).astype(np.uint8)


def on_white(pixels: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    share = alpha[..., None].astype(float) / 255
    return np.round(pixels * share + 255 * (1 - share)).astype(np.uint8)


def linear(pixels: np.ndarray) -> np.ndarray:
    """The light of encoded sRGB (IEC 61966-2-1), 0 to 1."""
    encoded = pixels.astype(float) / 255
    return np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)


def encoded_light(light: np.ndarray) -> np.ndarray:
    """The reverse, with what is beyond white cut off: 0 to 255."""
    light = np.clip(light, 0, 1)
    return np.round(255 * np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)).astype(np.uint8)


def encoded(image: Image.Image | np.ndarray, kind: str, **options: object) -> bytes:
    stream = io.BytesIO()
    image = image if isinstance(image, Image.Image) else Image.fromarray(image)
    image.save(stream, kind, **options)
    return stream.getvalue()


def by_pillow(data: bytes) -> Image.Image:
    """Upright, with transparency on white."""
    image = ImageOps.exif_transpose(Image.open(io.BytesIO(data)))
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        rgba = np.asarray(image.convert("RGBA"))
        return Image.fromarray(on_white(rgba[..., :3], rgba[..., 3]))
    return image.convert("RGB")


def by_pillow_and_profile(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    try:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(image.info["icc_profile"]))
    except OSError:  # no profile at all
        return image.convert("RGB")
    return ImageCms.profileToProfile(
        image, profile, ImageCms.createProfile("sRGB"), ImageCms.Intent.PERCEPTUAL, outputMode="RGB"
    )


def exif(orientation: int) -> bytes:
    tags = Image.Exif()
    tags[0x0112] = orientation
    return tags.tobytes()


def stored_for(orientation: int, upright: np.ndarray = RGB) -> np.ndarray:
    """The pixels that show `upright` when the tag turns them."""
    back = {1: 1, 2: 2, 3: 3, 4: 4, 5: 5, 6: 8, 7: 7, 8: 6}[orientation]
    image = Image.fromarray(upright)
    image.getexif()[0x0112] = back
    return np.asarray(ImageOps.exif_transpose(image))


# ---- Colour profiles ----------------------------------------------------------------------------------------------


def fixed(*numbers: float) -> bytes:
    return b"".join(struct.pack(">i", round(number * 65536)) for number in numbers)


def xyz(*numbers: float) -> bytes:
    return b"XYZ \0\0\0\0" + fixed(*numbers)


def gamma(power: float) -> bytes:
    return b"curv\0\0\0\0" + struct.pack(">IH", 1, round(power * 256))


def icc(space: bytes, tags: dict[bytes, bytes], kind: bytes = b"mntr", pcs: bytes = b"XYZ ") -> bytes:
    tags = {b"desc": b"desc\0\0\0\0\0\0\0\4zoo\0" + bytes(79), b"wtpt": xyz(0.9642, 1, 0.8249), **tags}
    at = 128 + 4 + 12 * len(tags)
    table, data = struct.pack(">I", len(tags)), b""
    for name, value in tags.items():
        table += name + struct.pack(">II", at + len(data), len(value))
        data += value + bytes(-len(value) % 4)
    head = struct.pack(">I4sI4s4s4s", 128 + len(table) + len(data), b"", 0x02100000, kind, space, pcs)
    head += struct.pack(">6H", 2024, 1, 1, 0, 0, 0) + b"acsp" + bytes(28) + fixed(0.9642, 1, 0.8249)
    return head.ljust(128, b"\0") + table + data


def rgb_profile(red: tuple, green: tuple, blue: tuple, power: float = 2.2) -> bytes:
    tags = {b"rXYZ": xyz(*red), b"gXYZ": xyz(*green), b"bXYZ": xyz(*blue)}
    return icc(b"RGB ", tags | {name: gamma(power) for name in (b"rTRC", b"gTRC", b"bTRC")})


# Adapted to D50
SRGB_PRIMARIES = ((0.4361, 0.2225, 0.0139), (0.3851, 0.7169, 0.0971), (0.1431, 0.0606, 0.7141))
PROFILES = {
    "adobe_rgb": rgb_profile((0.6097, 0.3111, 0.0195), (0.2053, 0.6257, 0.0609), (0.1492, 0.0632, 0.7446)),
    "display_p3": rgb_profile((0.5151, 0.2412, -0.0011), (0.2919, 0.6922, 0.0419), (0.1572, 0.0666, 0.7841)),
    "rec2020": rgb_profile((0.6734, 0.2790, -0.0019), (0.1656, 0.6753, 0.0299), (0.1251, 0.0456, 0.7969), 2.4),
    # Whoever ignores it shows other colours.
    "swapped": rgb_profile(*reversed(SRGB_PRIMARIES)),
    "gamma_1": rgb_profile(*SRGB_PRIMARIES, 1.0),
}
GREY_PROFILE = icc(b"GRAY", {b"kTRC": gamma(1.0)})


def lut8(inks: int) -> bytes:
    """Two points for each ink, to Lab. Pale, so that sRGB has all colours, and nothing depends on how others are clipped."""
    table = b""
    for corner in range(2**inks):
        cmyk = [(corner >> (inks - 1 - i)) & 1 for i in range(inks)]
        light = 1.0
        for ink, leaves in zip(cmyk, (0.85, 0.8, 0.97, 0.3), strict=True):
            light *= leaves if ink else 1
        a = 128 - 20 * cmyk[0] + 30 * cmyk[1]
        b = 128 - 25 * cmyk[0] + 30 * cmyk[2]
        table += bytes([round(255 * light), max(0, min(255, a)), max(0, min(255, b))])
    straight = bytes(range(256))
    matrix = fixed(1, 0, 0, 0, 1, 0, 0, 0, 1)
    return b"mft1\0\0\0\0" + bytes([inks, 3, 2, 0]) + matrix + straight * inks + table + straight * 3


CMYK_PROFILE = icc(b"CMYK", {name: lut8(4) for name in (b"A2B0", b"A2B1", b"A2B2")}, b"prtr", b"Lab ")
ODD_PROFILES = {
    "cut": PROFILES["swapped"][:200],
    "head_only": PROFILES["swapped"][:128],
    "noise": bytes(range(256)) * 2,
    "huge_tag": PROFILES["swapped"][:140] + b"\xff\xff\xff\xff" + PROFILES["swapped"][144:],
    "many_tags": PROFILES["swapped"][:128] + b"\xff\xff\xff\xff" + PROFILES["swapped"][132:],
    "of_inks": CMYK_PROFILE,
    "of_grey": GREY_PROFILE,
}
STILL_APPLIED = {"huge_tag"}  # only its name cannot be read


# ---- JPEG ---------------------------------------------------------------------------------------------------------


def add_jpeg() -> None:
    def pillow(name: str, image: object, tolerance: int = CLOSE, **options: object) -> None:
        data = encoded(image, "JPEG", quality=95, **options)
        add(f"{name}.jpg", data, by_pillow(data), tolerance)

    pillow("rgb444", RGB, subsampling=0)
    pillow("rgb422", RGB, subsampling=1)
    pillow("rgb420", RGB, subsampling=2)
    pillow("rgb_stored_as_rgb", RGB, keep_rgb=True)
    pillow("grey", GREY)
    pillow("progressive", RGB, progressive=True)
    pillow("progressive_grey", GREY, progressive=True)
    pillow("restart_markers", RGB, restart_marker_blocks=1)
    pillow("quality_1", RGB, progressive=False, qtables=[[255] * 64, [255] * 64])
    for orientation in range(1, 9):
        data = encoded(stored_for(orientation), "JPEG", quality=95, subsampling=0, exif=exif(orientation))
        add(f"orientation_{orientation}.jpg", data, by_pillow(data), CLOSE)
    for name, profile in PROFILES.items():
        data = encoded(RGB, "JPEG", quality=95, subsampling=0, icc_profile=profile)
        add(f"{name}.jpg", data, by_pillow_and_profile(data), CLOSE)
    for name, profile in ODD_PROFILES.items():
        data = encoded(RGB, "JPEG", quality=95, subsampling=0, icc_profile=profile)
        add(f"profile_{name}.jpg", data, by_pillow_and_profile(data) if name in STILL_APPLIED else by_pillow(data), CLOSE)
    data = encoded(GREY, "JPEG", quality=95, icc_profile=GREY_PROFILE)
    add("grey_gamma_1.jpg", data, grey_through_profile(np.asarray(Image.open(io.BytesIO(data)))), CLOSE)
    cmyk = Image.fromarray(RGB).convert("CMYK")
    data = encoded(cmyk, "JPEG", quality=95)
    add("cmyk.jpg", data, by_pillow(data), INKS)
    data = encoded(cmyk, "JPEG", quality=95, icc_profile=CMYK_PROFILE)
    add("cmyk_profile.jpg", data, by_pillow_and_profile(data), TABLES)
    refuse("twelve_bits.jpg", imagecodecs.jpeg_encode((RGB16 >> 4).astype(np.uint16), bitspersample=12), "UNIMPLEMENTED", "recision")
    refuse("lossless.jpg", imagecodecs.jpeg_encode(RGB, lossless=True), "UNIMPLEMENTED", "SOF type 0xc3")
    whole = encoded(RGB, "JPEG", quality=95)
    add("bytes_after_the_end.jpg", whole + b"\0" * 100, by_pillow(whole), CLOSE)


def grey_through_profile(grey: np.ndarray) -> np.ndarray:
    """GREY_PROFILE: the numbers are linear."""
    return grey_as_rgb(encoded_light(grey.astype(float) / 255))


# ---- PNG ----------------------------------------------------------------------------------------------------------


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def packed_rows(samples: np.ndarray, bits: int) -> bytes:
    """`samples`: rows x columns x channels; each row begins with the filter 0."""
    rows = b""
    for row in samples:
        if bits == 16:
            line = row.astype(">u2").tobytes()
        elif bits == 8:
            line = row.astype(np.uint8).tobytes()
        else:
            flat = row.reshape(-1)
            line = np.packbits(((flat[:, None] >> np.arange(bits - 1, -1, -1)) & 1).reshape(-1).astype(np.uint8)).tobytes()
        rows += b"\0" + line
    return rows


ADAM7 = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))


def png(samples: np.ndarray, colour: int, bits: int, *, interlaced: bool = False, before: bytes = b"") -> bytes:
    """By hand, for what Pillow does not write."""
    samples = samples if samples.ndim == 3 else samples[..., None]
    head = struct.pack(">IIBBBBB", samples.shape[1], samples.shape[0], bits, colour, 0, 0, int(interlaced))
    passes = [samples[y::down, x::across] for x, y, across, down in ADAM7] if interlaced else [samples]
    data = b"".join(packed_rows(part, bits) for part in passes)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + before + chunk(b"IDAT", zlib.compress(data)) + chunk(b"IEND", b"")


def palette_chunk() -> bytes:
    return chunk(b"PLTE", bytes(PALETTED.getpalette()[: 16 * 3]))


def add_png() -> None:
    shown = np.asarray(PALETTED.convert("RGB"))
    indices = np.asarray(PALETTED)
    for interlaced, mark in ((False, ""), (True, "_interlaced")):
        for bits in (1, 2, 4):
            samples = GREY >> (8 - bits)
            data = png(samples, 0, bits, interlaced=interlaced)
            add(f"grey{bits}{mark}.png", data, grey_as_rgb(samples.astype(int) * 255 // (2**bits - 1)), LOSSLESS)
        add(f"grey8{mark}.png", png(GREY, 0, 8, interlaced=interlaced), grey_as_rgb(GREY), LOSSLESS)
        add(f"grey16{mark}.png", png(GREY16, 0, 16, interlaced=interlaced), grey_as_rgb(GREY), ROUNDING)
        add(f"rgb8{mark}.png", png(RGB, 2, 8, interlaced=interlaced), RGB, LOSSLESS)
        add(f"rgb16{mark}.png", png(RGB16, 2, 16, interlaced=interlaced), RGB, ROUNDING)
        add(f"palette{mark}.png", png(indices, 3, 4, interlaced=interlaced, before=palette_chunk()), shown, LOSSLESS)
        add(f"palette8{mark}.png", png(indices, 3, 8, interlaced=interlaced, before=palette_chunk()), shown, LOSSLESS)
        add(f"rgba8{mark}.png", png(RGBA, 6, 8, interlaced=interlaced), on_white(RGB, ALPHA), ROUNDING)
        wide = RGBA.astype(np.uint16) * 257
        add(f"rgba16{mark}.png", png(wide, 6, 16, interlaced=interlaced), on_white(RGB, ALPHA), ROUNDING)
        add(f"grey_alpha{mark}.png", png(GREY_ALPHA, 4, 8, interlaced=interlaced), on_white(grey_as_rgb(GREY), ALPHA), ROUNDING)
    alphas = bytes(range(15, 256, 16))
    of_palette = np.frombuffer(alphas, np.uint8)[indices]
    data = png(indices, 3, 4, before=palette_chunk() + chunk(b"tRNS", alphas))
    add("palette_transparent.png", data, on_white(shown, of_palette), ROUNDING)
    # One colour is transparent.
    key = RGB[5, 7]
    data = png(RGB, 2, 8, before=chunk(b"tRNS", struct.pack(">3H", *map(int, key))))
    add("rgb_transparent_colour.png", data, on_white(RGB, np.where((RGB == key).all(2), 0, 255)), LOSSLESS)
    data = png(GREY, 0, 8, before=chunk(b"tRNS", struct.pack(">H", int(GREY[3, 3]))))
    add("grey_transparent_level.png", data, on_white(grey_as_rgb(GREY), np.where(GREY == GREY[3, 3], 0, 255)), LOSSLESS)
    for orientation in range(1, 9):
        data = png(stored_for(orientation), 2, 8, before=chunk(b"eXIf", exif(orientation)[6:]))
        add(f"orientation_{orientation}.png", data, RGB, LOSSLESS)
    for name, profile in PROFILES.items():
        data = encoded(RGB, "PNG", icc_profile=profile)
        add(f"{name}.png", data, by_pillow_and_profile(data), CLOSE)
    for name, profile in ODD_PROFILES.items():
        # libpng applies none of them. libvips on Debian 13 reads PNG with libspng.
        data = encoded(RGB, "PNG", icc_profile=profile)
        add(f"profile_{name}.png", data, RGB, LOSSLESS)
        if name in STILL_APPLIED:
            newer[f"profile_{name}.png"] = by_pillow_and_profile(data)
    second = Image.fromarray(255 - RGB)
    add("animated.png", encoded(RGB, "PNG", save_all=True, append_images=[second]), RGB, LOSSLESS)
    add("bytes_after_the_end.png", png(RGB, 2, 8) + b"\0" * 100, RGB, LOSSLESS)
    wrong = bytearray(png(RGB, 2, 8))
    wrong[-20] ^= 1  # in the checksum of IDAT
    refuse("wrong_checksum.png", bytes(wrong), "INVALID_ARGUMENT", "the PNG is broken")


# ---- GIF ----------------------------------------------------------------------------------------------------------


def add_gif() -> None:
    shown = np.asarray(PALETTED.convert("RGB"))
    add("palette.gif", encoded(PALETTED, "GIF", interlace=0), shown, LOSSLESS)
    add("interlaced.gif", encoded(PALETTED, "GIF", interlace=1), shown, LOSSLESS)
    add("grey.gif", encoded(GREY, "GIF"), grey_as_rgb(GREY), LOSSLESS)
    data = encoded(PALETTED, "GIF", transparency=3)
    add("transparent.gif", data, by_pillow(data), LOSSLESS)
    second = PALETTED.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    add("animated.gif", encoded(PALETTED, "GIF", save_all=True, append_images=[second]), shown, LOSSLESS)
    add("bytes_after_the_end.gif", encoded(PALETTED, "GIF") + b"\0" * 100, shown, LOSSLESS)


# ---- WebP ---------------------------------------------------------------------------------------------------------


def add_webp() -> None:
    def pillow(name: str, image: object, tolerance: int, **options: object) -> None:
        data = encoded(image, "WEBP", **options)
        add(f"{name}.webp", data, by_pillow(data), tolerance)

    pillow("rgb", RGB, ROUNDING, quality=90)
    pillow("lossless", RGB, LOSSLESS, lossless=True)
    pillow("grey", GREY, ROUNDING, quality=90)
    pillow("alpha", RGBA, ROUNDING, quality=90)
    pillow("alpha_lossless", RGBA, ROUNDING, lossless=True, exact=True)
    pillow("animated", RGB, LOSSLESS, lossless=True, save_all=True, append_images=[Image.fromarray(255 - RGB)])
    for orientation in range(1, 9):
        data = encoded(stored_for(orientation), "WEBP", lossless=True, exif=exif(orientation))
        add(f"orientation_{orientation}.webp", data, RGB, LOSSLESS)
    for name, profile in PROFILES.items():
        data = encoded(RGB, "WEBP", lossless=True, icc_profile=profile)
        add(f"{name}.webp", data, by_pillow_and_profile(data), CLOSE)
    for name, profile in ODD_PROFILES.items():
        data = encoded(RGB, "WEBP", lossless=True, icc_profile=profile)
        shown, tolerance = (by_pillow_and_profile(data), CLOSE) if name in STILL_APPLIED else (RGB, LOSSLESS)
        add(f"profile_{name}.webp", data, shown, tolerance)


# ---- TIFF ---------------------------------------------------------------------------------------------------------


def tiff(pixels: np.ndarray, **options: object) -> bytes:
    stream = io.BytesIO()
    options.setdefault("photometric", "rgb" if pixels.ndim == 3 and pixels.shape[-1] in (3, 4) else "minisblack")
    tifffile.imwrite(stream, pixels, metadata=None, software=False, **options)
    return stream.getvalue()


def add_tiff() -> None:
    add("rgb8.tif", tiff(RGB), RGB, LOSSLESS)
    add("rgb16.tif", tiff(RGB16), RGB, ROUNDING)
    add("grey8.tif", tiff(GREY), grey_as_rgb(GREY), LOSSLESS)
    add("grey16.tif", tiff(GREY16), grey_as_rgb(GREY), ROUNDING)
    add("white_is_zero.tif", tiff(255 - GREY, photometric="miniswhite"), grey_as_rgb(GREY), LOSSLESS)
    add("big_endian.tif", tiff(RGB16, byteorder=">"), RGB, ROUNDING)
    add("big_tiff.tif", tiff(RGB, bigtiff=True), RGB, LOSSLESS)
    add("planes.tif", tiff(np.moveaxis(RGB, 2, 0).copy(), photometric="rgb", planarconfig="separate"), RGB, LOSSLESS)
    add("tiles.tif", tiff(RGB, tile=(16, 16)), RGB, LOSSLESS)
    add("strips.tif", tiff(RGB, rowsperstrip=5), RGB, LOSSLESS)
    for name in ("lzw", "deflate", "packbits", "zstd"):
        add(f"{name}.tif", tiff(RGB, compression=name), RGB, LOSSLESS)
    add("lzw_differences.tif", tiff(RGB, compression="lzw", predictor=2), RGB, LOSSLESS)
    add("deflate_differences16.tif", tiff(RGB16, compression="deflate", predictor=2), RGB, ROUNDING)
    data = encoded(RGB, "TIFF", compression="jpeg", quality=95)
    add("jpeg.tif", data, by_pillow(data), CLOSE)
    bilevel = Image.fromarray(GREY).convert("1", dither=Image.Dither.NONE)
    for name in ("raw", "group3", "group4"):
        data = encoded(bilevel, "TIFF", compression=None if name == "raw" else name)
        add(f"bilevel_{name}.tif", data, bilevel.convert("RGB"), LOSSLESS)
    data = encoded(PALETTED, "TIFF")
    add("palette.tif", data, by_pillow(data), LOSSLESS)
    add("alpha.tif", tiff(RGBA, extrasamples=["unassalpha"]), on_white(RGB, ALPHA), ROUNDING)
    share = ALPHA[..., None].astype(float) / 255
    multiplied = np.dstack([np.round(RGB * share), ALPHA]).astype(np.uint8)
    add("alpha_multiplied.tif", tiff(multiplied, extrasamples=["assocalpha"]), on_white(RGB, ALPHA), CLOSE)
    add("alpha16.tif", tiff(RGBA.astype(np.uint16) * 257, extrasamples=["unassalpha"]), on_white(RGB, ALPHA), ROUNDING)
    add("float.tif", tiff(linear(RGB).astype(np.float32)), RGB, CLOSE)
    add("float_differences.tif", tiff(linear(RGB).astype(np.float32), compression="deflate", predictor=3), RGB, CLOSE)
    # Brighter than white is white.
    light = linear(RGB) * 4
    add("float_hdr.tif", tiff(light.astype(np.float32)), encoded_light(light), CLOSE)
    refuse("float_grey.tif", tiff(linear(GREY).astype(np.float32)), "UNIMPLEMENTED", "not supported: floating-point samples")
    refuse("float_half.tif", tiff(linear(RGB).astype(np.float16)), "UNIMPLEMENTED", "not supported: floating-point samples")
    newer["float_half.tif"] = RGB
    cmyk = Image.fromarray(RGB).convert("CMYK")
    data = encoded(cmyk, "TIFF")
    add("cmyk.tif", data, by_pillow(data), INKS)
    data = encoded(cmyk, "TIFF", icc_profile=CMYK_PROFILE)
    add("cmyk_profile.tif", data, by_pillow_and_profile(data), TABLES)
    for orientation in range(1, 9):
        data = encoded(stored_for(orientation), "TIFF", tiffinfo={274: orientation})
        add(f"orientation_{orientation}.tif", data, RGB, LOSSLESS)
    for name, profile in PROFILES.items():
        data = encoded(RGB, "TIFF", icc_profile=profile)
        add(f"{name}.tif", data, by_pillow_and_profile(data), CLOSE)
    for name, profile in ODD_PROFILES.items():
        data = encoded(RGB, "TIFF", icc_profile=profile)
        shown, tolerance = (by_pillow_and_profile(data), CLOSE) if name in STILL_APPLIED else (RGB, LOSSLESS)
        add(f"profile_{name}.tif", data, shown, tolerance)
    add("grey16_gamma_1.tif", tiff(GREY16, iccprofile=GREY_PROFILE), grey_through_profile(GREY), CLOSE)
    add("two_pages.tif", encoded(RGB, "TIFF", save_all=True, append_images=[Image.fromarray(255 - RGB)]), RGB, LOSSLESS)
    add("lab.tif", tiff(lab_of(RGB // 2 + 64), photometric="cielab"), RGB // 2 + 64, ROUNDINGS)


def lab_of(pixels: np.ndarray) -> np.ndarray:
    """For D65; a and b are signed."""
    xyz_of_white = TO_XYZ["bt709"].sum(1)
    x, y, z = np.moveaxis(np.cbrt(linear(pixels) @ TO_XYZ["bt709"].T / xyz_of_white), 2, 0)
    lightness, a, b = 116 * y - 16, 500 * (x - y), 200 * (y - z)
    return np.dstack([np.round(lightness * 2.55), np.round(a).astype(int) % 256, np.round(b).astype(int) % 256]).astype(np.uint8)


# ---- Colours that HEIC and AVIF state by numbers of ITU-T H.273 ------------------------------------------------------

# To XYZ: columns are red, green and blue, not adapted, since white is the same.
TO_XYZ = {
    "bt709": np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]),
    "display_p3": np.array([[0.4866, 0.2657, 0.1982], [0.2290, 0.6917, 0.0793], [0.0000, 0.0451, 1.0439]]),
    "rec2020": np.array([[0.6370, 0.1446, 0.1689], [0.2627, 0.6780, 0.0593], [0.0000, 0.0281, 1.0610]]),
}
NUMBERS = {"display_p3": 12, "rec2020": 9}


def in_srgb(light: np.ndarray, primaries: str) -> np.ndarray:
    """Light in other primaries, as 8 bits of sRGB."""
    matrix = np.linalg.inv(TO_XYZ["bt709"]) @ TO_XYZ[primaries]
    return encoded_light(light @ matrix.T)


def on_a_usual_screen(nits: np.ndarray) -> np.ndarray:
    """As src/photo/heif_colours.h describes it."""
    light = nits / 203

    def bend(x: np.ndarray | float) -> np.ndarray:
        return 1 - np.exp(-(np.asarray(x) - 0.5) / 0.5)

    return np.where(light <= 0.5, light, np.minimum(1, 0.5 + 0.5 * bend(light) / bend(1000 / 203)))


def nits_of_pq(signal: np.ndarray) -> np.ndarray:
    """ITU-R BT.2100."""
    power = signal ** (1 / 78.84375)
    return 10000 * (np.maximum(power - 0.8359375, 0) / (18.8515625 - 18.6875 * power)) ** (1 / 0.1593017578125)


def nits_of_hlg(signal: np.ndarray) -> np.ndarray:
    scene = np.where(signal <= 0.5, signal**2 / 3, (np.exp((signal - 0.55991073) / 0.17883277) + 0.28466892) / 12)
    return 1000 * scene**1.2


def stated_colours() -> dict[str, tuple[int, int, np.ndarray]]:
    """Name: primaries, transfer, and what RGB16 shows with them."""
    signal = RGB16 / 65535
    shown = {name: (number, 13, in_srgb(linear(RGB), name)) for name, number in NUMBERS.items()}
    for name, transfer, nits in (("pq", 16, nits_of_pq(signal)), ("hlg", 18, nits_of_hlg(signal))):
        shown[name] = (9, transfer, in_srgb(on_a_usual_screen(nits), "rec2020"))
    return shown


# ---- HEIC, AVIF ---------------------------------------------------------------------------------------------------


def heic(pixels: np.ndarray, mode: str = "RGB", **options: object) -> bytes:
    stream = io.BytesIO()
    options = {"quality": -1, "chroma": 444, **options}
    height, width = pixels.shape[:2]
    picture = pillow_heif.from_bytes(mode, (width, height), pixels.tobytes())
    picture.save(stream, **options)
    return stream.getvalue()


def add_heic() -> None:
    add("rgb444.heic", heic(RGB), by_pillow(heic(RGB)), CLOSE)
    data = heic(RGB, chroma=420, quality=95)
    add("rgb420.heic", data, by_pillow(data), HALF_COLOURS)
    data = encoded(GREY, "HEIF", quality=-1)
    add("grey.heic", data, by_pillow(data), CLOSE)
    data = heic(RGBA, "RGBA")
    add("alpha.heic", data, by_pillow(data), CLOSE)
    for bits in (10, 12):
        pillow_heif.options.SAVE_HDR_TO_12_BIT = bits == 12
        data = heic(RGB16, "RGB;16")
        add(f"{bits}_bits.heic", data, RGB, CLOSE)
        for name, (primaries, transfer, shown) in stated_colours().items():
            data = heic(
                RGB16, "RGB;16", matrix_coefficients=9, color_primaries=primaries, transfer_characteristics=transfer
            )
            add(f"{bits}_bits_{name}.heic", data, shown, HDR if name in ("pq", "hlg") else WIDE)
    for orientation in range(1, 9):
        stream = io.BytesIO()
        image = Image.fromarray(stored_for(orientation))
        image.save(stream, "HEIF", quality=-1, chroma=444, exif=exif(orientation))
        add(f"orientation_{orientation}.heic", stream.getvalue(), by_pillow(stream.getvalue()), CLOSE)
    for name, profile in PROFILES.items():
        data = encoded(RGB, "HEIF", quality=-1, chroma=444, icc_profile=profile)
        add(f"{name}.heic", data, by_pillow_and_profile(data), CLOSE)
    data = encoded(RGB, "HEIF", quality=-1, chroma=444, save_all=True, append_images=[Image.fromarray(255 - RGB)])
    add("two_pictures.heic", data, by_pillow(data), CLOSE)


def add_avif() -> None:
    def pillow(name: str, image: object, tolerance: int, **options: object) -> None:
        data = encoded(image, "AVIF", **options)
        add(f"{name}.avif", data, by_pillow(data), tolerance)

    pillow("rgb444", RGB, CLOSE, quality=95, subsampling="4:4:4")
    pillow("rgb422", RGB, HALF_COLOURS, quality=95, subsampling="4:2:2")
    pillow("rgb420", RGB, HALF_COLOURS, quality=95, subsampling="4:2:0")
    pillow("grey", GREY, CLOSE, quality=95, subsampling="4:0:0")
    pillow("full_range_off", RGB, ROUNDINGS, quality=95, subsampling="4:4:4", range="limited")
    pillow("alpha", RGBA, CLOSE, quality=100, subsampling="4:4:4")
    pillow("alpha_multiplied", RGBA, ROUNDINGS, quality=100, subsampling="4:4:4", alpha_premultiplied=True)
    pillow("animated", RGB, CLOSE, quality=95, subsampling="4:4:4", save_all=True, append_images=[Image.fromarray(255 - RGB)])
    for bits in (10, 12):
        samples = (RGB16 >> (16 - bits)).astype(np.uint16)
        data = imagecodecs.avif_encode(samples, level=95, bitspersample=bits, pixelformat="444")
        add(f"{bits}_bits.avif", data, RGB, CLOSE)
        for name, (primaries, transfer, shown) in stated_colours().items():
            data = imagecodecs.avif_encode(
                samples, level=100, bitspersample=bits, pixelformat="444", primaries=primaries, transfer=transfer, matrix=9
            )
            add(f"{bits}_bits_{name}.avif", data, shown, HDR if name in ("pq", "hlg") else WIDE)
    for orientation in range(1, 9):
        pillow(f"orientation_{orientation}", stored_for(orientation), CLOSE, quality=95, subsampling="4:4:4", exif=exif(orientation))
    for name, profile in PROFILES.items():
        data = encoded(RGB, "AVIF", quality=95, subsampling="4:4:4", icc_profile=profile)
        add(f"{name}.avif", data, by_pillow_and_profile(data), WIDE)


# ---- JPEG XL ------------------------------------------------------------------------------------------------------


def add_jpeg_xl() -> None:
    jxl = imagecodecs.jpegxl_encode
    add("rgb8.jxl", jxl(RGB, lossless=True), RGB, LOSSLESS)
    # imagecodecs declares samples of more than 8 bits as linear light.
    shown, grey = encoded_light(RGB16 / 65535), grey_as_rgb(encoded_light(GREY16 / 65535))
    add("rgb16.jxl", jxl(RGB16, lossless=True), shown, CLOSE)
    add("grey8.jxl", jxl(GREY, lossless=True, photometric="gray"), grey_as_rgb(GREY), LOSSLESS)
    add("grey16.jxl", jxl(GREY16, lossless=True, photometric="gray"), grey, CLOSE)
    add("alpha.jxl", jxl(RGBA, lossless=True), on_white(RGB, ALPHA), ROUNDING)
    add("alpha16.jxl", jxl(RGBA.astype(np.uint16) * 257, lossless=True), on_white(encoded_light(RGB / 255), ALPHA), CLOSE)
    data = jxl(RGB, distance=1.0)
    add("lossy.jxl", data, imagecodecs.jpegxl_decode(data), CLOSE)
    add("box.jxl", jxl(RGB, lossless=True, usecontainer=True), RGB, LOSSLESS)
    add("float.jxl", jxl((RGB / 255).astype(np.float32), lossless=True), encoded_light(RGB / 255), CLOSE)
    data = encoded(RGB, "JPEG", quality=95, subsampling=0)
    add("from_jpeg.jxl", imagecodecs.jpegxl_encode_jpeg(data), by_pillow(data), ROUNDINGS)
    # No animation: libvips 8.14 shows its last picture, later versions the first.


# ---- RAW ----------------------------------------------------------------------------------------------------------


def developed(data: bytes) -> Image.Image:
    """As the sensor recorded it."""
    with rawpy.imread(io.BytesIO(data)) as raw:
        pixels = raw.postprocess(
            half_size=True, use_camera_wb=True, output_color=rawpy.ColorSpace.sRGB, gamma=(2.4, 12.92), output_bps=8, user_flip=0
        )
    return Image.fromarray(pixels)


def place_of(data: bytes, tag: int) -> int:
    """Where the value of this tag of the first directory is."""
    first = struct.unpack_from("<I", data, 4)[0]
    assert data[:2] == b"II"
    for index in range(struct.unpack_from("<H", data, first)[0]):
        at = first + 2 + 12 * index
        if struct.unpack_from("<H", data, at)[0] == tag:
            return at + 8
    raise KeyError(tag)


def add_raw() -> None:
    """Two DNG of the folder above: the sensor's data, turned; a preview that is not there."""
    sensor = (ROOT / "src/photo/testdata/sensor.dng").read_bytes()
    for orientation in range(1, 9):
        data = bytearray(sensor)
        struct.pack_into("<H", data, place_of(sensor, 274), orientation)
        turned = developed(bytes(data))
        turned.getexif()[0x0112] = orientation
        add(f"orientation_{orientation}.dng", bytes(data), ImageOps.exif_transpose(turned).convert("RGB"), ROUNDINGS)
    data = bytearray((ROOT / "src/photo/testdata/preview_upright.dng").read_bytes())
    orientation = struct.unpack_from("<H", data, place_of(data, 274))[0]
    struct.pack_into("<I", data, place_of(data, 273), 0x00FFFFFF)
    turned = developed(bytes(data))
    turned.getexif()[0x0112] = orientation
    add("preview_beyond_the_end.dng", bytes(data), ImageOps.exif_transpose(turned).convert("RGB"), ROUNDINGS)


FORMATS = {
    "jpg": "JPEG", "png": "PNG", "gif": "GIF", "webp": "WebP", "tif": "TIFF", "heic": "HEIC", "avif": "AVIF", "jxl": "JPEG XL",
    "dng": "RAW",
}  # fmt: skip


def ppm(pixels: np.ndarray) -> bytes:
    return b"P6 %d %d 255\n" % (pixels.shape[1], pixels.shape[0]) + pixels.tobytes()


def picture_file(name: str, pixels: np.ndarray, pictures: dict[bytes, str]) -> str:
    """The file of `pictures` with these pixels, which is written for the first that shows them."""
    picture = ppm(np.asarray(pixels, np.uint8))
    shown = pictures.setdefault(picture, name.replace(".", "_") + ".ppm")
    (TARGET / shown).write_bytes(picture)
    return shown


def main() -> int:
    for add_format in (add_jpeg, add_png, add_gif, add_webp, add_tiff, add_heic, add_avif, add_jpeg_xl, add_raw):
        add_format()
    TARGET.mkdir(parents=True, exist_ok=True)
    for old in TARGET.iterdir():
        old.unlink()
    lines, pictures = [], {}
    for name, (data, expected, how) in entries.items():
        (TARGET / name).write_bytes(data)
        format_name = FORMATS[name.rsplit(".", 1)[1]]
        if isinstance(expected, str):
            shown = expected
        else:
            shown = picture_file(name, expected, pictures)
        line = f"{name}\t{format_name}\t{shown}\t{how}"
        lines.append(f"{line}\t{picture_file(name, newer[name], pictures)}" if name in newer else line)
    (TARGET / "zoo.tsv").write_text("\n".join(lines) + "\n")
    print(f"{len(entries)} files, {len(pictures)} pictures, {sum(len(data) for data, _, _ in entries.values())} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
