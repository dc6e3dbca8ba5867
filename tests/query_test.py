"""The query language from a table: queries.tsv on a library of samples with facts of their own."""

import contextlib
import json
import pathlib
import shlex
import shutil
import sqlite3
import unittest

import made_photos
from calotype import SAMPLES, Library, names

TABLE = pathlib.Path(__file__).with_name("queries.tsv")

FOLDERS = {
    "faces": ("astronaut.png", "biden.jpg", "obama.jpg", "obama_speaking.jpg"),
    "animals": ("cat.png", "robin.jpg"),
    "signs": ("sign_copy_centre.jpg", "sign_no_parking.jpg", "sign_sports_centre.jpg"),
    "travel": ("flower.jpg", "motorcycle.png", "pagoda.jpg", "rocket.jpg"),
    "kitchen": ("coffee.png", "coffee_copy.jpg"),
    "scans": ("sudoku.png",),
}
# What the photos say of themselves; rocket.jpg has its own.
FACTS = {
    "travel/pagoda.jpg": {"taken": "2021:07:04 12:30:00", "make": "Canon", "model": "EOS R5", "lens": "RF50mm F1.8 STM",
                          "place": (35.68, 139.77)},
    "travel/flower.jpg": {"taken": "2023:12:24 18:00:00", "make": "NIKON", "model": "Z 6", "place": (48.21, 16.37)},
}
# What is known of them from elsewhere.
SQL = """
UPDATE photo SET city = 'Tokyo', region = 'Tokyo', country = 'Japan', rating = 5 WHERE id = {pagoda};
UPDATE photo SET city = 'Wien', region = 'Wien', country = 'Austria', rating = 3 WHERE id = {flower};
INSERT INTO keyword(photo_id, name) VALUES ({pagoda}, 'holiday'), ({flower}, 'holiday');
INSERT INTO photo_mark(mark, photo_id) VALUES (1, {flower}), (2, {flower}), (2, {pagoda});
"""
PEOPLE = {"Ada": "faces/astronaut.png", "Barack O": "faces/obama.jpg", "Joe": "faces/biden.jpg"}


class Row:
    """A line of the table."""

    def __init__(self, number: int, line: str) -> None:
        self.number = number
        self.query, options, self.rule, self.expected = line.rstrip("\n").split("\t")
        self.options = shlex.split(options)

    def __str__(self) -> str:
        return f"queries.tsv:{self.number} {self.query} {' '.join(self.options)}"


def rows() -> list[Row]:
    lines = enumerate(TABLE.read_text(encoding="utf-8").splitlines(), start=1)
    return [Row(number, line) for number, line in lines if line.strip(" ") and not line.startswith("#")]


class QueryTest(unittest.TestCase):
    library: Library

    @classmethod
    def prepare(cls) -> None:
        """Before the scan."""

    @classmethod
    def add_facts(cls) -> None:
        with contextlib.closing(sqlite3.connect(cls.library.home / "home/catalog.db")) as database:
            ids = {
                pathlib.Path(path).stem: photo for photo, path in database.execute("SELECT photo_id, path FROM file")
            }
            database.executescript(SQL.format(**ids))
            database.commit()

    @classmethod
    def setUpClass(cls) -> None:
        cls.library = Library()
        cls.prepare()
        for folder, photos in FOLDERS.items():
            (cls.library.photos / folder).mkdir()
            for photo in photos:
                shutil.copy(SAMPLES / photo, cls.library.photos / folder)
        for photo, facts in FACTS.items():
            made_photos.add_facts(cls.library.photos / photo, **facts)
        done = cls.library.run("scan", cls.library.photos)
        assert done.returncode == 0, done.stderr
        for name, photo in PEOPLE.items():
            faces = cls.library.json("show", cls.library.photos / photo, "--json")["faces"]
            assert cls.library.run("people", "name", faces[0]["person"], name).returncode == 0
        cls.add_facts()

    @classmethod
    def tearDownClass(cls) -> None:
        cls.library.close()

    def check(self, row: Row) -> None:
        query = row.query.replace("{photos}", str(self.library.photos))
        done = self.library.run("search", "--json", *row.options, "--", query)
        if row.rule in ("error", "usage"):
            place, words = row.expected.split(" ", 1)
            self.assertEqual(done.returncode, 1 if row.rule == "error" else 2, done.stdout)
            self.assertIn(words, done.stderr)
            if place != "0":
                self.assertIn(f"query, character {place}: ", done.stderr)
                self.assertIn(f"\n  {query}\n{' ' * (1 + int(place))}^", done.stderr, "the place is shown")
            return
        self.assertEqual(done.returncode, 0, done.stderr)
        hits = [json.loads(line) for line in done.stdout.splitlines()]
        found, expected = names([hit for hit in hits if hit["confident"]]), row.expected.split()
        self.assertTrue(all(hit["why"] for hit in hits if "in:" not in query or len(query.split()) > 1), hits)
        if row.rule == "is":
            self.assertEqual(sorted(found), sorted(expected))
        elif row.rule == "order":
            self.assertEqual(found, expected)
        elif row.rule == "first":
            self.assertEqual(found[:1], expected)
        elif row.rule == "has":
            self.assertLessEqual(set(expected), set(found))
        else:
            self.assertEqual(row.rule, "lacks")
            self.assertFalse(set(expected) & set(found), found)

    def test_the_table(self) -> None:
        table = rows()
        self.assertGreaterEqual(len(table), 60)
        for row in table:
            with self.subTest(str(row)):
                self.check(row)

    def test_every_key_is_in_it(self) -> None:
        queries = " ".join(row.query.lower() for row in rows())
        for key in ("text", "object", "person", "camera", "lens", "after", "before", "on", "near", "place", "in", "name",
                    "keyword", "tag", "rating", "type", "like"):
            self.assertIn(f"{key}:", queries)

    def test_pages_put_together_are_the_whole(self) -> None:
        for query in ("in:photos", "in:photos -object:person", "coffee"):
            whole = self.library.lines("search", query, "--json", "--limit", "100")
            paged: list[dict] = []
            after: list[str] = []
            while True:
                page = self.library.lines("search", query, "--json", "--limit", "3", *after)
                paged += page
                if not page or "next" not in page[-1]:
                    break
                after = ["--after", page[-1]["next"]]
            self.assertEqual(names(paged), names(whole), query)


if __name__ == "__main__":
    unittest.main()
