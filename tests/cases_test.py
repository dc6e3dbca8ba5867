"""Cases that went wrong before, as a user meets them: the files of tests/cases, scanned, searched and exported."""

import csv
import io
import os
import shutil
import subprocess
import unittest

from calotype import CASES, SAMPLES, CalotypeTestCase, names


class CasesTest(CalotypeTestCase):
    def add_cases(self, folder: str) -> None:
        for photo in sorted((CASES / folder).iterdir()):
            shutil.copy(photo, self.library.photos)

    def hits(self, query: str) -> list[str]:
        return sorted(names(self.library.lines("search", query, "--json")))

    def table(self) -> dict[str, dict[str, str]]:
        rows = csv.DictReader(io.StringIO(self.library.run("export", "--to", "csv").stdout))
        return {os.path.basename(row["path"]): row for row in rows}

    def test_a_year_or_a_month_is_found_and_shown_as_precisely_as_it_is_known(self) -> None:
        self.add_cases("dates")
        self.scan("--only", "pdq")
        nineties = ["month_blank.jpg", "month_only.jpg", "year_only.jpg"]
        self.assertEqual(self.hits("on:1993"), nineties)
        self.assertEqual(self.hits("on:1993-08"), ["month_blank.jpg", "month_only.jpg"])
        self.assertEqual(self.hits("on:1993-09"), [])
        self.assertEqual(self.hits("after:1993 before:1994"), nineties)
        self.assertEqual(self.hits("before:1979"), ["iptc_only.jpg", "year.jpg"])
        self.assertEqual(self.hits("on:1978"), ["iptc_only.jpg", "year.jpg"])
        self.assertEqual(self.hits("on:2004-07-03"), ["spaces_for_zeros.jpg"])
        for photo, taken in (("year_only.jpg", "1993"), ("month_blank.jpg", "1993-08"), ("second60.jpg", "2016-12-31T23:59:59")):
            self.assertEqual(self.library.json("show", self.library.photos / photo, "--json")["taken_at"], taken)
            self.assertRegex(self.library.run("show", self.library.photos / photo).stdout, rf"(?m)^taken +{taken}$")
            self.assertIn(taken, self.table()[photo].values())

    def test_words_of_a_caption_with_line_breaks_stay_apart(self) -> None:
        words = "first line\nsecond line\twith tab"
        for name, tag in (("exif", "EXIF:ImageDescription"), ("iptc", "IPTC:Caption-Abstract"), ("xmp", "XMP-dc:Description")):
            photo = shutil.copy(SAMPLES / "apple.jpg", self.library.photos / f"{name}.jpg")
            subprocess.run(["exiftool", "-q", "-overwrite_original", f"-{tag}={words}", photo], check=True)
        self.add_cases("captions")
        self.scan("--only", "pdq")
        table = self.table()
        self.assertEqual(len(table), 4)
        for name, row in table.items():
            shown = self.library.json("show", self.library.photos / name, "--json")["description"]
            self.assertEqual(shown, "first line second line with tab", name)
            self.assertIn(shown, row.values(), name)

    def test_a_name_with_quotes_can_be_asked_for(self) -> None:
        for name in ('5" disk.jpg', "the “best” one.jpg"):
            shutil.copy(SAMPLES / "apple.jpg", self.library.photos / name)
            with open(self.library.photos / name, "ab") as photo:
                photo.write(name.encode())  # another content
        self.scan("--only", "pdq")
        self.assertEqual(self.hits(r'name:"5\" disk"'), ['5" disk.jpg'])
        self.assertEqual(self.hits('name:disk'), ['5" disk.jpg'])
        self.assertEqual(self.hits('name:best'), ["the “best” one.jpg"])


if __name__ == "__main__":
    unittest.main()
