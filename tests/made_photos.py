"""Photos made from nothing, for tests: of any size in a few kilobytes, each with bytes of its own; and facts for photos.

A JPEG whose every coefficient is zero is a run of zero bits, so a hundred megapixels take a moment to write.
"""

from __future__ import annotations

import math
import pathlib
import struct
import zlib


def _segment(marker: int, payload: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(payload) + 2) + payload


def _zero_bits(count: int) -> bytes:
    """That many zero bits, and ones up to a whole byte, as JPEG has it."""
    whole, rest = divmod(count, 8)
    return b"\0" * whole + (bytes([0xFF >> rest]) if rest else b"")


def _blocks(width: int, height: int) -> int:
    return math.ceil(width / 8) * math.ceil(height / 8)


def jpeg(width: int, height: int, name: str, progressive: bool = False) -> bytes:
    """A grey picture in colour, its colours stored at half the size."""
    components = ((1, 0x22), (2, 0x11), (3, 0x11))
    frame = struct.pack(">BHHB", 8, height, width, 3) + b"".join(bytes([i, sampling, 0]) for i, sampling in components)
    one_code = bytes([1] + [0] * 15) + b"\0"  # the single bit 0 means "nothing"
    data = b"\xff\xd8" + _segment(0xFE, name.encode()) + _segment(0xDB, b"\0" + b"\x01" * 64)
    data += _segment(0xC2 if progressive else 0xC0, frame)
    data += _segment(0xC4, b"\x00" + one_code) + _segment(0xC4, b"\x10" + one_code)
    units = math.ceil(width / 16) * math.ceil(height / 16)
    everything = bytes([3, 1, 0, 2, 0, 3, 0])
    if not progressive:  # of each block the first coefficient, and that no other follows
        return data + _segment(0xDA, everything + bytes([0, 63, 0])) + _zero_bits(units * 6 * 2) + b"\xff\xd9"
    data += _segment(0xDA, everything + bytes([0, 0, 0])) + _zero_bits(units * 6)
    for i, sampling in components:
        size = (width, height) if sampling == 0x22 else (math.ceil(width / 2), math.ceil(height / 2))
        data += _segment(0xDA, bytes([1, i, 0, 1, 63, 0])) + _zero_bits(_blocks(*size))
    return data + b"\xff\xd9"


def with_content_identifier(photo: bytes, identifier: str) -> bytes:
    """The JPEG with an EXIF block in which Apple's maker note has that content identifier."""
    text = identifier.encode() + b"\0"
    note = b"Apple iOS\0\0\1MM" + struct.pack(">HHHII", 1, 0x0011, 2, len(text), 32) + bytes(4) + text
    exif = b"MM\0*" + struct.pack(">IHHHIII", 8, 1, 0x8769, 4, 1, 26, 0)
    exif += struct.pack(">HHHIII", 1, 0x927C, 7, len(note), 44, 0) + note
    return photo[:2] + _segment(0xE1, b"Exif\0\0" + exif) + photo[2:]


def with_canon_lens(photo: bytes, lens: int) -> bytes:
    """The JPEG with an EXIF block in which Canon's maker note has that number of a lens of 50 mm, f/1.8: exiv2 0.28 gives
    a name only when these fit."""
    make, model = b"Canon\0", b"Canon EOS 5D\0\0"
    settings = [0] * 48
    settings[0], settings[22:27] = 2 * len(settings), (lens, 50, 50, 1, 52)
    # Behind the first directory: its texts, the EXIF directory, the maker note with one entry, and what it points to.
    make_at = 8 + 2 + 3 * 12 + 4
    exif_at = make_at + len(make + model)
    note_at = exif_at + 2 + 12 + 4
    settings_at = note_at + 2 + 12 + 4
    exif = struct.pack("<2sHIH", b"II", 42, 8, 3) + struct.pack("<HHII", 0x010F, 2, len(make), make_at)
    exif += struct.pack("<HHII", 0x0110, 2, len(model), make_at + len(make)) + struct.pack("<HHII", 0x8769, 4, 1, exif_at)
    exif += bytes(4) + make + model
    note = struct.pack("<HHHII", 1, 0x0001, 3, len(settings), settings_at) + bytes(4)
    note += struct.pack(f"<{len(settings)}H", *settings)
    exif += struct.pack("<HHHII", 1, 0x927C, 7, len(note), note_at) + bytes(4) + note
    return photo[:2] + _segment(0xE1, b"Exif\0\0" + exif) + photo[2:]


def _box(kind: bytes, *parts: bytes) -> bytes:
    content = b"".join(parts)
    return struct.pack(">I", 8 + len(content)) + kind + content


def video(identifier: str = "") -> bytes:
    """A QuickTime file without a picture in it, with that content identifier."""
    key = _box(b"mdta", b"com.apple.quicktime.content.identifier")
    value = _box(struct.pack(">I", 1), _box(b"data", struct.pack(">II", 1, 0), identifier.encode()))
    handler = _box(b"hdlr", bytes(8), b"mdta", bytes(13))
    meta = _box(b"meta", handler, _box(b"keys", struct.pack(">II", 0, 1), key), _box(b"ilst", value))
    movie = _box(b"moov", *([meta] if identifier else []))
    return _box(b"ftyp", b"qt  ", bytes(4), b"qt  ") + _box(b"mdat", bytes(5000)) + movie


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _passes(width: int, height: int, interlaced: bool) -> list[tuple[int, int]]:
    if not interlaced:
        return [(width, height)]
    adam7 = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
    return [(math.ceil((width - x) / across), math.ceil((height - y) / down)) for x, y, across, down in adam7]


def png(width: int, height: int, name: str, interlaced: bool = False) -> bytes:
    packer = zlib.compressobj(1)
    data = b""
    for columns, rows in _passes(width, height, interlaced):
        row = b"\0" + b"\x80" * (columns * 3)
        for _ in range(rows):
            data += packer.compress(row)
    data += packer.flush()
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 1 if interlaced else 0)
    text = _chunk(b"tEXt", b"Comment\0" + name.encode())
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + text + _chunk(b"IDAT", data) + _chunk(b"IEND", b"")


def tiff(width: int, height: int, name: str, rows_per_strip: int = 16) -> bytes:
    """Deflated; all strips are the same bytes, so the height is to be a multiple of the rows."""
    strip = zlib.compress(b"\x80" * (width * 3 * rows_per_strip), 1)
    comment = name.encode().ljust(8) + b"\0"
    strips = math.ceil(height / rows_per_strip)
    at = 8
    body = strip + b"\0" * (len(strip) % 2)
    offsets_at = at + len(body)
    body += struct.pack(f"<{strips}I", *[at] * strips) + struct.pack(f"<{strips}I", *[len(strip)] * strips)
    bits_at = at + len(body)
    body += struct.pack("<3H", 8, 8, 8) + b"\0\0"
    comment_at = at + len(body)
    body += comment + b"\0" * (len(comment) % 2)

    def entry(tag: int, kind: int, count: int, value: int) -> bytes:
        return struct.pack("<HHII", tag, kind, count, value)

    one = strips == 1
    entries = [
        entry(256, 4, 1, width), entry(257, 4, 1, height), entry(258, 3, 3, bits_at), entry(259, 3, 1, 8),
        entry(262, 3, 1, 2), entry(270, 2, len(comment), comment_at),
        entry(273, 4, strips, at if one else offsets_at), entry(277, 3, 1, 3), entry(278, 4, 1, rows_per_strip),
        entry(279, 4, strips, len(strip) if one else offsets_at + 4 * strips),
    ]
    directory = struct.pack("<H", len(entries)) + b"".join(entries) + b"\0\0\0\0"
    return struct.pack("<2sHI", b"II", 42, at + len(body)) + body + directory


def add_facts(photo: pathlib.Path, *, taken: str = "", make: str = "", model: str = "", lens: str = "",
              place: tuple[float, float] | None = None) -> None:
    """Writes EXIF into a JPEG that has none: `taken` as "2021:07:04 12:00:00", `place` in degrees north and east."""

    def text(tag: int, value: str) -> tuple[int, int, int, bytes]:
        return tag, 2, len(value) + 1, value.encode() + b"\0"

    def degrees(tag: int, value: float) -> tuple[int, int, int, bytes]:
        seconds = round(abs(value) * 3600 * 100)
        return tag, 5, 3, struct.pack("<6I", seconds // 360000, 1, seconds // 6000 % 60, 1, seconds % 6000, 100)

    def directory(entries: list, at: int) -> bytes:
        """Of entries with their values behind it."""
        entries = sorted(entries)
        head, values = struct.pack("<H", len(entries)), b""
        values_at = at + 2 + 12 * len(entries) + 4
        for tag, kind, count, value in entries:
            head += struct.pack("<HHI", tag, kind, count)
            if len(value) > 4:
                head += struct.pack("<I", values_at + len(values))
                values += value + b"\0" * (len(value) % 2)
            else:
                head += value.ljust(4, b"\0")
        return head + b"\0\0\0\0" + values

    def pointer(tag: int, at: int) -> tuple[int, int, int, bytes]:
        return tag, 4, 1, struct.pack("<I", at)

    main = [text(tag, value) for tag, value in ((0x010F, make), (0x0110, model)) if value]
    detail = [text(tag, value) for tag, value in ((0x9003, taken), (0xA434, lens)) if value]
    position = []
    if place is not None:
        north, east = place
        position = [text(1, "N" if north >= 0 else "S"), degrees(2, north), text(3, "E" if east >= 0 else "W"),
                    degrees(4, east)]
    # Where each directory lies follows from the sizes of those before it.
    sizes_main = directory(main + [pointer(0x8769, 0), pointer(0x8825, 0)], 8)
    detail_at = 8 + len(sizes_main)
    position_at = detail_at + len(directory(detail, detail_at))
    tags = directory(main + [pointer(0x8769, detail_at), pointer(0x8825, position_at)], 8)
    tags += directory(detail, detail_at) + directory(position, position_at)
    data = photo.read_bytes()
    assert data[:2] == b"\xff\xd8" and b"Exif\0\0" not in data[:4096], photo
    exif = _segment(0xE1, b"Exif\0\0" + struct.pack("<2sHI", b"II", 42, 8) + tags)
    photo.write_bytes(data[:2] + exif + data[2:])
