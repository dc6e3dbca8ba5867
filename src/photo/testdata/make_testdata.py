#!/usr/bin/env python3
"""Writes the pictures of this folder. They are checked in; run this only to change them.

    python3 -m venv venv && venv/bin/pip install pillow==13.0.0 pillow-heif==1.8.1 pyvips==3.2.0 numpy==2.4.6
    venv/bin/python make_testdata.py          # pyvips uses the libvips of the system, 8.14 or later with HEIC and JXL

Most show the same picture when seen upright: 48x32 pixels, a red, green, blue and yellow quarter (top left, top right,
bottom left, bottom right).
"""

import io
import pathlib
import struct
import zlib

import numpy
import pillow_heif
import pyvips
from PIL import Image, ImageCms

FOLDER = pathlib.Path(__file__).resolve().parent
WIDTH, HEIGHT = 48, 32
COLOURS = [(220, 40, 30), (40, 200, 60), (30, 60, 210), (230, 220, 40)]

pillow_heif.register_heif_opener()


def save(name, data):
    (FOLDER / name).write_bytes(data)


def encoded(image, kind, **options):
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def quarters(width=WIDTH, height=HEIGHT):
    pixels = numpy.zeros((height, width, 3), numpy.uint8)
    half_w, half_h = width // 2, height // 2
    for index, colour in enumerate(COLOURS):
        top, left = (index // 2) * half_h, (index % 2) * half_w
        pixels[top : top + half_h, left : left + half_w] = colour
    return Image.fromarray(pixels)


# ---- EXIF, written by hand so that it can be wrong on purpose -------------------------------------------------------

ASCII, SHORT, LONG, RATIONAL, BYTE, UNDEFINED, SRATIONAL = 2, 3, 4, 5, 1, 7, 10
EXIF_IFD, GPS_IFD, SUB_IFD = 0x8769, 0x8825, 0x014A


def value_bytes(order, kind, value):
    if kind == ASCII:
        raw = value if isinstance(value, bytes) else value.encode() + b"\0"
        return len(raw), raw
    if kind in (BYTE, UNDEFINED):
        return len(value), bytes(value)
    if kind in (RATIONAL, SRATIONAL):  # negative numerators come as the bits of an unsigned one
        return len(value), b"".join(struct.pack(order + "II", *pair) for pair in value)
    values = value if isinstance(value, (list, tuple)) else [value]
    return len(values), b"".join(struct.pack(order + ("H" if kind == SHORT else "I"), v) for v in values)


class Tiff:
    """Directories first, each followed by its values; pixel data where the caller puts it."""

    def __init__(self, order="<"):
        self.order = order
        self.data = bytearray(struct.pack(order + "2sHI", b"II" if order == "<" else b"MM", 42, 8))

    def blob(self, raw):
        at = len(self.data)
        self.data += raw + b"\0" * (len(raw) % 2)
        return at

    def directory(self, entries):
        """`entries`: tag -> (type, value), or tag -> entries for a directory of its own. Returns where it stands."""
        at = len(self.data)
        self.data += b"\0" * (2 + 12 * len(entries) + 4)
        struct.pack_into(self.order + "H", self.data, at, len(entries))
        for index, (tag, what) in enumerate(sorted(entries.items())):
            kind, value = (LONG, self.directory(what)) if isinstance(what, dict) else what
            count, raw = value_bytes(self.order, kind, value)
            field = raw.ljust(4, b"\0") if len(raw) <= 4 else struct.pack(self.order + "I", self.blob(raw))
            struct.pack_into(self.order + "HHI4s", self.data, at + 2 + 12 * index, tag, kind, count, field)
        return at


def exif(entries, order="<"):
    tiff = Tiff(order)
    tiff.directory(entries)
    return bytes(tiff.data)


def gps(latitude, longitude, refs="NE", **more):
    tags = {2: (RATIONAL, latitude), 4: (RATIONAL, longitude)}
    if refs:
        tags |= {1: (ASCII, refs[0]), 3: (ASCII, refs[1])}
    if "altitude" in more:
        tags[6] = (RATIONAL, [more["altitude"]])
    if "altitude_ref" in more:
        tags[5] = (BYTE, [more["altitude_ref"]])
    return {GPS_IFD: tags}


PARIS = ([(48, 1), (51, 1), (2952, 100)], [(2, 1), (17, 1), (4020, 100)])
FULL = {
    0x010F: (ASCII, "Canon"),
    0x0110: (ASCII, "Canon EOS R5"),
    0x0112: (SHORT, 1),
    0x0132: (ASCII, "2024:06:30 08:00:00"),
    EXIF_IFD: {
        0x9000: (UNDEFINED, b"0231"),
        0x9003: (ASCII, "2024:05:01 12:34:56"),
        0x9004: (ASCII, "2024:05:02 00:00:00"),
        0x9011: (ASCII, "+02:00"),
        0x9291: (ASCII, "123"),
        0xA434: (ASCII, "RF24-105mm F4 L IS USM"),
    },
} | gps(*PARIS, altitude=(3550, 100), altitude_ref=0)


def full(orientation):
    return exif(FULL | {0x0112: (SHORT, orientation)})


def dated(original=None, digitized=None, changed=None, **more):
    tags = {0x9003: original, 0x9004: digitized, 0x9291: more.get("sub"), 0x9011: more.get("offset")}
    sub_ifd = {tag: (ASCII, text) for tag, text in tags.items() if text is not None}
    return ({0x0132: (ASCII, changed)} if changed else {}) | {EXIF_IFD: sub_ifd}


def named(maker, model):
    return {0x010F: (ASCII, maker), 0x0110: (ASCII, model)}


def facts_cases():
    """One line a case: name, EXIF block in hex, taken_at, camera, lens, orientation, latitude, longitude, altitude."""
    full_answer = ("2024-05-01T12:34:56.123+02:00", "Canon EOS R5", "RF24-105mm F4 L IS USM", 1, 48.8582, 2.294500, 35.5)
    nothing = ("", "", "", 1, "", "", "")

    def only(index, value):
        return nothing[:index] + (value,) + nothing[index + 1 :]

    def place(latitude, longitude, altitude=""):
        return nothing[:4] + (latitude, longitude, altitude)

    zero = [(0, 1), (0, 1), (0, 1)]
    one = [(1, 1), (30, 1), (0, 1)]
    day = "2024:05:01 12:34:56"
    iso = "2024-05-01T12:34:56"
    cases = [
        ("full", exif(FULL), full_answer),
        ("full_big_endian", exif(FULL, ">"), full_answer),
        ("full_with_mark", b"Exif\0\0" + exif(FULL), full_answer),
        ("nothing", exif({0x0112: (SHORT, 1)}), nothing),
        ("zero_bytes", b"", nothing),
        ("garbage", bytes(range(64)), nothing),
        ("zero_date", exif(dated("0000:00:00 00:00:00")), nothing),
        ("blank_date", exif(dated("    :  :     :  :  ")), nothing),
        ("no_such_day", exif(dated("2023:02:29 10:00:00")), nothing),
        ("leap_day", exif(dated("2024:02:29 10:00:00")), only(0, "2024-02-29T10:00:00")),
        ("month_13", exif(dated("2023:13:01 10:00:00")), nothing),
        ("hour_24_is_no_time", exif(dated("2024:05:01 24:00:00")), only(0, "2024-05-01")),
        ("blank_time", exif(dated("2024:05:01   :  :  ")), only(0, "2024-05-01")),
        ("dashes", exif(dated("2024-05-01 12:34:56")), only(0, iso)),
        ("zero_then_digitized", exif(dated("0000:00:00 00:00:00", day)), only(0, iso)),
        ("only_changed", exif(dated(changed=day)), only(0, iso)),
        ("subsecond_padded", exif(dated(day, sub="45 ")), only(0, iso + ".45")),
        ("subsecond_garbage", exif(dated(day, sub="x")), only(0, iso)),
        ("offset_utc", exif(dated(day, offset="Z")), only(0, iso + "+00:00")),
        ("offset_negative", exif(dated(day, offset="-03:30")), only(0, iso + "-03:30")),
        ("offset_blank", exif(dated(day, offset="   :  ")), only(0, iso)),
        ("offset_too_far", exif(dated(day, offset="+25:00")), only(0, iso)),
        ("maker_repeated", exif(named("NIKON CORPORATION", "NIKON Z 6")), only(1, "NIKON Z 6")),
        ("maker_other_case", exif(named("Huawei", "HUAWEI P30")), only(1, "HUAWEI P30")),
        ("maker_apart", exif(named("Apple", "iPhone 15 Pro")), only(1, "Apple iPhone 15 Pro")),
        ("maker_padded", exif(named("SONY   ", "  ILCE-7M3 ")), only(1, "SONY ILCE-7M3")),
        ("model_only", exif({0x0110: (ASCII, "X100V")}), only(1, "X100V")),
        ("model_latin1", exif(named("K", b"Kam\xe9ra\x01\0")), only(1, "Kam\u00e9ra")),
        ("orientation_6", exif({0x0112: (SHORT, 6)}), only(3, 6)),
        ("orientation_0", exif({0x0112: (SHORT, 0)}), nothing),
        ("orientation_9", exif({0x0112: (SHORT, 9)}), nothing),
        ("gps_south_west", exif(gps(one, one, "SW")), place(-1.5, -1.5)),
        ("gps_below_sea", exif(gps(one, one, altitude=(422, 1), altitude_ref=1)), place(1.5, 1.5, -422)),
        ("gps_altitude_0_0", exif(gps(one, one, altitude=(0, 0), altitude_ref=0)), place(1.5, 1.5)),
        ("gps_0_0", exif(gps([(0, 0)] * 3, [(0, 0)] * 3)), nothing),
        ("gps_seconds_0_0", exif(gps([(1, 1), (30, 1), (0, 0)], one)), nothing),
        ("gps_no_fix", exif(gps(zero, zero)), nothing),
        ("gps_equator", exif(gps(zero, one)), place(0, 1.5)),
        ("gps_latitude_91", exif(gps([(91, 1), (0, 1), (0, 1)], one)), nothing),
        ("gps_longitude_181", exif(gps(one, [(181, 1), (0, 1), (0, 1)])), nothing),
        ("gps_minutes_75", exif(gps([(1, 1), (75, 1), (0, 1)], one)), nothing),
        ("gps_without_reference", exif(gps(one, one, refs="")), nothing),
        ("gps_decimal", exif(gps([(15, 10), (0, 1), (0, 1)], one)), place(1.5, 1.5)),
    ]
    lines = ["\t".join([name, block.hex(), *map(str, answer)]) for name, block, answer in cases]
    save("facts_cases.tsv", ("\n".join(lines) + "\n").encode())


# ---- pictures --------------------------------------------------------------------------------------------------------

# From upright to stored: what a camera held that way would have written.
TO_STORED = {
    1: [],
    2: [Image.Transpose.FLIP_LEFT_RIGHT],
    3: [Image.Transpose.ROTATE_180],
    4: [Image.Transpose.FLIP_TOP_BOTTOM],
    5: [Image.Transpose.TRANSPOSE],
    6: [Image.Transpose.ROTATE_90],
    7: [Image.Transpose.TRANSVERSE],
    8: [Image.Transpose.ROTATE_270],
}


def stored(orientation, image=None):
    image = image or quarters()
    for step in TO_STORED[orientation]:
        image = image.transpose(step)
    return image


def exif_jpeg(image, orientation, **options):
    return encoded(image, "JPEG", quality=90, subsampling=0, exif=b"Exif\0\0" + full(orientation), **options)


def box(kind, payload):
    return struct.pack(">I4s", 8 + len(payload), kind) + payload


def jpeg_xl(image, exif_block):
    """The codestream by libvips, in a container of our own with EXIF as ISO/IEC 18181-2 wants it."""
    array = numpy.asarray(image)
    stream = pyvips.Image.new_from_array(array).copy(interpretation="srgb").jxlsave_buffer(lossless=True)
    if stream[:2] != b"\xff\x0a":
        boxes, at = {}, 0
        while at < len(stream):
            size, kind = struct.unpack_from(">I4s", stream, at)
            size = size or len(stream) - at
            boxes[kind] = boxes.get(kind, b"") + stream[at + 8 : at + size]
            at += size
        stream = boxes[b"jxlc"]
    head = box(b"JXL ", b"\r\n\x87\n") + box(b"ftyp", b"jxl \0\0\0\0jxl ")
    return head + box(b"Exif", b"\0\0\0\0" + exif_block) + box(b"jxlc", stream)


def orientations():
    for orientation in TO_STORED:
        save(f"orientation_{orientation}.jpg", exif_jpeg(stored(orientation), orientation))


def containers():
    """Each format with the same picture and the same EXIF; the turn is one that the format must (not) apply."""
    image = quarters()
    save("quarters.png", encoded(stored(8), "PNG", exif=full(8)))
    save("quarters.webp", encoded(stored(3), "WEBP", lossless=True, exif=b"Exif\0\0" + full(3)))
    save("quarters.gif", encoded(image, "GIF"))
    save("quarters.heic", encoded(image, "HEIF", quality=95, chroma=444, exif=full(1)))
    save("quarters.avif", encoded(image, "AVIF", quality=95, subsampling="4:4:4", exif=full(1)))
    save("quarters.jxl", jpeg_xl(image, full(6)))
    pixels = stored(6)
    tiff = Tiff()
    raw = pixels.tobytes()
    tags = FULL | {
        0x0100: (LONG, pixels.width), 0x0101: (LONG, pixels.height), 0x0102: (SHORT, [8, 8, 8]), 0x0103: (SHORT, 1),
        0x0106: (SHORT, 2), 0x0111: (LONG, 0), 0x0112: (SHORT, 6), 0x0115: (SHORT, 3), 0x0116: (LONG, pixels.height),
        0x0117: (LONG, len(raw)),
    }
    length = len(tiff_with(tags).data)
    tiff = tiff_with(tags | {0x0111: (LONG, length)})
    save("quarters.tif", bytes(tiff.data) + raw)


def tiff_with(tags):
    tiff = Tiff()
    tiff.directory(tags)
    return tiff


def heic_turned():
    """A HEIC that is turned by its container (irot), as iPhones write it, with the same turn left in EXIF."""
    heif = pillow_heif.from_pillow(stored(6))
    heif.info["exif"] = full(6)
    stream = io.BytesIO()
    heif.save(stream, quality=95, chroma=444)
    save("turned.heic", stream.getvalue())


def jpegs():
    rng = numpy.random.default_rng(1)
    y, x = numpy.mgrid[0:96, 0:128]
    smooth = numpy.stack([x * 2, y * 2.6, 255 - x - y * 0.8], axis=2) + rng.normal(0, 6, (96, 128, 3))
    photo = Image.fromarray(numpy.clip(smooth, 0, 255).astype(numpy.uint8))
    save("photo.jpg", encoded(photo, "JPEG", quality=90))
    save("photo_progressive.jpg", encoded(photo, "JPEG", quality=90, progressive=True))
    save("photo_golden.png", encoded(Image.open(FOLDER / "photo.jpg"), "PNG", optimize=True))
    save("grey.jpg", encoded(quarters().convert("L"), "JPEG", quality=95))
    save("cmyk.jpg", encoded(quarters().convert("CMYK"), "JPEG", quality=95, subsampling=0))
    xmp = (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        '<rdf:Description rdf:about="" xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:tiff="http://ns.adobe.com/tiff/1.0/"'
        ' xmlns:aux="http://ns.adobe.com/exif/1.0/aux/" xmp:CreateDate="2019-07-20T20:17:40.5Z" tiff:Make="Hasselblad"'
        ' tiff:Model="500EL" tiff:Orientation="6" aux:Lens="Biogon 60mm"/></rdf:RDF></x:xmpmeta>'
    )
    save("xmp.jpg", encoded(quarters(), "JPEG", quality=90, subsampling=0, xmp=xmp.encode()))


def icc_profile(primaries, gamma):
    """A small matrix profile, ICC version 2: `primaries` are the XYZ of red, green and blue adapted to D50."""
    fixed = lambda values: b"".join(struct.pack(">i", round(v * 65536)) for v in values)
    curve = b"curv" + struct.pack(">IIH", 0, 1, round(gamma * 256)) + b"\0\0"
    text = b"calotype test\0"
    tags = {
        b"desc": b"desc" + struct.pack(">II", 0, len(text)) + text + b"\0" * 78,
        b"cprt": b"text\0\0\0\0none\0\0\0\0",
        b"wtpt": b"XYZ \0\0\0\0" + fixed((0.9642, 1.0, 0.8249)),
    }
    for name, xyz in zip((b"rXYZ", b"gXYZ", b"bXYZ"), primaries):
        tags[name] = b"XYZ \0\0\0\0" + fixed(xyz)
    tags |= {name: curve for name in (b"rTRC", b"gTRC", b"bTRC")}
    table, data, at = b"", b"", 128 + 4 + 12 * len(tags)
    for name, raw in tags.items():
        raw += b"\0" * (-len(raw) % 4)
        table += struct.pack(">4sII", name, at + len(data), len(raw))
        data += raw
    body = struct.pack(">I", len(tags)) + table + data
    head = struct.pack(">I4sI4s4s4s", 128 + len(body), b"\0\0\0\0", 0x02400000, b"mntr", b"RGB ", b"XYZ ")
    head += struct.pack(">6H4s", 2024, 1, 1, 0, 0, 0, b"acsp") + b"\0" * 28 + fixed((0.9642, 1.0, 0.8249))
    return head.ljust(128, b"\0") + body


ADOBE_RGB = ((0.60974, 0.31111, 0.01947), (0.20528, 0.62567, 0.06087), (0.14919, 0.06322, 0.74457))
DISPLAY_P3 = ((0.51512, 0.24120, -0.00105), (0.29198, 0.69225, 0.04189), (0.15710, 0.06657, 0.78407))
SRGB = ((0.43607, 0.22249, 0.01392), (0.38515, 0.71687, 0.09708), (0.14307, 0.06061, 0.71410))


def to_linear(v):
    return numpy.where(v <= 0.04045, v / 12.92, ((v + 0.055) / 1.055) ** 2.4)


def from_linear(v):
    v = numpy.clip(v, 0, 1)
    return numpy.where(v <= 0.0031308, v * 12.92, 1.055 * v ** (1 / 2.4) - 0.055)


def wide_gamut():
    """quarters() written in another space: the numbers in the file differ, what is seen is the same."""
    linear = to_linear(numpy.asarray(quarters()) / 255.0)
    for name, primaries, gamma in (("adobe_rgb", ADOBE_RGB, 2.19921875), ("display_p3", DISPLAY_P3, 2.2)):
        matrix = numpy.linalg.inv(numpy.array(primaries).T) @ numpy.array(SRGB).T
        encoded_pixels = numpy.clip(linear @ matrix.T, 0, 1) ** (1 / gamma)
        image = Image.fromarray(numpy.round(encoded_pixels * 255).astype(numpy.uint8))
        profile = icc_profile(primaries, gamma)
        save(f"{name}.jpg", encoded(image, "JPEG", quality=95, subsampling=0, icc_profile=profile))
        if name == "display_p3":
            save("display_p3.png", encoded(image, "PNG", icc_profile=profile))
    save("gamma22.icc", icc_profile(SRGB, 2.2))
    save("display_p3.icc", icc_profile(DISPLAY_P3, 2.2))
    save("srgb_littlecms.icc", ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    vips_srgb = pyvips.Image.black(8, 8, bands=3).copy(interpretation="srgb").jpegsave_buffer(profile="srgb")
    save("srgb_libvips.icc", pyvips.Image.new_from_buffer(vips_srgb, "").get("icc-profile-data"))
    save("srgb_profile.jpg", encoded(quarters(), "JPEG", quality=95, subsampling=0,
                                     icc_profile=(FOLDER / "srgb_littlecms.icc").read_bytes()))


def depths_and_alpha():
    rgb = numpy.asarray(quarters()).astype(numpy.uint16) * 257
    save("rgb16.png", pyvips.Image.new_from_array(rgb).copy(interpretation="rgb16").pngsave_buffer(compression=9))
    grey = quarters().convert("L")
    save("grey.png", encoded(grey, "PNG"))
    # The right half is transparent and black below: white when laid over white, black when alpha is forgotten.
    alpha = numpy.full((HEIGHT, WIDTH), 255, numpy.uint8)
    alpha[:, WIDTH // 2 :] = 0
    mask = Image.fromarray(alpha)
    black_right = numpy.asarray(quarters()) * (alpha[:, :, None] // 255)
    rgba = Image.merge("RGBA", (*Image.fromarray(black_right).split(), mask))
    save("alpha.png", encoded(rgba, "PNG"))
    save("alpha.webp", encoded(rgba, "WEBP", lossless=True, exact=True))
    save("grey_alpha.png", encoded(Image.merge("LA", (Image.fromarray(black_right).convert("L"), mask)), "PNG"))
    grey16 = numpy.asarray(Image.fromarray(black_right).convert("L")).astype(numpy.uint16) * 257
    both = numpy.stack([grey16, alpha.astype(numpy.uint16) * 257], axis=2)
    save("grey_alpha16.png", pyvips.Image.new_from_array(both).copy(interpretation="grey16").pngsave_buffer())
    palette = quarters().quantize(8)
    index = numpy.asarray(palette).copy()
    index[:, WIDTH // 2 :] = 7
    indexed = Image.fromarray(index)
    indexed.putpalette((palette.getpalette() + [0] * 24)[: 7 * 3] + [0, 0, 0])
    save("palette_alpha.png", encoded(indexed, "PNG", transparency=7))
    other = [Image.new("RGB", (WIDTH, HEIGHT), colour) for colour in ((0, 0, 0), (255, 0, 255))]
    save("animated.gif", encoded(quarters(), "GIF", save_all=True, append_images=other, duration=100))
    save("animated.webp", encoded(quarters(), "WEBP", save_all=True, append_images=other, duration=100, lossless=True))


def png_chunk(kind, payload):
    return struct.pack(">I", len(payload)) + kind + payload + struct.pack(">I", zlib.crc32(kind + payload))


def hostile():
    header = struct.pack(">IIBBBBB", 60000, 60000, 8, 2, 0, 0, 0)
    start = b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", header)
    save("huge.png", start + png_chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + png_chunk(b"IEND", b""))
    save("huge.gif", b"GIF89a" + struct.pack("<HHBBB", 60000, 60000, 0x80, 0, 0) + b"\0" * 6 + b"\x2c" +
         struct.pack("<HHHHB", 0, 0, 60000, 60000, 0) + b"\x02\x02\x4c\x01\x00\x3b")
    tags = {0x0100: (LONG, 60000), 0x0101: (LONG, 60000), 0x0102: (SHORT, [8, 8, 8]), 0x0103: (SHORT, 1),
            0x0106: (SHORT, 2), 0x0111: (LONG, 8), 0x0115: (SHORT, 3), 0x0116: (LONG, 60000), 0x0117: (LONG, 100)}
    save("huge.tif", exif(tags) + b"\0" * 100)
    jpeg = bytearray(encoded(quarters(), "JPEG"))
    struct.pack_into(">HH", jpeg, jpeg.index(b"\xff\xc0") + 5, 60000, 60000)
    save("huge.jpg", bytes(jpeg))
    progressive = bytearray(encoded(quarters(), "JPEG", progressive=True))
    struct.pack_into(">HH", progressive, progressive.index(b"\xff\xc2") + 5, 19000, 19000)
    save("huge_progressive.jpg", bytes(progressive))
    save("strip.png", encoded(Image.new("RGB", (2000, 4), (9, 9, 9)), "PNG"))


# ---- RAW -------------------------------------------------------------------------------------------------------------


def dng(name, orientation, preview, sensor=(WIDTH * 2, HEIGHT * 2)):
    """A minimal DNG 1.4: the preview in the first directory, a Bayer mosaic of the same quarters in a sub-directory."""
    width, height = sensor
    if orientation >= 5:
        width, height = height, width
    rgb = numpy.asarray(stored(orientation, quarters(*sensor))).astype(float) / 255
    linear = (to_linear(rgb) * 16000).astype("<u2")
    mosaic = numpy.empty((height, width), "<u2")
    for row, column, channel in ((0, 0, 0), (0, 1, 1), (1, 0, 1), (1, 1, 2)):
        mosaic[row::2, column::2] = linear[row::2, column::2, channel]
    # sRGB's primaries as the camera's own, so that colours come out as they went in.
    to_camera = numpy.linalg.inv(numpy.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]))
    signed = [(int(v) & 0xFFFFFFFF, 10000) for v in numpy.round(to_camera * 10000).flatten()]

    def layout(preview_at, mosaic_at):
        sensor_tags = {
            0x00FE: (LONG, 0), 0x0100: (LONG, width), 0x0101: (LONG, height), 0x0102: (SHORT, 16), 0x0103: (SHORT, 1),
            0x0106: (SHORT, 32803), 0x0111: (LONG, mosaic_at), 0x0115: (SHORT, 1), 0x0116: (LONG, height),
            0x0117: (LONG, mosaic.nbytes), 0x828D: (SHORT, [2, 2]), 0x828E: (BYTE, [0, 1, 1, 2]),
            0xC61D: (LONG, 16000),
        }
        tags = FULL | {
            0x00FE: (LONG, 1), 0x010F: (ASCII, "Calotype"), 0x0110: (ASCII, "Test 1"), 0x0112: (SHORT, orientation),
            SUB_IFD: sensor_tags, 0xC612: (BYTE, [1, 4, 0, 0]), 0xC613: (BYTE, [1, 1, 0, 0]),
            0xC614: (ASCII, "Calotype Test 1"), 0xC621: (SRATIONAL, signed), 0xC628: (RATIONAL, [(1, 1)] * 3), 0xC65A: (SHORT, 21),
        }
        if preview:
            tags |= {
                0x0100: (LONG, Image.open(io.BytesIO(preview)).width),
                0x0101: (LONG, Image.open(io.BytesIO(preview)).height), 0x0102: (SHORT, [8, 8, 8]), 0x0103: (SHORT, 7),
                0x0106: (SHORT, 6), 0x0111: (LONG, preview_at), 0x0115: (SHORT, 3), 0x0116: (LONG, height),
                0x0117: (LONG, len(preview)),
            }
        return bytes(tiff_with(tags).data)

    head = len(layout(0, 0))
    preview_bytes = preview or b""
    preview_bytes += b"\0" * (len(preview_bytes) % 2)
    save(name, layout(head, head + len(preview_bytes)) + preview_bytes + mosaic.tobytes())


def raws():
    plain = {"quality": 90, "subsampling": 0}
    dng("preview.dng", 6, encoded(stored(6), "JPEG", **plain))
    dng("preview_upright.dng", 6, encoded(quarters(), "JPEG", **plain))
    dng("preview_marked.dng", 8, exif_jpeg(stored(8), 8))
    dng("sensor.dng", 8, None)


if __name__ == "__main__":
    facts_cases()
    orientations()
    containers()
    heic_turned()
    jpegs()
    wide_gamut()
    depths_and_alpha()
    hostile()
    raws()
    total = sum(path.stat().st_size for path in FOLDER.iterdir() if path.suffix != ".py")
    print(f"{len(list(FOLDER.iterdir())) - 1} files, {total} bytes")
