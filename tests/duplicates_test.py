"""calotype duplicates: copies, turned copies, bursts. (Look-alikes: search_test.py.)"""

import shutil
import struct
import unittest
import zlib

from calotype import SAMPLES, CalotypeTestCase, names


def entry(tag: int, kind: int, count: int, value: bytes, offset: int) -> tuple[bytes, bytes]:
    """An entry of a TIFF directory, and what stands at `offset` for it."""
    if len(value) <= 4:
        return struct.pack("<HHI", tag, kind, count) + value.ljust(4, b"\0"), b""
    return struct.pack("<HHII", tag, kind, count, offset), value


def exif(orientation: int = 1, camera: str = "", taken_at: str = "") -> bytes:
    """An EXIF block with what is given."""
    model, time = camera.encode() + b"\0", taken_at.encode() + b"\0"
    below = 8 + 2 + 3 * 12 + 4  # behind the first directory
    model_entry, model_value = entry(0x110, 2, len(model), model, below)
    second = below + len(model_value)
    time_entry, time_value = entry(0x9003, 2, len(time), time, second + 2 + 12 + 4)
    return (
        b"II*\0" + struct.pack("<I", 8) + struct.pack("<H", 3)
        + model_entry + struct.pack("<HHII", 0x112, 3, 1, orientation) + struct.pack("<HHII", 0x8769, 4, 1, second) + bytes(4)
        + model_value + struct.pack("<H", 1) + time_entry + bytes(4) + time_value
    )  # fmt: skip


def with_exif(jpeg: bytes, block: bytes) -> bytes:
    body = b"Exif\0\0" + block
    return jpeg[:2] + b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body + jpeg[2:]


def png_of_one_colour(red: int) -> bytes:
    """64 x 64 pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = (b"\0" + bytes((red, 90, 90)) * 64) * 64
    header = struct.pack(">IIBBBBB", 64, 64, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


class DuplicatesTest(CalotypeTestCase):
    def add(self, name: str, sample: str, **facts: object) -> None:
        jpeg = (SAMPLES / sample).read_bytes()
        (self.library.photos / name).write_bytes(with_exif(jpeg, exif(**facts)) if facts else jpeg)

    def groups(self, *arguments: str) -> list[list[str]]:
        return [names(group["photos"]) for group in self.library.lines("duplicates", "--json", *arguments)]

    def test_copies_at_all_eight_turns(self) -> None:
        for orientation in range(1, 9):
            self.add(f"robin{orientation}.jpg", "robin.jpg", orientation=orientation)
            self.add(f"flower{orientation}.jpg", "flower.jpg", orientation=orientation)
        self.scan("--only", "pdq")
        self.assertEqual(self.groups(), [], "turned, they are other pictures")
        groups = self.library.lines("duplicates", "--json", "--turned")
        self.assertEqual(sorted(len(group["photos"]) for group in groups), [8, 8])
        for group in groups:
            self.assertEqual(len({name[:5] for name in names(group["photos"])}), 1, "robins and flowers apart")
            self.assertEqual(len({photo["turned"] for photo in group["photos"]}), 8)
            self.assertEqual(group["photos"][0]["turned"], "")
            self.assertTrue(all(photo["distance"] <= 31 for photo in group["photos"]))
        # Orientation 6 says: to be turned right by 90 degrees.
        (robins,) = [group for group in groups if "robin" in group["keep"]]
        turned = {name: photo["turned"] for name, photo in zip(names(robins["photos"]), robins["photos"])}
        if turned["robin1.jpg"] == "":
            self.assertEqual((turned["robin6.jpg"], turned["robin3.jpg"], turned["robin2.jpg"]),
                             ("turned right", "upside down", "mirrored"))  # fmt: skip
        self.assertIn("turned", self.library.run("duplicates", "--turned").stdout)

    def test_photos_of_one_colour_are_too_plain_to_be_copies(self) -> None:
        for red in (10, 200):
            (self.library.photos / f"plain{red}.png").write_bytes(png_of_one_colour(red))
        self.scan("--only", "pdq")
        self.assertEqual(self.groups(), [])
        self.assertIn("2 photos are too plain to be compared", self.library.run("duplicates").stdout)
        shutil.copy(self.library.photos / "plain10.png", self.library.photos / "again.png")
        self.scan("--only", "pdq")
        (group,) = self.library.lines("duplicates", "--json")
        self.assertEqual(len(group["photos"][0]["paths"]), 2, "the very same bytes are a copy")

    def test_a_burst_is_no_set_of_copies(self) -> None:
        for second in range(4):
            self.add(f"shot{second}.jpg", "robin.jpg", camera="Box 1", taken_at=f"2024:05:01 12:00:0{second}")
        self.add("later.jpg", "robin.jpg", camera="Box 1", taken_at="2024:05:01 12:05:00")
        self.scan("--only", "pdq")
        self.assertEqual(self.groups(), [])
        (burst,) = self.library.lines("duplicates", "--bursts", "--json")
        self.assertEqual(burst["camera"], "Box 1")
        self.assertEqual(names(burst["photos"]), [f"shot{second}.jpg" for second in range(4)])
        self.assertEqual(burst["photos"][3]["taken_at"][:19], "2024-05-01T12:00:03")
        self.assertEqual(len(self.library.lines("duplicates", "--bursts", "--within", "600", "--json")[0]["photos"]), 5)
        self.add("stripped.jpg", "robin.jpg")
        self.scan("--only", "pdq")
        (group,) = self.groups()
        self.assertEqual(len(group), 2, "the one without a date is a copy of one of them")
        self.assertIn("stripped.jpg", group)

    def test_what_was_asked_wrongly_is_said(self) -> None:
        self.add("robin.jpg", "robin.jpg")
        self.scan("--only", "pdq")
        for arguments, said in (
            (("--turned", "--bursts"), "give one of them"),
            (("--alike", "--cosine", "1.5"), "--cosine is '1.5'; it must be above 0 and at most 1"),
            (("--alike", "--cosine", "much"), "--cosine is 'much'"),
        ):
            done = self.library.run("duplicates", *arguments)
            self.assertEqual(done.returncode, 1)
            self.assertIn(said, done.stderr)
        self.assertEqual(self.library.run("duplicates", "--bursts", "--within", "0").returncode, 2)
        self.assertIn("no photo has a copy", self.library.run("duplicates").stdout)
        self.assertIn("no two photos look alike", self.library.run("duplicates", "--alike").stdout)


if __name__ == "__main__":
    unittest.main()
