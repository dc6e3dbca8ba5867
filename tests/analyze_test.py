"""calotype analyze: what a person sees in the samples is named, and the JSON is what docs/json.md promises."""

import math
import pathlib
import re
import unittest

from calotype import CASES, SAMPLES, CalotypeTestCase, Library

KEYS = {
    "path", "sha256", "format", "width", "height", "taken_at", "objects", "faces", "text", "pdq", "embedding", "tags", "devices",
    "timings_ms", "errors",
}


def cosine(a: list[float], b: list[float]) -> float:
    return sum(x * y for x, y in zip(a, b)) / math.sqrt(sum(x * x for x in a) * sum(y * y for y in b))


class AnalyzeTest(CalotypeTestCase):
    photos: dict[str, dict]
    library: Library

    @classmethod
    def setUpClass(cls) -> None:
        cls.library = Library()
        wanted = ["astronaut.png", "coffee.png", "cat.png", "page.png", "obama.jpg", "obama_speaking.jpg", "biden.jpg",
                  "sign_sports_centre.jpg", "solvay_1927.jpg"]
        cls.names = wanted
        lines = cls.library.lines("analyze", "--json", "--vectors", *(SAMPLES / name for name in wanted))
        cls.photos = {pathlib.Path(line["path"]).name: line for line in lines}
        cls.order = [pathlib.Path(line["path"]).name for line in lines]

    @classmethod
    def tearDownClass(cls) -> None:
        cls.library.close()

    def setUp(self) -> None:
        pass

    def labels(self, name: str) -> list[str]:
        return [found["label"] for found in self.photos[name]["objects"]]

    def words(self, name: str) -> str:
        return " ".join(line["text"] for line in self.photos[name]["text"]).lower()

    def test_one_line_a_photo_in_order_with_every_key(self) -> None:
        self.assertEqual(self.order, self.names)
        for name, photo in self.photos.items():
            self.assertLessEqual(KEYS, set(photo), name)
            self.assertEqual(photo["errors"], {}, name)
            self.assertRegex(photo["sha256"], r"^[0-9a-f]{64}$")
            self.assertRegex(photo["pdq"]["hash"], r"^[0-9a-f]{64}$")
            self.assertEqual(len(photo["embedding"]["vector"]), photo["embedding"]["dim"])
            self.assertEqual(set(photo["devices"]), set(photo["timings_ms"]))

    def test_boxes_lie_in_the_photo(self) -> None:
        for name, photo in self.photos.items():
            for found in photo["objects"] + photo["faces"]:
                x, y, width, height = found["box"]
                self.assertGreaterEqual(min(x, y), -0.1, name)
                self.assertLessEqual(x + width, photo["width"] + 0.2, name)
                self.assertLessEqual(y + height, photo["height"] + 0.2, name)
                self.assertGreater(min(width, height), 0, name)

    def test_what_a_person_sees(self) -> None:
        self.assertIn("person", self.labels("astronaut.png"))
        self.assertEqual(len(self.photos["astronaut.png"]["faces"]), 1)
        self.assertIn("cup", self.labels("coffee.png"))
        self.assertIn("cat", self.labels("cat.png"))
        self.assertEqual(self.photos["cat.png"]["faces"], [])

    def test_words_are_read(self) -> None:
        page = self.words("page.png")
        self.assertGreaterEqual(sum(word in page for word in ("region-based", "segmentation", "markers", "sobel")), 2, page)
        self.assertIn("sports centre", self.words("sign_sports_centre.jpg"))

    def test_all_lines_of_long_screenshots_are_read(self) -> None:
        for name, lines in (("t1080x12000.png", 30), ("t600x15000.png", 38)):
            photo = self.library.lines("analyze", "--json", CASES / "long-screenshots" / name, "--only", "text")[0]
            self.assertEqual([line["text"][-3:] for line in photo["text"]], [f"{number:03}" for number in range(lines)])

    def test_white_text_on_a_transparent_background_is_read(self) -> None:
        photo = self.library.lines("analyze", "--json", CASES / "colour/white_text.png", "--only", "text")[0]
        self.assertIn("20391", photo["text"][0]["text"])

    def test_a_group_of_29(self) -> None:
        self.assertEqual(len(self.photos["solvay_1927.jpg"]["faces"]), 29)

    def test_one_man_is_nearer_to_himself_than_to_another(self) -> None:
        def face(name: str) -> list[float]:
            self.assertEqual(len(self.photos[name]["faces"]), 1, name)
            return self.photos[name]["faces"][0]["embedding"]

        same = cosine(face("obama.jpg"), face("obama_speaking.jpg"))
        other = max(cosine(face(name), face("biden.jpg")) for name in ("obama.jpg", "obama_speaking.jpg"))
        self.assertGreater(same, 0.73)
        self.assertLess(other, 0.73)

    def test_pdq_needs_neither_models_nor_a_runtime(self) -> None:
        nowhere = ("--set", "models.folder=/nowhere", "--set", "inference.onnxruntime=/nowhere")
        done = self.library.run(*nowhere, "analyze", SAMPLES / "cat.png", "--only", "pdq")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn('"pdq":{"hash":', done.stdout)
        self.assertNotEqual(self.library.run(*nowhere, "analyze", SAMPLES / "cat.png").returncode, 0)

    def test_a_file_that_cannot_be_read_is_a_line_with_its_error(self) -> None:
        (self.library.home / "text.jpg").write_text("no photo")
        done = self.library.run("analyze", "--json", self.library.home / "text.jpg", "/no/such.jpg", SAMPLES / "cat.png", "--only", "pdq")
        self.assertEqual(done.returncode, 1)
        lines = done.stdout.splitlines()
        self.assertEqual(len(lines), 3)
        self.assertTrue(re.search(r'^\{"path":".*text.jpg","errors":\{"decode":".+"\}\}$', lines[0]), lines[0])
        self.assertIn("No such file", lines[1])
        self.assertIn('"pdq":{"hash":', lines[2])
        self.assertNotIn('"objects"', lines[2])


if __name__ == "__main__":
    unittest.main()
