"""TIFF files with several pages, such as scanned documents."""

import pathlib
import unittest

import pixels
from calotype import SAMPLES, CalotypeTestCase, names


class DocumentTest(CalotypeTestCase):
    @classmethod
    def setUpClass(cls) -> None:
        text = pixels.read_png(SAMPLES / "page.png")
        cls.first = text.part(0, 0, text.width, 108)
        cls.second = text.part(0, 108, 300, text.height - 108)

    def add(self, *pages: pixels.Picture, name: str = "scan.tif", **options: int) -> pathlib.Path:
        path = self.library.photos / name
        path.write_bytes(pixels.tiff(*pages, **options))
        return path

    def hits(self, query: str) -> list[str]:
        return names(self.library.lines("search", query, "--json"))

    def lines_of(self, path: pathlib.Path) -> list[tuple[int, str]]:
        return [(line["page"], line["text"]) for line in self.library.json("show", path, "--json")["text"]]

    def test_words_on_the_second_page_are_found(self) -> None:
        path = self.add(self.first, self.second)
        self.scan("--only", "text,pdq")
        self.assertEqual(self.hits("text:markers"), ["scan.tif"])
        self.assertEqual(self.hits("text:histogram"), ["scan.tif"])
        found = dict(reversed(self.lines_of(path)))
        self.assertEqual(found[1], "Region-based segmentation")
        self.assertEqual([page for page, line in self.lines_of(path) if "istogram" in line], [2])
        self.assertEqual(self.library.json("show", path, "--json")["pages"], 2)
        shown = self.library.run("show", path).stdout
        self.assertIn(", 2 pages, ", shown)
        self.assertIn(", page 1)", shown)
        self.assertIn(", page 2)", shown)
        (analysed,) = self.library.lines("analyze", path, "--only", "text", "--json")
        self.assertEqual([(line["page"], line["text"]) for line in analysed["text"]], self.lines_of(path))

    def test_a_page_shows_only_what_is_on_it(self) -> None:
        path = self.add(self.first, self.second)
        alone = [self.add(self.first, name="first.tif"), self.add(self.second, name="second.tif")]
        self.scan("--only", "text")
        pictures = []
        for photo, options in ((path, []), (path, ["--page", 2]), (alone[0], []), (alone[1], [])):
            target = self.library.home / "rendered.jpg"
            done = self.library.run("show", photo, "--render", target, *options)
            self.assertEqual(done.returncode, 0, done.stderr)
            pictures.append(target.read_bytes())
        self.assertEqual(pictures[0], pictures[2])
        self.assertEqual(pictures[1], pictures[3])
        self.assertNotEqual(pictures[0], pictures[1])
        done = self.library.run("show", path, "--render", target, "--page", 3)
        self.assertEqual(done.returncode, 1)
        self.assertIn("page 3 was asked for, the last page is 2", done.stderr)
        self.assertEqual(self.library.run("show", path, "--page", 2).returncode, 2)

    def test_a_broken_page_keeps_the_others(self) -> None:
        path = self.add(self.first, self.second)
        path.write_bytes(path.read_bytes()[:-5000])
        self.scan("--only", "text")
        self.assertEqual(self.library.json("status", "--json")["photos"], {"total": 1, "missing": 0, "damaged": 1})
        self.assertEqual(self.hits("text:markers"), ["scan.tif"])
        self.assertEqual({page for page, _ in self.lines_of(path)}, {1})
        self.assertIn("warning   damaged: page 2: the TIFF is broken or cut short", self.library.run("show", path).stdout)
        warnings = self.library.json("show", path, "--json")["warnings"]
        self.assertIn("damaged: page 2", warnings["text"])

    def test_pages_over_the_limit_are_named_and_read_when_it_is_raised(self) -> None:
        path = self.add(self.first, self.first, self.second)
        done = self.library.run("--set", "limits.pages=2", "scan", self.library.photos, "--only", "text")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.hits("text:histogram"), [])
        self.assertIn("warning   page 3 is left out, the limit is 2 (limits.pages)", self.library.run("show", path).stdout)
        self.assertIn("1 unchanged), 0 analysed", self.scan("--only", "text").stdout)
        done = self.library.run("retry")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("retrying 1 analysis", done.stdout)
        self.assertEqual(self.hits("text:histogram"), ["scan.tif"])
        self.assertNotIn("warning", self.library.run("show", path).stdout)
        self.assertIn("retrying 0 analyses", self.library.run("retry").stdout)

    def test_a_thumbnail_is_no_page(self) -> None:
        path = self.add(self.first, self.second, thumbnails=1)
        self.scan("--only", "text")
        self.assertEqual({page for page, _ in self.lines_of(path)}, {1})
        self.assertNotIn("pages", self.library.json("show", path, "--json"))
        self.assertNotIn("page 1", self.library.run("show", path).stdout)


if __name__ == "__main__":
    unittest.main()
