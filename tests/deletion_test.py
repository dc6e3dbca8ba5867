"""Deletes everything that calotype duplicates lists: no picture may be lost. The library has copies, links, files that
are gone or changed, and pictures that only look like copies."""

import os
import pathlib
import shutil
import subprocess
import unittest

from calotype import BINARY, ROOT, SAMPLES, CalotypeTestCase, names
from duplicates_test import exif, with_exif
from pixels import Picture, png, read_png, tiff

CASES = ROOT / "tests/cases"


class DeletionTest(CalotypeTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.pictures: dict[pathlib.Path, str] = {}  # what each file shows

    def add(self, name: str, shows: str, content: bytes) -> pathlib.Path:
        path = self.library.photos / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        self.pictures[path] = shows
        return path

    def add_png(self, name: str, shows: str, picture: Picture) -> pathlib.Path:
        return self.add(name, shows, png(picture, name))

    def listed(self, *arguments: str) -> list[str]:
        done = self.library.run("duplicates", "--null", *arguments)
        self.assertEqual(done.returncode, 0, done.stderr)
        return [pathlib.Path(path).name for path in done.stdout.split("\0")[:-1]]

    def delete_all(self, *arguments: str) -> None:
        script = '"$0" duplicates "$@" --paths | xargs -r -d "\\n" rm --'
        subprocess.run(["sh", "-c", script, BINARY, *arguments], env=self.library.environment, check=True, timeout=300)

    def assert_nothing_lost(self) -> None:
        left = {shows for path, shows in self.pictures.items() if path.is_file() and not path.is_symlink()}
        self.assertEqual(set(self.pictures.values()) - left, set(), "pictures without a file")

    def add_links(self) -> None:
        photos = self.library.photos
        robin = self.add("robin.jpg", "robin", (SAMPLES / "robin.jpg").read_bytes())
        (photos / "a_link_to_robin.jpg").symlink_to(robin)
        flower = self.add("flower.jpg", "flower", (SAMPLES / "flower.jpg").read_bytes())
        os.link(flower, photos / "a_name_of_flower.jpg")
        (photos / "loop").symlink_to(photos)
        outside = self.library.home / "outside"
        outside.mkdir()
        shutil.copy(SAMPLES / "apple.jpg", outside)
        (photos / "a_link_to_apple.jpg").symlink_to(outside / "apple.jpg")
        self.add("apple.jpg", "apple", (SAMPLES / "apple.jpg").read_bytes())

    def add_copies(self) -> None:
        coffee, cat = read_png(SAMPLES / "coffee.png"), read_png(SAMPLES / "cat.png")
        self.add("copies/coffee.png", "coffee", (SAMPLES / "coffee.png").read_bytes())
        self.add("copies/coffee_copy.jpg", "coffee", (SAMPLES / "coffee_copy.jpg").read_bytes())
        self.add_png("copies/coffee_half.png", "coffee", coffee.halved())
        self.add("copies/line\nbreak.png", "coffee", (SAMPLES / "coffee.png").read_bytes())
        self.add("copies/cat.png", "cat", (SAMPLES / "cat.png").read_bytes())
        self.add("copies/same bytes.png", "cat", (SAMPLES / "cat.png").read_bytes())
        self.add_png("copies/dark_cat.png", "cat", cat.changed(lambda c: tuple(v * 3 // 4 for v in c)))
        self.add("copies/colour.jpg", "colour", (CASES / "colour-copies/colour.jpg").read_bytes())
        self.add("copies/grey.jpg", "grey", (CASES / "colour-copies/grey.jpg").read_bytes())
        self.pictures[self.library.photos / "copies/grey.jpg"] = "colour"

    def add_near_misses(self) -> None:
        for document in ("form0", "form1", "form2", "invoice0", "invoice1"):
            self.add(f"{document}.png", document, (CASES / f"documents/{document}.png").read_bytes())
        cat = read_png(SAMPLES / "cat.png")
        self.add_png("red_and_blue.png", "cat with red and blue exchanged", cat.changed(lambda c: (c[2], c[1], c[0])))
        self.add_png("other_colours.png", "cat with all colours exchanged", cat.changed(lambda c: (c[1], c[2], c[0])))
        self.add_png("moved.png", "cat, a moment later", cat.moved(3))
        self.add_png("block.png", "cat with a block", cat.with_block(200, 100, 24, (250, 250, 250)))
        for second in range(3):
            shot = with_exif((SAMPLES / "obama.jpg").read_bytes(), exif(camera="Box", taken_at=f"2024:05:01 12:00:0{second}"))
            self.add(f"burst{second}.jpg", f"burst{second}", shot)
        pages = [cat, read_png(SAMPLES / "coffee.png"), read_png(SAMPLES / "toys.png")]
        self.add("scan1.tif", "pages 1 and 2", tiff(pages[0], pages[1]))
        self.add("scan2.tif", "pages 1 and 3", tiff(pages[0], pages[2]))

    def add_gone_and_changed(self) -> None:
        """Pairs whose keepers are deleted or changed after the scan."""
        for sample in ("building", "desk"):
            jpeg = (SAMPLES / f"{sample}.jpg").read_bytes()
            self.add(f"{sample}.jpg", sample, jpeg)
            self.add(f"{sample}_dated.jpg", sample, with_exif(jpeg, exif(camera="Box", taken_at="2024:05:01 12:00:00")))

    def add_damaged(self) -> None:
        """A damaged file that states more than the whole one."""
        jpeg = (SAMPLES / "plant.jpg").read_bytes()
        self.add("plant.jpg", "plant", jpeg)
        damaged = with_exif(jpeg, exif(camera="Box", taken_at="2024:05:01 12:00:00"))[:-200]
        (self.library.photos / "plant_damaged.jpg").write_bytes(damaged)

    def test_no_picture_is_lost(self) -> None:
        self.add_links()
        self.add_copies()
        self.add_near_misses()
        self.add_gone_and_changed()
        self.add_damaged()
        self.library.environment["CALOTYPE_SCAN_FOLLOW_LINKS"] = "true"
        self.scan("--only", "pdq")
        # The keepers of two groups: one is deleted, the other becomes another picture.
        gone, changed = self.library.photos / "building_dated.jpg", self.library.photos / "desk_dated.jpg"
        gone.unlink()
        changed.write_bytes((SAMPLES / "aloe.jpg").read_bytes())
        self.pictures[changed] = "aloe"
        wanted = ["coffee_copy.jpg", "coffee_half.png", "dark_cat.png", "grey.jpg"]
        listed = self.listed()
        for name in wanted:
            self.assertIn(name, listed)
        same_bytes = set(listed) - set(wanted)
        self.assertEqual(len(same_bytes), len(listed) - len(wanted))
        self.assertEqual(len(same_bytes & {"coffee.png", "line\nbreak.png"}), 1)
        self.assertEqual(len(same_bytes & {"cat.png", "same bytes.png"}), 1)
        self.assertEqual(len(same_bytes), 2, same_bytes)
        self.delete_all()
        self.assert_nothing_lost()
        self.assertTrue((self.library.photos / "copies/colour.jpg").exists(), "the coloured one is kept")
        self.delete_all("--turned")
        self.assert_nothing_lost()
        self.scan("--only", "pdq")
        self.delete_all()
        self.assert_nothing_lost()

    def add_crops(self) -> None:
        cat, coffee = read_png(SAMPLES / "cat.png"), read_png(SAMPLES / "coffee.png")
        self.add("cat.png", "cat", (SAMPLES / "cat.png").read_bytes())
        self.add("coffee.png", "coffee", (SAMPLES / "coffee.png").read_bytes())
        head = cat.part(60, 20, cat.width * 3 // 4, cat.height * 3 // 4)
        self.add_png("head.png", "the cat's head", head)
        self.add("head again.png", "the cat's head", (self.library.photos / "head.png").read_bytes())
        self.add_png("eyes.png", "the cat's eyes", head.part(30, 20, head.width * 3 // 4, head.height * 3 // 4))
        self.add_png("dark cup.png", "the cup", coffee.part(40, 50, 480, 300).changed(lambda c: tuple(v * 3 // 4 for v in c)))
        # Near misses: a part of another picture, one with a block, one with other colours.
        part = cat.part(60, 20, 300, 220)
        self.add_png("other block.png", "a cat with a block", part.with_block(100, 80, 24, (250, 250, 250)))
        self.add_png("other colours.png", "a blue cat", part.changed(lambda c: (c[2], c[1], c[0])))
        self.add("robin.jpg", "robin", (SAMPLES / "robin.jpg").read_bytes())

    def test_crops_are_listed_but_not_to_be_deleted(self) -> None:
        self.add_crops()
        self.scan("--only", "pdq,embedding")
        groups = {pathlib.Path(group["keep"]).name: group for group in self.library.lines("duplicates", "--json")}
        self.assertEqual(sorted(names(groups["cat.png"]["crops"])), ["eyes.png", "head again.png"])
        self.assertEqual(names(groups["cat.png"]["photos"]), ["cat.png"], "whoever deletes all but the first loses no crop")
        (cup,) = groups["coffee.png"]["crops"]
        self.assertEqual(cup["copy"], "crop of")
        for seen, right in zip(cup["part"], (40, 50, 480, 300)):
            self.assertAlmostEqual(seen, right, delta=2)
        self.assertEqual(set(groups), {"cat.png", "coffee.png", "head again.png"})
        self.assertEqual(names(groups["head again.png"]["photos"]), ["head again.png"])
        text = self.library.run("duplicates").stdout
        self.assertIn(f"crop  {self.library.photos}/dark cup.png", text)
        self.assertIn(f"crop of {self.library.photos}/coffee.png, 60 % of it", text)
        self.assertNotIn("crop", self.library.run("duplicates", "--no-crops").stdout)
        self.assertEqual(self.listed(), ["head.png"])
        self.assertEqual(sorted(self.listed("--crops")), ["dark cup.png", "eyes.png", "head again.png", "head.png"])
        self.delete_all()
        self.assert_nothing_lost()
        # Whoever asks for crops gives up the pictures that are parts of others, and no more.
        self.delete_all("--crops")
        left = {path.name for path in self.pictures if path.exists()}
        self.assertEqual(left, {"cat.png", "coffee.png", "other block.png", "other colours.png", "robin.jpg"})

    def test_a_renamed_folder(self) -> None:
        for name in ("robin", "flower", "apple"):
            self.add(f"old/{name}.jpg", name, (SAMPLES / f"{name}.jpg").read_bytes())
        self.scan("--only", "pdq")
        (self.library.photos / "old").rename(self.library.photos / "new")
        self.pictures = {self.library.photos / "new" / path.name: shows for path, shows in self.pictures.items()}
        self.library.run("scan", self.library.photos, "--only", "pdq")
        self.assertEqual(self.library.lines("duplicates", "--json"), [])
        self.delete_all()
        self.assert_nothing_lost()

    def test_reasons_and_restrictions(self) -> None:
        self.add_copies()
        self.scan("--only", "pdq")
        groups = {pathlib.Path(group["keep"]).name: group for group in self.library.lines("duplicates", "--json")}
        reasons = {
            name: photo["copy"] for group in groups.values() for name, photo in zip(names(group["photos"]), group["photos"])
        }
        self.assertEqual(reasons["coffee_half.png"], "resized")
        self.assertEqual(reasons["dark_cat.png"], "recompressed")
        self.assertEqual(reasons["grey.jpg"], "greyscale")
        self.assertEqual(reasons["colour.jpg"], "")
        self.assertEqual(groups["colour.jpg"]["reason"], "colour against greyscale")
        text = self.library.run("duplicates").stdout
        for reason in ("same bytes", "resized, ", "greyscale, "):
            self.assertIn(reason, text)
        self.assertEqual(self.listed("name:colour"), [], "alone, it has no copy")
        self.assertEqual(self.listed("in:copies", "name:cat"), ["dark_cat.png"])
        self.assertEqual(self.listed("in:elsewhere"), [])
        lines = self.library.run("duplicates", "--paths")
        self.assertNotIn("break.png", lines.stdout.splitlines(), "the rest of a name with a line break is no line")
        self.assertTrue(all(pathlib.Path(line).is_file() for line in lines.stdout.splitlines()))
        for arguments, said in (
            (("sunset",), "not by words"),
            (("--bursts", "in:copies"), "--paths, --null and a query are for copies"),
            (("--json", "--paths"), "--json and --paths exclude each other"),
            (("--json", "--crops"), "--crops is for --paths or --null"),
        ):
            done = self.library.run("duplicates", *arguments)
            self.assertNotEqual(done.returncode, 0)
            self.assertIn(said, done.stderr)

    def test_copies_in_two_folders(self) -> None:
        self.add("a/robin.jpg", "robin", (SAMPLES / "robin.jpg").read_bytes())
        self.add("b/robin.jpg", "robin", (SAMPLES / "robin.jpg").read_bytes())
        self.add("b/again.jpg", "robin", (SAMPLES / "robin.jpg").read_bytes())
        self.scan("--only", "pdq")
        (group,) = self.library.lines("duplicates", "in:b", "--json")
        self.assertEqual(group["photos"][0]["paths"], [str(self.library.photos / "b" / name) for name in ("again.jpg", "robin.jpg")])
        self.assertEqual(self.library.lines("duplicates", "in:a", "--json"), [])

    def test_equal_pixels_of_two_cameras(self) -> None:
        jpeg = (SAMPLES / "robin.jpg").read_bytes()
        self.add("one.jpg", "robin", with_exif(jpeg, exif(camera="Box", taken_at="2024:05:01 12:00:00")))
        self.add("two.jpg", "robin", with_exif(jpeg, exif(camera="Case", taken_at="2021:02:03 10:00:00")))
        self.scan("--only", "pdq")
        (group,) = self.library.lines("duplicates", "--json")
        self.assertEqual(len(group["photos"]), 2)
        self.assertEqual(group["photos"][1]["copy"], "recompressed")


if __name__ == "__main__":
    unittest.main()
