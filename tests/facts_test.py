"""What photos, and the files beside them, say: places, keywords, names of faces, pairs; and the way back, export."""

import csv
import io
import os
import pathlib
import shutil
import subprocess
import unicodedata
import unittest

import made_photos
from calotype import ROOT, SAMPLES, CalotypeTestCase, names, user_cache

CASES = ROOT / "tests/cases"
PLACES = user_cache() / "places/places.tsv"

XMP = """<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xmp="http://ns.adobe.com/xap/1.0/"
 xmlns:own="urn:somebody:own#" xmp:Rating="{rating}" own:note="keep me"><dc:subject><rdf:Bag>{words}</rdf:Bag></dc:subject>
</rdf:Description></rdf:RDF></x:xmpmeta>
"""


def exiv2(*arguments: object) -> str:
    done = subprocess.run(["exiv2", *map(str, arguments)], capture_output=True, text=True, check=True)
    return done.stdout


def degrees(value: float) -> str:
    """As EXIF has it: three rationals."""
    value = abs(value)
    return f"{int(value)}/1 {int(value * 60 % 60)}/1 {round(value * 3600 % 60 * 1000)}/1000"


class FactsTest(CalotypeTestCase):
    def add_xmp(self, name: str, rating: int, *words: str) -> pathlib.Path:
        items = "".join(f"<rdf:li>{word}</rdf:li>" for word in words)
        path = self.library.photos / name
        path.write_text(XMP.format(rating=rating, words=items))
        return path

    def add_at(self, name: str, to: str, latitude: float, longitude: float, *more: str) -> pathlib.Path:
        photo = self.library.photos / to
        self.library.add_samples(name)
        (self.library.photos / name).rename(photo)
        commands = [
            f"set Exif.GPSInfo.GPSLatitude Rational {degrees(latitude)}",
            f"set Exif.GPSInfo.GPSLatitudeRef Ascii {'N' if latitude >= 0 else 'S'}",
            f"set Exif.GPSInfo.GPSLongitude Rational {degrees(longitude)}",
            f"set Exif.GPSInfo.GPSLongitudeRef Ascii {'E' if longitude >= 0 else 'W'}",
            *more,
        ]
        exiv2(*(part for command in commands for part in ("-M", command)), photo)
        return photo

    def show(self, photo: pathlib.Path) -> dict:
        return self.library.json("show", photo, "--json")

    def search(self, *query: str) -> list[str]:
        return sorted(names(self.library.lines("search", *query, "--json")))

    @unittest.skipUnless(PLACES.with_name("other_names.tsv").exists(), "tools/setup/fetch_places was not run")
    def test_places_come_with_the_next_scan_and_cost_no_second_look(self) -> None:
        photo = self.add_at("flower.jpg", "vienna.jpg", 48.2086, 16.3731, "set Exif.Photo.DateTimeOriginal Ascii 2024:05:01 12:00:00")
        self.add_at("apple.jpg", "sea.jpg", 0.5, -30.0)
        self.scan("--only", "pdq")
        self.assertNotIn("city", self.show(photo))
        done = self.library.run("search", "place:Vienna")
        self.assertIn("there are no names of places here: tools/setup/fetch_places", done.stderr)
        self.library.environment["CALOTYPE_PLACES_FILE"] = str(PLACES)
        before = self.show(photo)["timings_ms"]["pdq"]
        self.scan("--only", "pdq")
        shown = self.show(photo)
        self.assertEqual((shown["city"], shown["country"], shown["time_zone"]), ("Vienna", "Austria", "Europe/Vienna"))
        self.assertEqual(shown["taken_utc"], 1714557600)
        (looked,) = self.library.lines("analyze", photo, "--json", "--only=pdq")
        for key in ("city", "region", "country", "time_zone", "taken_utc"):
            self.assertEqual(looked[key], shown[key], "analyze knows the places, too")
        self.assertEqual(shown["timings_ms"]["pdq"], before, "it was not analysed again")
        for query in ("place:Vienna", "place:austria"):
            self.assertEqual(self.search(query), ["vienna.jpg"], query)
        for query in ("near:Vienna", "near:vïenna,3", "near:Vienna,Austria"):
            self.assertEqual(self.search(query), ["vienna.jpg"], query)
        for query in ("place:Wien", "place:Österreich", "near:Wien"):
            self.assertEqual(self.search(query), ["vienna.jpg"], query)
        self.assertEqual(self.search("near:London"), [])
        done = self.library.run("search", "near:Qwertzuiop")
        self.assertEqual(done.returncode, 1)
        self.assertIn('no city is known as "Qwertzuiop"', done.stderr)
        self.assertIn("CC BY 4.0", self.library.run("models", "list").stdout)

    def test_places_have_names_in_other_languages(self) -> None:
        photos = {"vienna.jpg": ("flower.jpg", 48.2086, 16.3731), "chur.jpg": ("apple.jpg", 46.85, 9.53), "vienne.jpg": ("robin.jpg", 45.52, 4.87)}
        for name, (sample, latitude, longitude) in photos.items():
            self.add_at(sample, name, latitude, longitude)
        self.add_at("rocket.jpg", "stated.jpg", 0.5, -30.0, "set Iptc.Application2.City String Wien")
        places = self.library.home / "places"
        places.mkdir()
        (places / "places.tsv").write_text(
            "# calotype places test\n48.21\t16.37\t1691468\tVienna\tVienna\tAustria\tEurope/Vienna\n"
            "46.85\t9.53\t38293\tChur\tGrisons\tSwitzerland\tEurope/Zurich\n45.52\t4.87\t32293\tVienne\tIsère\tFrance\tEurope/Paris\n",
            encoding="utf-8",
        )
        self.library.environment["CALOTYPE_PLACES_FILE"] = str(places / "places.tsv")
        self.scan("--only", "pdq")
        self.assertEqual(self.search("place:Wien"), ["stated.jpg"], "without the names, what the photo says")
        done = self.library.run("search", "near:Wien")
        self.assertIn('no city is known as "Wien"', done.stderr)
        (places / "other_names.tsv").write_text(
            "# calotype other place names test\nAustria\tosterreich\nGrisons\tgraubunden\tgrigioni\nVienna\tvienne\twien\n", encoding="utf-8"
        )
        for query, found in {
            "place:Wien": ["stated.jpg", "vienna.jpg"],
            "place:wïen": ["stated.jpg", "vienna.jpg"],
            "-place:Wien": ["chur.jpg", "vienne.jpg"],
            "place:Österreich": ["vienna.jpg"],
            "place:O\u0308sterreich": ["vienna.jpg"],
            "place:Graubünden": ["chur.jpg"],
            "place:graubunden": ["chur.jpg"],
            "place:Vienne": ["vienna.jpg", "vienne.jpg"],
            "place:Qwertzuiop": [],
            "near:Wien": ["vienna.jpg"],
            "near:Wien,Österreich": ["vienna.jpg"],
            "near:Vienne": ["vienne.jpg"],
        }.items():
            self.assertEqual(self.search(query), found, query)
        shutil.copy(self.library.photos / "vienna.jpg", self.library.photos / "copy.jpg")
        self.scan("--only", "pdq")
        for place, copies in {"near:Wien": 1, "place:Wien": 1, "near:Chur": 0}.items():
            done = self.library.run("duplicates", place, "--paths")
            self.assertEqual((done.returncode, len(done.stdout.splitlines())), (0, copies), (place, done.stderr))
        (places / "other_names.tsv").write_text("Vienna\twien\n")
        done = self.library.run("search", "place:Wien")
        self.assertEqual(done.returncode, 1)
        self.assertIn("is not a complete file of other names of places", done.stderr)

    def test_both_forms_of_accents_find_each_other(self) -> None:
        nfc, nfd = (unicodedata.normalize(form, "Müller Zürich") for form in ("NFC", "NFD"))
        for form, folder in (("nfc", nfc), ("nfd", nfd)):
            (self.library.photos / folder).mkdir()
            shutil.copy(CASES / f"unicode/{form}.jpg", self.library.photos / folder / f"{form} {folder}.jpg")
        self.scan("--only", "pdq")
        for name in (nfc, nfd, "muller zurich", "MÜLLER ZÜRICH"):
            for key in ("in", "name"):
                self.assertEqual(len(self.search(f'{key}:"{name}"')), 2, (key, name))
        for word in ("Zoë Müller", "Zoe\u0308 Mu\u0308ller", "zoe", "müller"):
            self.assertEqual(len(self.search(f'person:"{word}"')), 2, word)
        for word in ("Zürich", "Zu\u0308rich", "zurich", "ZÜRICH"):
            self.assertEqual(len(self.search(f"keyword:{word}")), 2, word)
        for folder in (nfc, nfd):
            self.assertEqual(len(self.search(f'in:"{self.library.photos / folder}"')), 2, "one folder for a reader")

    def test_the_file_that_the_query_asks_for_is_shown_and_exported(self) -> None:
        for folder in ("A", "B"):
            (self.library.photos / folder).mkdir()
            shutil.copy(SAMPLES / "flower.jpg", self.library.photos / folder / "same.jpg")
        self.add_xmp("A/same.xmp", 4, "garden")
        self.scan("--only", "pdq")
        for folder in ("A", "B"):
            (hit,) = self.library.lines("search", f"in:{folder}", "--json")
            self.assertEqual(hit["path"], str(self.library.photos / folder / "same.jpg"))
            paths = self.library.run("search", f"in:{folder}", "--paths").stdout
            self.assertEqual(paths, str(self.library.photos / folder / "same.jpg") + "\n")
        done = self.library.run("export", "in:B", "--to", "xmp")
        self.assertIn("1 sidecar written, 0 unchanged", done.stdout)
        self.assertTrue((self.library.photos / "B/same.jpg.xmp").exists())
        self.assertEqual(sorted(path.name for path in (self.library.photos / "A").iterdir()), ["same.jpg", "same.xmp"])

    def test_sidecars_are_read_and_followed(self) -> None:
        self.library.add_samples("flower.jpg", "apple.jpg")
        exiv2("-M", "add Iptc.Application2.Keywords String market", self.library.photos / "apple.jpg")
        sidecar = self.add_xmp("flower.xmp", 4, "garden", "spring")
        self.scan("--only", "pdq")
        self.assertEqual(self.search("keyword:garden"), ["flower.jpg"])
        self.assertEqual(self.search("keyword:market"), ["apple.jpg"])
        self.assertEqual(self.search("rating:>=4"), ["flower.jpg"])
        shown = self.show(self.library.photos / "flower.jpg")
        self.assertEqual(shown["with"], [{"path": str(sidecar), "kind": "sidecar"}])
        self.add_xmp("flower.xmp", 2, "autumn")
        self.assertIn("2 unchanged", self.scan("--only", "pdq").stdout)
        self.assertEqual(self.search("keyword:garden"), [])
        self.assertEqual(self.search("keyword:autumn"), ["flower.jpg"])
        (looked,) = self.library.lines("analyze", self.library.photos / "flower.jpg", "--json", "--only=pdq")
        shown = self.show(self.library.photos / "flower.jpg")
        for key in ("keywords", "rating", "taken_at"):
            self.assertEqual(looked.get(key), shown.get(key), "analyze reads what scan reads")
        self.assertEqual((looked["keywords"], looked["rating"]), (["autumn"], 2))
        sidecar.write_text("this is no XMP")
        done = self.library.run("analyze", self.library.photos / "flower.jpg", "--json", "--only=pdq")
        self.assertEqual(done.returncode, 0, "a sidecar that cannot be read is passed over")
        self.assertIn("flower.xmp: ", done.stderr)
        self.assertNotIn("autumn", done.stdout)
        sidecar.unlink()
        self.scan("--only", "pdq")
        self.assertEqual(self.search("keyword:autumn"), [])

    def test_a_pair_and_a_live_photo_are_one(self) -> None:
        self.library.add_samples("flower.jpg", "coffee.png")
        photos = self.library.photos
        shutil.copy(pathlib.Path(__file__).resolve().parent.parent / "src/photo/testdata/preview.dng", photos / "shot.dng")
        shutil.copy(pathlib.Path(__file__).resolve().parent.parent / "src/photo/testdata/photo.jpg", photos / "shot.jpg")
        (photos / "flower.mov").write_bytes(b"\0\0\0\x14ftypqt  ")
        self.assertIn("scanned 4 photos", self.scan("--only", "pdq").stdout)
        self.assertEqual(self.search("name:shot"), ["shot.jpg"])
        self.assertEqual(self.search("name:shot", "type:raw"), ["shot.dng"])
        kinds = {name: self.show(photos / name)["with"][0]["kind"] for name in ("shot.jpg", "shot.dng", "flower.jpg")}
        self.assertEqual(kinds, {"shot.jpg": "pair", "shot.dng": "pair", "flower.jpg": "video"})
        for group in self.library.lines("duplicates", "--json"):
            self.assertNotIn("shot.dng", names(group["photos"]))
        (photos / "shot.jpg").unlink()
        self.scan("--only", "pdq")
        self.assertEqual(self.search("name:shot"), ["shot.dng"], "alone it stands for itself")

    def test_live_photos_go_by_their_identifiers(self) -> None:
        photos = self.library.photos
        for name, identifier in (("IMG_1.jpg", "AAAA-1"), ("IMG_2.jpg", "AAAA-2"), ("IMG_3.jpg", "")):
            photo = made_photos.jpeg(64, 48, name)
            (photos / name).write_bytes(made_photos.with_content_identifier(photo, identifier) if identifier else photo)
        (photos / "moving.mov").write_bytes(made_photos.video("AAAA-1"))
        (photos / "IMG_2.mov").write_bytes(made_photos.video("BBBB-2"))
        (photos / "IMG_3.mov").write_bytes(made_photos.video())

        def videos() -> dict[str, list[str]]:
            shown = {name: self.show(photos / name) for name in ("IMG_1.jpg", "IMG_2.jpg", "IMG_3.jpg")}
            return {name: names(photo.get("with", [])) for name, photo in shown.items()}

        wanted = {"IMG_1.jpg": ["moving.mov"], "IMG_2.jpg": [], "IMG_3.jpg": ["IMG_3.mov"]}
        self.scan("--only", "pdq")
        self.assertEqual(videos(), wanted)
        self.assertIn("3 unchanged", self.scan("--only", "pdq").stdout)
        self.assertEqual(videos(), wanted, "nothing was forgotten")
        # Another video comes under an old name, and the first half of another pair.
        (photos / "moving.mov").write_bytes(made_photos.video("CCCC-3") + bytes(8))
        (photos / "IMG_2.jpg").write_bytes(made_photos.with_content_identifier(made_photos.jpeg(64, 48, "new"), "BBBB-2"))
        self.scan("--only", "pdq")
        self.assertEqual(videos(), {"IMG_1.jpg": [], "IMG_2.jpg": ["IMG_2.mov"], "IMG_3.jpg": ["IMG_3.mov"]})

    def test_tables(self) -> None:
        self.library.add_samples("cat.png", "flower.jpg")
        self.add_xmp("flower.jpg.xmp", 5, "red, white", 'a "quote"')
        self.scan("--only", "objects")
        rows = self.library.lines("export", "--to", "jsonl")
        self.assertEqual(sorted(names(rows)), ["cat.png", "flower.jpg"])
        out = self.library.home / "table.csv"
        done = self.library.run("export", 'keyword:"red, white"', "--to", "csv", "--out", out)
        self.assertEqual((done.returncode, done.stdout), (0, f"1 photo written to {out}\n"), done.stderr)
        table = list(csv.DictReader(io.StringIO(out.read_text())))
        self.assertEqual([pathlib.Path(row["path"]).name for row in table], ["flower.jpg"])
        self.assertEqual(table[0]["keywords"].split(";"), ['a "quote"', "red, white"])
        self.assertEqual(table[0]["rating"], "5")
        folder = self.library.home / "folder.csv"
        folder.mkdir()
        self.assertEqual(self.library.run("export", "--to", "csv", "--out", folder).returncode, 1)
        self.assertFalse(folder.with_name("folder.csv.part").exists(), "nothing half is left")
        wrong = self.library.run("export", "--to", "parquet")
        self.assertEqual(wrong.returncode, 2)
        self.assertIn("--to is 'parquet'; it can be xmp, jsonl or csv", wrong.stderr)


class FacesTest(CalotypeTestCase):
    def face(self, photo: str) -> dict:
        return self.library.json("show", self.library.photos / photo, "--json")["faces"][0]

    def test_names_travel_through_sidecars(self) -> None:
        self.library.add_samples("obama.jpg", "obama_speaking.jpg", "biden.jpg")
        photos = self.library.photos
        before = (photos / "obama.jpg").read_bytes()
        self.scan("--only", "faces,objects")
        person = str(self.face("obama.jpg")["person"])
        self.assertEqual(self.library.run("people", "name", person, "Barack").returncode, 0)
        sidecar = photos / "obama.jpg.xmp"
        sidecar.write_text(XMP.format(rating=3, words="<rdf:li>portrait</rdf:li>"))
        done = self.library.run("export", "--to", "xmp")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual((photos / "obama.jpg").read_bytes(), before, "photos are never written")
        told = exiv2("-PXkt", sidecar)
        self.assertIn("Barack", told)
        self.assertIn("portrait", told)
        self.assertIn("keep me", sidecar.read_text())
        self.assertIn("0 sidecars written", self.library.run("export", "--to", "xmp").stdout)

        # Another library reads them: the names are there, and spread to the face that nobody named.
        shutil.copytree(photos, self.library.home / "elsewhere")
        (self.library.home / "elsewhere/obama_speaking.jpg.xmp").unlink(missing_ok=True)
        self.library.photos = self.library.home / "elsewhere"
        self.library.environment["CALOTYPE_HOME"] = str(self.library.home / "other")
        self.scan("--only", "faces")
        for photo in ("obama.jpg", "obama_speaking.jpg"):
            self.assertEqual(self.face(photo).get("name"), "Barack", photo)
        self.assertNotIn("name", self.face("biden.jpg"))
        hits = sorted(names(self.library.lines("search", "person:Barack", "--json")))
        self.assertEqual(hits, ["obama.jpg", "obama_speaking.jpg"])

        # What a user says afterwards is never undone by the same sidecar.
        person = str(self.face("obama.jpg")["person"])
        self.library.run("people", "name", person, "Mr President")
        os.utime(self.library.photos / "obama.jpg.xmp", (0, 0))
        self.scan("--only", "faces")
        self.assertEqual(self.face("obama.jpg")["name"], "Mr President")


if __name__ == "__main__":
    unittest.main()
