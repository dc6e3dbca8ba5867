"""Export to sidecars: exiftool reads every one, and a scan afterwards finds the keywords of before."""

import json
import pathlib
import shutil
import subprocess
import unittest

import pixels
from calotype import ROOT, SAMPLES, CalotypeTestCase, names

XMP = """<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:lr="http://ns.adobe.com/lightroom/1.0/"
 xmlns:digiKam="http://www.digikam.org/ns/1.0/" xmlns:own="urn:somebody:own#" own:note="keep me">{lists}
</rdf:Description></rdf:RDF></x:xmpmeta>
"""

# Where a point of the upright picture is in the stored one, by the EXIF orientation, in fractions (EXIF 2.32, 4.6.4 A).
STORED = {
    1: lambda x, y: (x, y),
    2: lambda x, y: (1 - x, y),
    3: lambda x, y: (1 - x, 1 - y),
    4: lambda x, y: (x, 1 - y),
    5: lambda x, y: (y, x),
    6: lambda x, y: (y, 1 - x),
    7: lambda x, y: (1 - y, 1 - x),
    8: lambda x, y: (1 - y, x),
}


def xmp_list(name: str, *entries: str) -> str:
    return f"<{name}><rdf:Bag>{''.join(f'<rdf:li>{entry}</rdf:li>' for entry in entries)}</rdf:Bag></{name}>"


def stored(upright: pixels.Picture, orientation: int) -> pixels.Picture:
    """The picture as a camera stores it with that orientation."""
    place = STORED[orientation]
    turned = orientation >= 5
    width, height = (upright.height, upright.width) if turned else (upright.width, upright.height)
    rows = [bytearray(3 * width) for _ in range(height)]
    columns_at = [place((x + 0.5) / upright.width, 0) for x in range(upright.width)]
    rows_at = [place(0, (y + 0.5) / upright.height) for y in range(upright.height)]
    for y, row in enumerate(upright.rows):
        for x in range(upright.width):
            across, down = (rows_at[y][0], columns_at[x][1]) if turned else (columns_at[x][0], rows_at[y][1])
            at = 3 * int(across * width)
            rows[int(down * height)][at : at + 3] = row[3 * x : 3 * x + 3]
    return pixels.Picture(width, height, [bytes(row) for row in rows])


def as_list(value: object) -> list:
    return value if isinstance(value, list) else [] if value is None else [value]


class ExportTest(CalotypeTestCase):
    def export(self, *arguments: object, expect: int = 0) -> subprocess.CompletedProcess:
        done = self.library.run("export", "--to", "xmp", *arguments)
        self.assertEqual(done.returncode, expect, done.stderr)
        return done

    def read(self, sidecar: pathlib.Path) -> dict:
        """What exiftool says about a file that was written."""
        done = subprocess.run(["exiftool", "-json", "-struct", "-n", sidecar], capture_output=True, text=True, check=True)
        (told,) = json.loads(done.stdout)
        self.assertNotIn("Warning", told, sidecar)
        self.assertNotIn("Error", told, sidecar)
        return told

    def files(self) -> list[str]:
        return sorted(str(path.relative_to(self.library.photos)) for path in self.library.photos.rglob("*"))

    def keywords(self) -> dict[str, list[str]]:
        rows = self.library.lines("export", "--to", "jsonl")
        return {pathlib.Path(row["path"]).name: row.get("keywords", []) for row in rows}

    def search(self, *query: str) -> list[str]:
        return sorted(names(self.library.lines("search", *query, "--json")))

    def add_xmp(self, name: str, *lists: str) -> pathlib.Path:
        path = self.library.photos / name
        path.write_text(XMP.format(lists="".join(lists)))
        return path

    def name_face(self, photo: str, name: str) -> None:
        shown = self.library.json("show", self.library.photos / photo, "--json")
        done = self.library.run("people", "name", shown["faces"][0]["person"], name)
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_exiftool_sees_every_face_where_it_is(self) -> None:
        upright = pixels.read_png(SAMPLES / "astronaut.png")
        upright = pixels.Picture(upright.width, 384, upright.rows[:384])
        for orientation in STORED:
            photo = self.library.photos / f"{orientation}.tif"
            photo.write_bytes(pixels.tiff(stored(upright, orientation)))
            subprocess.run(["exiv2", "-M", f"set Exif.Image.Orientation Short {orientation}", photo], check=True)
        self.scan("--only", "faces")
        self.name_face("1.tif", "Eileen")
        self.assertIn("8 sidecars written", self.export().stdout)
        for orientation, place in STORED.items():
            (face,) = self.library.json("show", self.library.photos / f"{orientation}.tif", "--json")["faces"]
            x, y, width, height = face["box"]
            self.assertTrue(150 < x and x + width < 300 and y + height < 200, f"{orientation}: {face['box']}")
            corners = [
                place(across / upright.width, down / upright.height) for across, down in ((x, y), (x + width, y + height))
            ]
            (left, right), (top, bottom) = (sorted(values) for values in zip(*corners))
            told = self.read(self.library.photos / f"{orientation}.tif.xmp")["RegionInfo"]
            swapped = orientation >= 5
            self.assertEqual(told["AppliedToDimensions"], {"W": 384 if swapped else 512, "H": 512 if swapped else 384, "Unit": "pixel"})
            (region,) = told["RegionList"]
            self.assertEqual((region["Name"], region["Type"]), ("Eileen", "Face"))
            area = region["Area"]
            self.assertEqual(area["Unit"], "normalized")
            for key, expected in (
                ("X", (left + right) / 2), ("Y", (top + bottom) / 2), ("W", right - left), ("H", bottom - top)
            ):  # fmt: skip
                self.assertAlmostEqual(area[key], expected, delta=2 / 384, msg=f"{orientation}: {key}")

    def test_a_scan_after_an_export_changes_no_keyword(self) -> None:
        photos = self.library.photos
        self.library.add_samples("cat.png", "dog.png", "flower.jpg", "apple.jpg", "obama.jpg", "robin.jpg")
        self.add_xmp("dog.xmp", xmp_list("dc:subject", "dog", "tabby"))
        for command in ("add Iptc.Application2.Keywords String market", "add Iptc.Application2.Keywords String AC/DC"):
            subprocess.run(["exiv2", "-M", command, photos / "flower.jpg"], check=True)
        embed = ["-XMP-dc:Subject=party", "-XMP-dc:Subject=garden"]
        embed += ["-XMP-lr:HierarchicalSubject=Events|party", "-XMP-lr:HierarchicalSubject=Obama"]
        for name in ("apple.jpg", "obama.jpg"):
            subprocess.run(["exiftool", "-quiet", "-overwrite_original", *embed, photos / name], check=True)
        self.scan()
        self.name_face("obama.jpg", "Obama")
        before = self.keywords()
        self.assertEqual(
            before,
            {"cat.png": [], "dog.png": ["dog", "tabby"], "flower.jpg": ["AC/DC", "market"], "robin.jpg": [],
             "apple.jpg": ["Events|party", "Obama", "garden"], "obama.jpg": ["Events|party", "Obama", "garden"]},
        )  # fmt: skip
        for options in ((), ("--labels",), ()):
            self.export(*options)
            self.assertIn("unchanged", self.scan().stdout)
            self.assertEqual(self.keywords(), before, options)
            self.assertEqual(self.search("keyword:dog"), ["dog.png"], options)
            self.assertEqual(self.search("keyword:cat"), [], options)
            for query in ("keyword:party", "keyword:events", "keyword:Events|party"):
                self.assertEqual(self.search(query), ["apple.jpg", "obama.jpg"], query)
            self.assertEqual(self.search("person:Obama"), ["obama.jpg"])
            self.assertIn("0 sidecars written", self.export(*options).stdout)
        self.assertEqual(self.files().count("dog.png.xmp"), 0, "there was a dog.xmp")
        told = self.read(photos / "cat.png.xmp")
        self.assertIn("Calotype|object|cat", as_list(told["HierarchicalSubject"]))
        self.assertIn("Calotype/object/cat", as_list(told["TagsList"]))
        self.assertNotIn("Subject", told)
        for path in photos.glob("*.xmp"):
            self.read(path)

    def test_a_new_name_replaces_the_old_one_everywhere(self) -> None:
        self.library.add_samples("obama.jpg")
        sidecar = self.add_xmp("obama.xmp", xmp_list("dc:subject", "portrait", "Chicago"))
        self.scan("--only", "faces")
        for name, old in (("Barak", None), ("Barack Obama", "Barak")):
            self.name_face("obama.jpg", name)
            self.assertIn("1 sidecar written, 0 unchanged", self.export().stdout)
            told = self.read(sidecar)
            self.assertEqual([one["Name"] for one in told["RegionInfo"]["RegionList"]], [name])
            self.assertEqual(as_list(told["PersonInImage"]), [name])
            self.assertEqual(sorted(as_list(told["Subject"])), sorted([name, "Chicago", "portrait"]))
            self.assertEqual(as_list(told["HierarchicalSubject"]), [f"People|{name}"])
            self.assertEqual(sorted(as_list(told["TagsList"])), sorted(["Chicago", f"People/{name}", "portrait"]))
            self.assertIn("keep me", sidecar.read_text())
            if old is not None:
                self.assertNotRegex(sidecar.read_text(), rf"\b{old}\b")
            self.scan("--only", "faces")
            self.assertEqual(self.search(f'person:"{name}"'), ["obama.jpg"])
        # Somebody names the region in another program: the next scan has to come before the next export.
        sidecar.write_text(sidecar.read_text().replace('mwg-rs:Name="Barack Obama"', 'mwg-rs:Name="The President"'))
        before = sidecar.read_bytes()
        done = self.export()
        self.assertIn("0 sidecars written, 0 unchanged, 1 photo skipped", done.stdout)
        self.assertIn('it calls a face "The President", which Calotype calls "Barack Obama"', done.stderr)
        self.assertEqual(sidecar.read_bytes(), before)

    def test_a_dry_run_writes_nothing(self) -> None:
        self.library.add_samples("cat.png", "coffee.png")
        self.add_xmp("coffee.xmp", xmp_list("dc:subject", "pet"))
        self.scan("--only", "objects")
        before = self.files()
        text = (self.library.photos / "coffee.xmp").read_text()
        done = self.export("--labels", "--dry-run")
        self.assertIn(f"would create {self.library.photos}/cat.png.xmp\n  + lr:hierarchicalSubject \"Calotype|object|cat\"\n", done.stdout)
        self.assertIn(f"would change {self.library.photos}/coffee.xmp\n", done.stdout)
        self.assertIn("2 sidecars would be written, 0 unchanged", done.stdout)
        self.assertEqual((self.files(), (self.library.photos / "coffee.xmp").read_text()), (before, text))
        self.assertIn("0 sidecars would be written, 2 unchanged", self.export("--dry-run").stdout)
        self.assertIn("2 sidecars written", self.export("--labels").stdout)

    def test_photos_with_one_stem_have_sidecars_of_their_own(self) -> None:
        photos = self.library.photos
        shutil.copy(ROOT / "src/photo/testdata/preview.dng", photos / "shot.dng")
        shutil.copy(SAMPLES / "cat.png", photos / "shot.png")
        self.library.add_samples("coffee.png")
        raw = self.add_xmp("shot.xmp", xmp_list("dc:subject", "raw"))
        self.scan("--only", "objects")
        before = raw.read_bytes()
        self.export("--labels", "name:shot.png")
        self.assertEqual(raw.read_bytes(), before, "it belongs to the RAW")
        told = self.read(photos / "shot.png.xmp")
        self.assertIn("Calotype|object|cat", as_list(told["HierarchicalSubject"]))
        self.assertNotIn("Subject", told, "a copy would hide what the user changes in shot.xmp")
        self.export("--labels", "--sidecar-names", "photo.xmp")
        self.assertEqual([name for name in self.files() if name.endswith(".xmp")], ["coffee.xmp", "shot.png.xmp", "shot.xmp"])
        self.scan("--only", "objects")
        self.assertEqual(self.keywords(), {"shot.dng": ["raw"], "shot.png": ["raw"], "coffee.png": []})

    def add_pair(self) -> None:
        photos = self.library.photos
        for source, name, word in (("preview.dng", "shot.dng", "negative"), ("photo.jpg", "shot.jpg", "print")):
            shutil.copy(ROOT / "src/photo/testdata" / source, photos / name)
            subprocess.run(["exiftool", "-q", "-overwrite_original", f"-XMP-dc:Subject={word}", "-XMP-lr:HierarchicalSubject=Shots|" + word,
                            photos / name], check=True)
        self.scan("--only", "pdq")
        self.assertEqual(self.search("name:shot"), ["shot.jpg"], "a pair")

    def test_each_file_of_a_pair_gets_a_sidecar(self) -> None:
        for options, raw in (((), "shot.dng.xmp"), (("--sidecar-names", "photo.xmp"), "shot.xmp")):
            with self.subTest(raw=raw):
                self.add_pair()
                dry = self.export("--dry-run", *options).stdout
                for sidecar in (raw, "shot.jpg.xmp"):
                    self.assertIn(f"would create {self.library.photos / sidecar}", dry)
                self.assertIn("2 sidecars written", self.export(*options).stdout)
                self.assertEqual([name for name in self.files() if name.endswith(".xmp")], sorted(["shot.jpg.xmp", raw]))
                for sidecar, word in ((raw, "negative"), ("shot.jpg.xmp", "print")):
                    told = self.read(self.library.photos / sidecar)
                    self.assertEqual(as_list(told["TagsList"]), [f"Shots/{word}"])
                self.assertIn("2 unchanged", self.export(*options).stdout)
                for sidecar in self.library.photos.glob("*.xmp"):
                    sidecar.unlink()

    def test_only_the_raw_of_a_pair_is_exported_if_only_it_is_found(self) -> None:
        self.add_pair()
        self.assertIn("1 sidecar written", self.export("type:raw").stdout)
        self.assertEqual(self.files(), ["shot.dng", "shot.dng.xmp", "shot.jpg"])

    def test_photos_that_are_gone_or_changed_are_skipped(self) -> None:
        photos = self.library.photos
        (photos / "below").mkdir()
        self.library.add_samples("cat.png", "coffee.png", "dog.png")
        shutil.move(photos / "cat.png", photos / "below")
        self.scan("--only", "objects")
        shutil.rmtree(photos / "below")
        shutil.copy(SAMPLES / "moon.png", photos / "dog.png")
        (photos / "coffee.png.xmp.calotype-aB3x9z").write_text("a killed export left this")
        done = self.export("--labels")
        self.assertIn("1 sidecar written, 0 unchanged, 2 photos skipped", done.stdout)
        self.assertIn(f"skipped {photos}/below/cat.png: the file is gone; run calotype scan", done.stderr)
        self.assertIn(f"skipped {photos}/dog.png: the file has changed since the last scan; run calotype scan", done.stderr)
        self.assertEqual(self.files(), ["coffee.png", "coffee.png.xmp", "dog.png"])

    def test_labels_of_older_versions_can_be_removed(self) -> None:
        self.library.add_samples("cat.png")
        sidecar = self.add_xmp("cat.png.xmp", xmp_list("dc:subject", "cat", "Mimi"))
        self.scan("--only", "objects")
        self.assertEqual(self.search("keyword:cat"), ["cat.png"], "it may be the user's")
        self.assertIn('- dc:subject "cat"', self.export("--remove-old-labels", "--dry-run").stdout)
        self.export("--remove-old-labels")
        self.assertEqual(as_list(self.read(sidecar)["Subject"]), ["Mimi"])
        self.scan("--only", "objects")
        self.assertEqual(self.search("keyword:cat"), [])

    def test_a_broken_sidecar_is_told_and_left_alone(self) -> None:
        self.library.add_samples("cat.png")
        sidecar = self.library.photos / "cat.png.xmp"
        sidecar.write_text("this is no XMP")
        self.scan("--only", "objects")
        done = self.export("--labels", expect=1)
        self.assertIn("cat.png.xmp: it is no XMP, or broken", done.stderr)
        self.assertIn("0 sidecars written, 0 unchanged, 1 failed", done.stdout)
        self.assertEqual(sidecar.read_text(), "this is no XMP")

    def test_options_are_checked(self) -> None:
        for arguments, message in (
            (("--to", "xmp", "--sidecar-names", "x"), "--sidecar-names is 'x'; it can be photo.jpg.xmp or photo.xmp"),
            (("--to", "csv", "--dry-run"), "--labels, --remove-old-labels, --sidecar-names and --dry-run are for --to xmp"),
        ):
            done = self.library.run("export", *arguments)
            self.assertEqual(done.returncode, 2)
            self.assertIn(message, done.stderr)


if __name__ == "__main__":
    unittest.main()
