"""Limits before allocation: small files that ask for much are refused by a limit that the failure names, or are read as
quickly as others. That a refusal came before the work is seen by its reason: it states what was asked for, and decoding
would have ended with another one."""

import time
import unittest

import bombs
from calotype import CalotypeTestCase

SAMPLES = r"decoding it means to compute \d+ samples from a file of \d+ bytes, the limit is \d+: .*limits\.samples_per_byte"
METADATA = r"its metadata has at least \d+ bytes, the limit is 64000000 \(limits\.metadata_mb\)"
FRAMES = r"it has at least 100001 frames, the limit is 100000 \(limits\.frames\)"
PROPERTIES = r"XMP: it has at least \d+ properties in one structure, the limit is 2000 \(limits\.xmp_properties\)"

VALUES = r"its values have \d+ bytes in a block of \d+, the limit is \d+ \(limits\.metadata_mb\)"

# What the failure of each photo says.
REFUSED = {
    "grey_bits.png": (lambda: bombs.png(20000, 20000, bits=1, colours=0), SAMPLES),
    "rgb.png": (lambda: bombs.png(20000, 20000), SAMPLES),
    "rgba16_interlaced.png": (lambda: bombs.png(16000, 16000, bits=16, colours=6, interlaced=1), SAMPLES),
    "larger.png": (lambda: bombs.png(30000, 30000, bits=1, colours=0), r"900000000 pixels, the limit is 600000000 \(limits\.pixels\)"),
    "texts.png": (lambda: bombs.png(64, 48, more=bombs.chunk(b"zTXt", b"Comment\0\0" + bombs.zeros(7 << 20)) * 900), METADATA),
    "text.png": (lambda: bombs.png(64, 48, more=bombs.chunk(b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + bombs.zeros(1 << 30))), METADATA),
    "profile.png": (lambda: bombs.png(64, 48, more=bombs.chunk(b"iCCP", b"x\0\0" + bombs.zeros(1 << 30))), METADATA),
    "chunks.png": (lambda: bombs.png(64, 48, more=bombs.chunk(b"tEXt", b"a\0b") * 400_000), METADATA),
    "scans.jpg": (lambda: bombs.scans(4000, 3000, 490), SAMPLES),
    "large_scans.jpg": (lambda: bombs.scans(20000, 20000, 100), SAMPLES),
    "screen.gif": (lambda: bombs.gif(20000, 20000, whole=True), SAMPLES),
    "frames.gif": (lambda: bombs.gif(64, 48, frames=200_000), FRAMES),
    "frames.webp": (lambda: bombs.webp_frames(110_000), FRAMES),
    "deflated.tif": (lambda: bombs.tiff(20000, 20000, bombs.zeros(400_000_000), 8), SAMPLES),
    "tiles.heic": (lambda: bombs.grids([(100, 100)]), SAMPLES),
    "items.heic": (lambda: bombs.heic_of_items(10_000), r"it consists of 10001 tiles and other items, the limit is 4000"),
    "tiles_of_tiles.heic": (lambda: bombs.grids([(200, 200), (200, 200), (200, 200)]), SAMPLES),
    "itself.heic": (bombs.heic_of_itself, r"its pictures are made of each other"),
    "size.heic": (lambda: bombs.with_size("quarters.heic", 20000, 20000), SAMPLES),
    "size.avif": (lambda: bombs.with_size("quarters.avif", 20000, 20000), SAMPLES),
    "values.png": (lambda: bombs.png(69, 48, more=bombs.chunk(b"eXIf", bombs.shared_values(50_000, 1 << 20))), VALUES),
    # libjxl 0.11 finds the end of the file first.
    "header.jxl": (lambda: bombs.jpeg_xl_header(20000), rf"{SAMPLES}|the JPEG XL is broken or cut short"),
}

# What the facts of photos say that are read without a part of their metadata.
READ_WITHOUT = {
    "properties.png": (lambda: bombs.png(64, 48, more=bombs.xmp_chunk(bombs.properties(40_000))), PROPERTIES),
    "attributes.png": (lambda: bombs.png(65, 48, more=bombs.xmp_chunk(bombs.attributes(40_000))), PROPERTIES),
    "descriptions.png": (lambda: bombs.png(66, 48, more=bombs.xmp_chunk(bombs.descriptions(20_000))), PROPERTIES),
    "nested.png": (lambda: bombs.png(67, 48, more=bombs.xmp_chunk(bombs.nested(50_000))), r"XMP: it is nested more than 200 levels deep, a fixed limit"),
    "entities.png": (lambda: bombs.png(68, 48, more=bombs.xmp_chunk(bombs.entities())), r"XMP: it declares a document type"),
    "values.jpg": (lambda: bombs.jpeg_with(0xE1, b"Exif\0\0" + bombs.shared_values(2_000, 38_000)), "EXIF: " + VALUES),
    "packet.tif": (lambda: bombs.tiff_with_xmp(bombs.properties(10_000)), PROPERTIES),
}

# Sidecars that are not read, with the warning.
SIDECARS = {
    "properties": (lambda: bombs.properties(40_000), r"at least 2001 properties in one structure, the limit is 2000 \(limits\.xmp_properties\)"),
    "nested": (lambda: bombs.nested(100_000), r"nested more than 200 levels deep"),
    "structures": (lambda: bombs.structures(60_000), r"properties, the limit is 200000: 100 times limits\.xmp_properties"),
    "entities": (bombs.entities, r"declares a document type"),
    "long": (lambda: bombs.packet(b" " * (17 << 20)), r"the limit is 16777216 \(a fixed limit for sidecars\)"),
}

# Real kinds of photos that are large in some way.
READ = {
    "white_page.png": (lambda: bombs.png(7000, 9900, bits=1, colours=0), None),
    "panorama.jpg": (lambda: bombs.flat(32000, 16000), None),
    "progressive.jpg": (lambda: bombs.scans(4000, 3000, 12), None),
    "animation.gif": (lambda: bombs.gif(640, 480, frames=20_000), None),
    "phone.heic": (lambda: bombs.grids([(6, 8)]), None),
    "directories.tif": (lambda: bombs.tiff_directories(60_000), None),
    "history.png": (lambda: bombs.png(70, 48), lambda: bombs.history(3_000, 100_000)),
    "depth_map.png": (lambda: bombs.png(71, 48, more=bombs.xmp_chunk(bombs.depth_map(4))), None),
    "keywords.png": (lambda: bombs.png(72, 48), lambda: bombs.keywords(100_000)),
}


class LimitsTest(CalotypeTestCase):
    def show(self, name: str) -> dict:
        return self.library.json("show", "--json", self.library.photos / name)

    def assert_read(self, name: str) -> dict:
        shown = self.show(name)
        self.assertNotIn("decode", shown.get("errors", {}))
        self.assertGreater(shown["width"], 0)
        return shown

    def test_each_bomb_is_refused_by_a_named_limit(self) -> None:
        for name, (make, _) in REFUSED.items():
            bombs.write(self.library.photos, name, make())
        start = time.monotonic()
        self.scan("--only", "pdq", expect=1)
        elapsed = time.monotonic() - start
        for name, (_, reason) in REFUSED.items():
            with self.subTest(name):
                self.assertRegex(self.show(name)["errors"]["decode"], reason)
        # Each alone took between 6 and 120 s before there were limits.
        self.assertLess(elapsed, 2 * len(REFUSED))

    def test_metadata_over_a_limit_costs_no_photo(self) -> None:
        for name, (make, _) in READ_WITHOUT.items():
            bombs.write(self.library.photos, name, make())
        self.scan("--only", "pdq")
        for name, (_, reason) in READ_WITHOUT.items():
            with self.subTest(name):
                warnings = self.assert_read(name).get("warnings", {})
                if reason is not None:
                    self.assertRegex(warnings["facts"], reason)

    def test_a_sidecar_over_a_limit_costs_no_photo(self) -> None:
        for number, (name, (make, _)) in enumerate(SIDECARS.items()):
            bombs.write(self.library.photos, f"{name}.png", bombs.png(80 + number, 48), make())
        done = self.scan("--only", "pdq")
        for name, (_, reason) in SIDECARS.items():
            with self.subTest(name):
                self.assert_read(f"{name}.png")
                self.assertRegex(done.stderr, rf"{name}\.png\.xmp: .*{reason}")

    def test_large_photos_of_real_kinds_are_read(self) -> None:
        for name, (make, sidecar) in READ.items():
            bombs.write(self.library.photos, name, make(), sidecar() if sidecar else None)
        self.scan("--only", "pdq")
        for name in READ:
            with self.subTest(name):
                self.assertNotIn("facts", self.assert_read(name).get("warnings", {}))
        for name in ("history.png", "depth_map.png"):
            self.assertEqual(self.show(name)["rating"], 4)
        self.assertEqual(len(self.show("keywords.png")["keywords"]), 1000)

    def test_a_setting_raises_each_limit(self) -> None:
        bombs.write(self.library.photos, "rgb.png", bombs.png(12000, 12000))
        bombs.write(self.library.photos, "frames.gif", bombs.gif(64, 48, frames=200_000))
        bombs.write(self.library.photos, "properties.png", bombs.png(64, 48, more=bombs.xmp_chunk(bombs.properties(2_500))))
        raised = ("limits.samples_per_byte=2000", "limits.frames=300000", "limits.xmp_properties=3000")
        self.scan("--only", "pdq", *(word for one in raised for word in ("--set", one)))
        for name in ("rgb.png", "frames.gif", "properties.png"):
            self.assertNotIn("facts", self.assert_read(name).get("warnings", {}))


if __name__ == "__main__":
    unittest.main()
