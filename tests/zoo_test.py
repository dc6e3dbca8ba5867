"""The format zoo under wrong names: what a file is called says nothing about what it is."""

import csv
import io
import pathlib
import unittest

from calotype import ROOT, CalotypeTestCase

ZOO = ROOT / "src/photo/testdata/zoo"
EXTENSIONS = ("jpg", "png", "gif", "webp", "tif", "heic", "avif", "jxl", "dng")


class ZooTest(CalotypeTestCase):
    def test_each_format_is_read_under_the_name_of_another(self) -> None:
        wanted, refused, shown_by_some, seen = {}, set(), set(), set()
        with (ZOO / "zoo.tsv").open() as table:
            for number, (name, format_name, shown, _, *newer) in enumerate(csv.reader(table, delimiter="\t")):
                own = name.rsplit(".", 1)[1]
                other = EXTENSIONS[(EXTENSIONS.index(own) + 1 + number % (len(EXTENSIONS) - 1)) % len(EXTENSIONS)]
                self.assertNotEqual(own, other)
                data = (ZOO / name).read_bytes()
                if data in seen:
                    continue  # the catalogue has one photo for equal files
                seen.add(data)
                target = self.library.photos / f"{name.replace('.', '_')}.{other}"
                target.write_bytes(data)
                wanted[target.name] = format_name
                if not shown.endswith(".ppm"):
                    (shown_by_some if newer else refused).add(target.name)
        self.assertGreater(len(wanted), 200)
        self.scan("--only", "pdq", expect=1)
        status = self.library.json("status", "--json")
        failed = {pathlib.Path(path).name for one in status["failures"] for path in one["examples"]}
        self.assertEqual(failed - shown_by_some, refused)
        table = csv.DictReader(io.StringIO(self.library.run("export", "--to", "csv").stdout))
        formats = {pathlib.Path(row["path"]).name: row["format"] for row in table}
        self.assertEqual(formats.keys(), wanted.keys())
        wrong = {name: formats[name] for name, kind in wanted.items() if name not in failed and formats[name] != kind}
        self.assertEqual(wrong, {})


if __name__ == "__main__":
    unittest.main()
