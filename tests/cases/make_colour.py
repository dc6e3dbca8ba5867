#!/usr/bin/env python3
"""Writes the pictures of colour/: 48x32 pixels, four quarters of one colour each, in forms of TIFF that readers get wrong.

Needs numpy, tifffile and Pillow. The text of white_text.png is drawn with Pillow's own font.
"""

import os
import pathlib

import numpy as np
import tifffile
from PIL import Image, ImageCms, ImageDraw, ImageFont

OUT = pathlib.Path(__file__).parent / "colour"
QUARTERS = np.array([[[220, 40, 30], [40, 200, 60]], [[30, 60, 210], [230, 220, 40]]], dtype=np.uint8)
GREYS = np.array([[93, 136], [68, 202]], dtype=np.uint8)


def large(quarters):
    return np.repeat(np.repeat(quarters, 16, axis=0), 24, axis=1)


def write(name, pixels, photometric, extra=None, **more):
    tifffile.imwrite(OUT / f"{name}.tif", pixels, photometric=photometric, extrasamples=extra, description="",
                     metadata=None, compression="zlib", **more)


def main():
    OUT.mkdir(exist_ok=True)
    rgb, grey = large(QUARTERS), large(GREYS)
    none, opaque = np.zeros_like(grey), np.full_like(grey, 255)
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    wide_file = pathlib.Path(__file__).parents[2] / "src/photo/testdata/display_p3.icc"
    wide = wide_file.read_bytes()

    def stack(*bands):
        return np.dstack(bands)

    def deep(pixels):
        return pixels.astype(np.uint16) * 257

    # A grey picture with the profile of an RGB one.
    for profile, suffix in ((srgb, "rgbicc"), (wide, "p3icc")):
        write(f"grey8_{suffix}", grey, "minisblack", iccprofile=profile)
    write("grey16_rgbicc", deep(grey), "minisblack", iccprofile=srgb)
    write("grey8_white_is_zero_rgbicc", 255 - grey, "miniswhite", iccprofile=srgb)
    write("grey16_white_is_zero", 65535 - deep(grey), "miniswhite")
    write("grey8_alpha_rgbicc", stack(grey, opaque), "minisblack", ["unassalpha"], iccprofile=srgb, planarconfig="contig")
    # Extra samples without a stated meaning.
    write("grey8_extra", stack(grey, none), "minisblack", ["unspecified"], planarconfig="contig")
    write("grey8_extra2", stack(grey, none, none), "minisblack", ["unspecified"] * 2, planarconfig="contig")
    write("rgb8_extra", stack(rgb, none), "rgb", ["unspecified"])
    write("rgb8_extra2", stack(rgb, none, none), "rgb", ["unspecified"] * 2)
    in_p3 = np.asarray(ImageCms.profileToProfile(Image.fromarray(rgb), ImageCms.createProfile("sRGB"), str(wide_file)))
    write("rgb8_extra_p3icc", stack(in_p3, none), "rgb", ["unspecified"], iccprofile=wide)
    write("rgb16_extra", stack(deep(rgb), deep(none)), "rgb", ["unspecified"])
    write("rgb8_extra_big_tiff", stack(rgb, none), "rgb", ["unspecified"], bigtiff=True)
    write("rgb8_extra_big_endian", stack(rgb, none), "rgb", ["unspecified"], byteorder=">")
    write("rgb8_alpha_extra", stack(rgb, opaque, none), "rgb", ["unassalpha", "unspecified"])
    # Inks, alone and with a fifth channel. The inks are those of a naive formula: see cmyk.jpg in src/photo/testdata.
    key = 255 - rgb.max(axis=2)
    inks = stack(*((255 - rgb[..., i] - key) for i in range(3)), key)
    write("cmyk8", inks, "separated")
    write("cmyk8_alpha", stack(inks, opaque), "separated", ["unassalpha"])
    write("cmyk8_extra", stack(inks, none), "separated", ["unspecified"])
    write("cmyk16_alpha", stack(deep(inks), deep(opaque)), "separated", ["unassalpha"])
    # Floating point: without a profile RGB is linear, with one it is what the profile says.
    write("grey_float", grey.astype(np.float32) / 255, "minisblack")
    write("rgb_half", (rgb / 255).astype(np.float16), "rgb")
    encoded = (rgb / 255).astype(np.float32)
    linear = np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)
    write("rgb_float", linear.astype(np.float32), "rgb")
    write("rgb_float_srgbicc", encoded, "rgb", iccprofile=srgb)
    write("rgb_float_p3icc", (in_p3 / 255).astype(np.float32), "rgb", iccprofile=wide)
    write("rgb_float_alpha_srgbicc", stack(encoded, opaque / np.float32(255)), "rgb", ["unassalpha"], iccprofile=srgb)
    # White and black text on nothing.
    for colour, name in ((255, "white_text"), (0, "black_text")):
        picture = Image.new("RGBA", (400, 120), (colour, colour, colour, 0))
        font = ImageFont.load_default(40)
        ImageDraw.Draw(picture).text((20, 35), "Invoice 20391", font=font, fill=(colour, colour, colour, 255))
        picture.save(OUT / f"{name}.png", optimize=True)


if __name__ == "__main__":
    os.umask(0o022)
    main()
