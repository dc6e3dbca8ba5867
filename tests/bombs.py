"""Files of a few kilobytes, or megabytes, that ask for far more work or memory than a photo: for limits_test.py. Also
real kinds of photos that look a little like them, and must be read."""

import pathlib
import struct
import zlib

from calotype import ROOT

TESTDATA = ROOT / "src/photo/testdata"


def zeros(size: int) -> bytes:
    """What zlib makes of `size` zeros, in a moment: a block that stands for a megabyte, repeated."""
    megabyte = 1 << 20

    def block(length: int) -> bytes:
        packer = zlib.compressobj(9, wbits=-15)
        return packer.compress(bytes(length)) + packer.flush(zlib.Z_FULL_FLUSH)

    checksum = ((size % 65521) << 16) | 1
    whole, rest = divmod(size, megabyte)
    return b"\x78\xda" + block(megabyte) * whole + block(rest) + b"\x03\x00" + struct.pack(">I", checksum)


# PNG


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int, height: int, bits: int = 8, colours: int = 2, more: bytes = b"", interlaced: int = 0) -> bytes:
    """A black picture: grey (colours 0), RGB (2) or RGBA (6)."""
    samples = {0: 1, 2: 3, 6: 4}[colours]
    row = 1 + (width * bits * samples + 7) // 8
    header = struct.pack(">IIBBBBB", width, height, bits, colours, 0, 0, interlaced)
    parts = chunk(b"IHDR", header) + more + chunk(b"IDAT", zeros(row * height)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + parts


def xmp_chunk(packet: bytes) -> bytes:
    return chunk(b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + zlib.compress(packet))


# JPEG


def segment(marker: int, data: bytes) -> bytes:
    return bytes([0xFF, marker]) + struct.pack(">H", len(data) + 2) + data


def flat(width: int, height: int) -> bytes:
    """A grey baseline JPEG that is as small as one can be: two bits for each block."""
    head = b"\xff\xd8" + segment(0xDB, b"\0" + b"\1" * 64)
    head += segment(0xC0, struct.pack(">BHHB", 8, height, width, 1) + b"\1\x11\0")
    head += segment(0xC4, b"\x00" + bytes([1] + [0] * 15) + b"\0") + segment(0xC4, b"\x10" + bytes([1] + [0] * 15) + b"\0")
    blocks = ((width + 7) // 8) * ((height + 7) // 8)
    return head + segment(0xDA, b"\1\1\0\0\x3f\0") + bytes(blocks // 4 + 1) + b"\xff\xd9"


def jpeg_with(marker: int, data: bytes) -> bytes:
    """A small photo with this segment."""
    photo = flat(64, 48)
    return photo[:2] + segment(marker, data) + photo[2:]


def scans(width: int, height: int, count: int) -> bytes:
    """A grey progressive JPEG with `count` scans after the first, each of some bytes that stand for all blocks."""
    blocks = ((width + 7) // 8) * ((height + 7) // 8)
    head = b"\xff\xd8" + segment(0xDB, b"\0" + b"\1" * 64)
    head += segment(0xC2, struct.pack(">BHHB", 8, height, width, 1) + b"\1\x11\0")
    head += segment(0xC4, b"\x00" + bytes([1] + [0] * 15) + b"\0")  # DC: one code, no difference
    head += segment(0xC4, b"\x10" + bytes([0, 2] + [0] * 14) + b"\xe0\0")  # AC: a run of 2^14 empty blocks and more
    first = segment(0xDA, b"\1\1\0\0\0\1") + bytes(blocks // 8 + 2)
    run = (1 << 15) - 1
    bits = ("00" + "1" * 14) * -(-blocks // run)
    bits += "1" * (-len(bits) % 8)
    data = bytes(int(bits[i : i + 8], 2) for i in range(0, len(bits), 8)).replace(b"\xff", b"\xff\0")
    second = segment(0xDA, b"\1\1\0\1\x3f\1") + data
    refined = segment(0xDA, b"\1\1\0\1\x3f\x10") + data
    return head + first + second + refined * count + b"\xff\xd9"


# GIF and WebP


def gif(width: int, height: int, frames: int = 1, whole: bool = False) -> bytes:
    """Frames of one pixel, or as large as the screen."""
    screen = b"GIF89a" + struct.pack("<HHBBB", width, height, 0x80, 0, 0) + b"\0\0\0\xff\xff\xff"
    size = (width, height) if whole else (1, 1)
    frame = b"\x2c" + struct.pack("<HHHHB", 0, 0, *size, 0) + b"\2\2\x44\1\0"
    return screen + frame * frames + b"\x3b"


def webp_frames(count: int) -> bytes:
    picture = (TESTDATA / "quarters.webp").read_bytes()[12:]  # a chunk VP8 or VP8L
    size = bytes([47, 0, 0, 31, 0, 0])
    animation = b"VP8X" + struct.pack("<I", 10) + b"\2\0\0\0" + size + b"ANIM" + struct.pack("<I", 6) + bytes(6)
    frame = bytes(6) + size + bytes(4) + picture
    parts = animation + (b"ANMF" + struct.pack("<I", len(frame)) + frame) * count
    return b"RIFF" + struct.pack("<I", len(parts) + 4) + b"WEBP" + parts


# TIFF and EXIF


def directory(entries: list[tuple[int, int, int, int]], following: int = 0) -> bytes:
    packed = b"".join(struct.pack("<HHII", *entry) for entry in sorted(entries))
    return struct.pack("<H", len(entries)) + packed + struct.pack("<I", following)


def tiff(width: int, height: int, data: bytes, compression: int, more: list = ()) -> bytes:
    """A grey picture in one strip, with its data after the directory."""
    entries = [(256, 4, 1, width), (257, 4, 1, height), (258, 3, 1, 8), (259, 3, 1, compression), (262, 3, 1, 1)]
    entries += [(277, 3, 1, 1), (278, 4, 1, height), (279, 4, 1, len(data)), *more]
    start = 8 + 2 + 12 * (len(entries) + 1) + 4
    return b"II*\0\x08\0\0\0" + directory([*entries, (273, 4, 1, start)]) + data


def tiff_with_xmp(packet: bytes) -> bytes:
    """A small picture with this packet."""
    made = tiff(64, 48, bytes(64 * 48), 1, [(700, 1, len(packet), 0)])
    entry = made.index(struct.pack("<HHI", 700, 1, len(packet)))
    return made[: entry + 8] + struct.pack("<I", len(made)) + made[entry + 12 :] + packet


def tiff_directories(count: int) -> bytes:
    """That many directories in a circle."""
    entries = [(256, 4, 1, 16), (257, 4, 1, 16), (258, 3, 1, 8), (259, 3, 1, 1), (262, 3, 1, 1), (273, 4, 1, 8)]
    entries += [(277, 3, 1, 1), (278, 4, 1, 16), (279, 4, 1, 256)]
    size = 2 + 12 * len(entries) + 4
    nexts = [8 + size * (number + 1) for number in range(count - 1)] + [8]
    return b"II*\0\x08\0\0\0" + b"".join(directory(entries, following) for following in nexts) + bytes(1000)


def shared_values(tags: int, size: int) -> bytes:
    """EXIF with `tags` tags, each of which states the same `size` bytes as its value."""
    start = 8 + 2 + 12 * tags + 4
    entries = [(0xC000 + number % 0x1000, 4, size // 4, start) for number in range(tags)]
    return b"II*\0\x08\0\0\0" + directory(entries) + bytes(size)


# HEIC


def box(kind: bytes, *parts: bytes) -> bytes:
    data = b"".join(parts)
    return struct.pack(">I", len(data) + 8) + kind + data


def full_box(kind: bytes, version: int, *parts: bytes) -> bytes:
    return box(kind, struct.pack(">I", version << 24), *parts)


def inside(data: bytes, kind: bytes) -> bytes:
    """The content of the first box of this kind, wherever it is."""
    at = data.index(kind)
    return data[at + 4 : at - 4 + struct.unpack(">I", data[at - 4 : at])[0]]


def grids(levels: list[tuple[int, int]]) -> bytes:
    """A HEIC whose picture is a grid of (rows, columns), whose tiles are all the next grid, and so on; the last level's
    tile is the picture of quarters.heic."""
    sample = (TESTDATA / "quarters.heic").read_bytes()
    at = sample.index(b"iloc") + 16  # of the first item
    base, _, offset, size = struct.unpack(">IHII", sample[at : at + 14])
    coded = sample[base + offset : base + offset + size]
    last = len(levels) + 1
    width, height = struct.unpack(">II", inside(sample, b"ispe")[4:])
    sizes = [(width, height)]
    for rows, columns in reversed(levels):
        width, height = width * columns, height * rows
        sizes.insert(0, (width, height))
    layouts = [
        struct.pack(">BBBBII", 0, 1, rows - 1, columns - 1, *size) for (rows, columns), size in zip(levels, sizes)
    ]
    infos = [full_box(b"infe", 2, struct.pack(">HH", n + 1, 0), b"grid\0") for n in range(len(levels))]
    infos.append(full_box(b"infe", 2, struct.pack(">HH", last, 0), b"hvc1\0"))
    references = []
    for number, (rows, columns) in enumerate(levels, 1):
        count = rows * columns
        references.append(box(b"dimg", struct.pack(">HH", number, count), struct.pack(">H", number + 1) * count))
    shapes = [full_box(b"ispe", 0, struct.pack(">II", *size)) for size in sizes]
    properties = box(b"ipco", *shapes, box(b"hvcC", inside(sample, b"hvcC")))
    of_items = [struct.pack(">HBB", n + 1, 1, n + 1) for n in range(len(levels))]
    of_items.append(struct.pack(">HBBB", last, 2, last, 0x80 | last + 1))
    associations = full_box(b"ipma", 0, struct.pack(">I", last), *of_items)

    def meta(start: int) -> bytes:
        places, at = [], start
        for number, data in enumerate([*layouts, coded], 1):
            places.append(struct.pack(">HHHII", number, 0, 1, at, len(data)))
            at += len(data)
        handler = full_box(b"hdlr", 0, bytes(4), b"pict", bytes(13))
        locations = full_box(b"iloc", 0, b"\x44\0", struct.pack(">H", last), *places)
        return full_box(b"meta", 0, handler, full_box(b"pitm", 0, b"\0\1"),
                        full_box(b"iinf", 0, struct.pack(">H", last), *infos),
                        full_box(b"iref", 0, *references), box(b"iprp", properties, associations), locations)

    kind = box(b"ftyp", b"heic\0\0\0\0mif1heic")
    return kind + meta(len(kind) + len(meta(0)) + 8) + box(b"mdat", *layouts, coded)


def heic_of_items(count: int) -> bytes:
    """A HEIC that describes this many pictures besides its own."""
    made = grids([])
    before = inside(made, b"iinf")
    more = b"".join(full_box(b"infe", 2, struct.pack(">HH", number + 2, 0), b"hvc1\0") for number in range(count))
    meta = inside(made, b"meta")
    now = before[:4] + struct.pack(">H", count + 1) + before[6:] + more
    return made.replace(box(b"meta", meta), box(b"meta", meta.replace(box(b"iinf", before), box(b"iinf", now))))


def heic_of_itself() -> bytes:
    """A grid whose tile is the grid."""
    made = bytearray(grids([(2, 2)]))
    at = made.index(b"dimg")
    made[at + 8 : at + 16] = struct.pack(">H", 1) * 4
    return bytes(made)


def with_size(name: str, width: int, height: int) -> bytes:
    """A HEIC or AVIF that states another size than it has."""
    made = bytearray((TESTDATA / name).read_bytes())
    at = made.index(b"ispe")
    made[at + 8 : at + 16] = struct.pack(">II", width, height)
    return bytes(made)


# JPEG XL


def jpeg_xl_header(side: int) -> bytes:
    """A square picture of `side` pixels of which only the header is there (ISO/IEC 18181-1, C.2 and D.2)."""
    bits = [(0, 1), (2, 2), (side - 1, 18), (1, 3), (1, 1)]  # not small; size in 18 bits; a square; all as usual
    number = shift = 0
    for value, width in bits:
        number |= value << shift
        shift += width
    return b"\xff\x0a" + number.to_bytes(4, "little") + bytes(60)


# XMP

HEAD = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    b'<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:q="urn:q/" '
    b'xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:xmpMM="http://ns.adobe.com/xap/1.0/mm/" '
    b'xmlns:crs="http://ns.adobe.com/camera-raw-settings/1.0/" xmlns:stEvt="http://ns.adobe.com/xap/1.0/sType/ResourceEvent#">'
)
TAIL = b"</rdf:Description></rdf:RDF></x:xmpmeta>"


def packet(content: bytes) -> bytes:
    return HEAD + content + TAIL


def properties(count: int) -> bytes:
    return packet(b"".join(b"<q:p%d>1</q:p%d>" % (number, number) for number in range(count)))


def attributes(count: int) -> bytes:
    more = b"".join(b' q:p%d="1"' % number for number in range(count))
    return HEAD[:-1] + more + b">" + TAIL


def descriptions(count: int) -> bytes:
    """Each property in a description of its own; together they are those of one photo."""
    one = b'<rdf:Description rdf:about="" xmlns:n%d="urn:n%d/" n%d:a="1"/>'
    parts = b"".join(one % (number, number, number) for number in range(count))
    return HEAD.replace(b'<rdf:Description', parts + b'<rdf:Description', 1) + TAIL


def structures(count: int) -> bytes:
    """A list of structures with four properties."""
    one = b'<rdf:li q:a="1" q:b="2" q:c="3" q:d="4"/>'
    return packet(b"<q:list><rdf:Seq>" + one * count + b"</rdf:Seq></q:list>")


def nested(depth: int) -> bytes:
    return packet(b'<q:a rdf:parseType="Resource">' * depth + b"</q:a>" * depth)


def entities() -> bytes:
    kinds = b"".join(b'<!ENTITY l%d "%s">' % (n, b"&l%d;" % (n - 1) * 10) for n in range(1, 10))
    return b'<!DOCTYPE l [<!ENTITY l0 "laugh">' + kinds + b"]>" + packet(b"<dc:format>&l9;</dc:format>")


def keywords(count: int) -> bytes:
    words = b"".join(b"<rdf:li>word %d</rdf:li>" % number for number in range(count))
    return packet(b"<dc:subject><rdf:Bag>" + words + b"</rdf:Bag></dc:subject>")


def history(events: int, dabs: int) -> bytes:
    """A sidecar of Lightroom: what was done to the photo, and where a brush touched it."""
    one = (b'<rdf:li stEvt:action="saved" stEvt:instanceID="xmp.iid:%032x" stEvt:when="2024-05-01T12:34:56+02:00" '
           b'stEvt:softwareAgent="Adobe Lightroom" stEvt:changed="/metadata"/>')
    done = b"<xmpMM:History><rdf:Seq>" + b"".join(one % number for number in range(events)) + b"</rdf:Seq></xmpMM:History>"
    touched = b"".join(b"<rdf:li>d %.6f 0.500000</rdf:li>" % (number / 1e6) for number in range(dabs))
    settings = b"".join(b"<crs:Setting%d>0</crs:Setting%d>" % (number, number) for number in range(400))
    brush = b"<crs:Dabs><rdf:Seq>" + touched + b"</rdf:Seq></crs:Dabs>"
    return packet(b"<xmp:Rating>4</xmp:Rating>" + settings + done + brush)


def depth_map(megabytes: int) -> bytes:
    """XMP of a phone, with a picture as text."""
    return packet(b"<xmp:Rating>4</xmp:Rating><q:Data>" + b"iVBORw0K" * (megabytes << 17) + b"</q:Data>")


def write(folder: pathlib.Path, name: str, photo: bytes, sidecar: bytes | None = None) -> None:
    (folder / name).write_bytes(photo)
    if sidecar is not None:
        (folder / f"{name}.xmp").write_bytes(sidecar)
