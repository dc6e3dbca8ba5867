"""Pictures as pixels, for tests that change them: reads and writes PNG, writes TIFF. Slow, so for small pictures."""

from __future__ import annotations

import dataclasses
import pathlib
import struct
import zlib
from collections.abc import Callable

Pixel = tuple[int, int, int]


@dataclasses.dataclass
class Picture:
    width: int
    height: int
    rows: list[bytes]  # RGB

    def pixel(self, x: int, y: int) -> Pixel:
        return tuple(self.rows[y][3 * x : 3 * x + 3])

    def changed(self, change: Callable[[Pixel], Pixel]) -> Picture:
        """With another colour for each colour."""
        known: dict[Pixel, bytes] = {}
        rows = []
        for row in self.rows:
            pixels = zip(row[0::3], row[1::3], row[2::3])
            rows.append(b"".join(known.get(one) or known.setdefault(one, bytes(change(one))) for one in pixels))
        return Picture(self.width, self.height, rows)

    def halved(self) -> Picture:
        """Half as wide and high; each pixel is the mean of four."""
        rows = []
        for y in range(0, self.height - 1, 2):
            above, below = self.rows[y], self.rows[y + 1]
            row = bytearray()
            for x in range(0, 3 * (self.width // 2) * 2, 6):
                row += bytes((above[x + c] + above[x + 3 + c] + below[x + c] + below[x + 3 + c] + 2) // 4 for c in range(3))
            rows.append(bytes(row))
        return Picture(self.width // 2, self.height // 2, rows)

    def moved(self, pixels: int) -> Picture:
        """Shifted to the right; the first column fills the gap."""
        return Picture(self.width, self.height, [row[:3] * pixels + row[: -3 * pixels] for row in self.rows])

    def part(self, x: int, y: int, width: int, height: int) -> Picture:
        return Picture(width, height, [row[3 * x : 3 * (x + width)] for row in self.rows[y : y + height]])

    def with_block(self, x: int, y: int, side: int, colour: Pixel) -> Picture:
        rows = list(self.rows)
        for line in range(y, y + side):
            rows[line] = rows[line][: 3 * x] + bytes(colour) * side + rows[line][3 * (x + side) :]
        return Picture(self.width, self.height, rows)


def _unfiltered(data: bytes, stride: int, step: int) -> list[bytes]:
    rows = []
    before = bytes(stride)
    for start in range(0, len(data), stride + 1):
        kind, row = data[start], bytearray(data[start + 1 : start + 1 + stride])
        for i in range(stride):
            left = row[i - step] if i >= step else 0
            above, corner = before[i], before[i - step] if i >= step else 0
            if kind == 1:
                row[i] = (row[i] + left) & 255
            elif kind == 2:
                row[i] = (row[i] + above) & 255
            elif kind == 3:
                row[i] = (row[i] + (left + above) // 2) & 255
            elif kind == 4:
                guess = left + above - corner
                nearest = min((abs(guess - left), 0, left), (abs(guess - above), 1, above), (abs(guess - corner), 2, corner))
                row[i] = (row[i] + nearest[2]) & 255
        before = bytes(row)
        rows.append(before)
    return rows


def read_png(path: pathlib.Path) -> Picture:
    """8 bits, grey or RGB with or without alpha, not interlaced."""
    data = path.read_bytes()
    at, compressed = 8, b""
    while at < len(data):
        length, kind = struct.unpack(">I4s", data[at : at + 8])
        if kind == b"IHDR":
            width, height, bits, colours, _, _, interlaced = struct.unpack(">IIBBBBB", data[at + 8 : at + 21])
        elif kind == b"IDAT":
            compressed += data[at + 8 : at + 8 + length]
        at += length + 12
    channels = {0: 1, 2: 3, 6: 4}[colours]
    assert bits == 8 and not interlaced
    rows = _unfiltered(zlib.decompress(compressed), width * channels, channels)
    if channels == 1:
        rows = [bytes(value for value in row for _ in range(3)) for row in rows]
    if channels == 4:
        rows = [b"".join(row[i : i + 3] for i in range(0, len(row), 4)) for row in rows]
    return Picture(width, height, rows)


def png(picture: Picture, note: str = "") -> bytes:
    """With a text of its own, files with equal pixels have other bytes."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = struct.pack(">IIBBBBB", picture.width, picture.height, 8, 2, 0, 0, 0)
    pixels = zlib.compress(b"".join(b"\0" + row for row in picture.rows))
    text = chunk(b"tEXt", b"Comment\0" + note.encode()) if note else b""
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + text + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def tiff(*pages: Picture, thumbnails: int = 0) -> bytes:
    """Uncompressed. The last `thumbnails` pictures are smaller versions of another one, not pages."""
    data = b"II*\0" + struct.pack("<I", 8)
    for i, page in enumerate(pages):
        tags = 10
        directory = len(data)
        bits = directory + 2 + 12 * tags + 4
        strip = bits + 6
        pixels = b"".join(page.rows)
        after = strip + len(pixels) + len(pixels) % 2
        data += struct.pack("<H", tags)
        for tag, kind, count, value in (
            (254, 4, 1, 1 if i >= len(pages) - thumbnails else 2 if len(pages) > 1 else 0), (256, 4, 1, page.width), (257, 4, 1, page.height), (258, 3, 3, bits),
            (259, 3, 1, 1), (262, 3, 1, 2), (273, 4, 1, strip), (277, 3, 1, 3), (278, 4, 1, page.height),
            (279, 4, 1, len(pixels)),
        ):  # fmt: skip
            data += struct.pack("<HHII", tag, kind, count, value)
        data += struct.pack("<I", after if i + 1 < len(pages) else 0) + struct.pack("<HHH", 8, 8, 8)
        data += pixels + bytes(len(pixels) % 2)
    return data
