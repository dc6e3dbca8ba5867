"""A library whose folders lie at different places on different machines: storage.paths."""

import os
import shutil
import unittest

from calotype import SAMPLES, names
from server_process import ServerTestCase


class PathsTest(ServerTestCase):
    """One catalogue; `photos` is where the first machine sees the photos, `volume` where the second one does."""

    def setUp(self) -> None:
        super().setUp()
        self.samples = sorted(path.name for path in SAMPLES.glob("*.jpg"))[:4]
        self.library.add_samples(*self.samples)
        self.volume = self.library.home / "volume"

    def move(self) -> None:
        """From now on, this is the second machine. Its mount has other times."""
        shutil.copytree(self.library.photos, self.volume, copy_function=shutil.copy)
        for photo in self.volume.iterdir():
            os.utime(photo, (1_600_000_000, 1_600_000_000))
        shutil.rmtree(self.library.photos)

    def map(self) -> None:
        self.library.environment["CALOTYPE_STORAGE_PATHS"] = f"{self.library.photos}={self.volume}"

    def test_photos_are_analysed_and_shown_where_they_lie(self) -> None:
        (self.library.photos / (self.samples[0] + ".xmp")).write_text(
            '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
            '<rdf:Description xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:subject><rdf:Bag><rdf:li>lighthouse</rdf:li>'
            "</rdf:Bag></dc:subject></rdf:Description></rdf:RDF></x:xmpmeta>",
            encoding="utf-8",
        )
        self.scan("--only", "pdq")
        self.move()
        lost = self.library.run("worker", "--set", f"storage.paths={self.library.photos}")
        self.assertNotEqual(lost.returncode, 0)
        self.assertIn("STORED=HERE", lost.stderr)
        self.assertIn("set storage.paths", self.diagnose("storage")["remedy"])
        lost = self.library.run("show", self.library.photos / self.samples[0], "--render", self.library.home / "drawn.jpg")
        self.assertNotEqual(lost.returncode, 0)
        self.assertIn("if this folder lies elsewhere on this machine, set storage.paths", lost.stderr)

        self.map()
        self.assertEqual(self.diagnose("storage")["detail"], "1 folder can be read")
        # Further analyses, without a walk: the photos are found, though their times are others.
        done = self.library.run("scan", self.volume / self.samples[1], "--only", "pdq,embedding")
        self.assertIn(f"{len(self.samples)} analysed", done.stdout, done.stderr)
        # A walk knows them by the names that the library has.
        done = self.library.run("scan", self.volume, "--only", "pdq,embedding")
        self.assertIn(f"scanned {len(self.samples)} photos", done.stdout, done.stderr)
        self.assertIn(" 1 analysed", done.stdout, "the sidecar is read again, since its times are others")
        status = self.library.json("status", "--json")
        self.assertEqual(status["photos"], {"total": len(self.samples), "missing": 0, "damaged": 0})
        hits = self.library.lines("search", f"in:{self.library.photos}", "--json")
        self.assertEqual(sorted(names(hits)), self.samples)
        self.assertTrue(all(hit["path"].startswith(str(self.library.photos)) for hit in hits))
        self.assertEqual(names(self.library.lines("search", "keyword:lighthouse", "--json")), self.samples[:1])
        # By either name.
        for folder in (self.library.photos, self.volume):
            shown = self.library.json("show", folder / self.samples[0], "--json")
            self.assertEqual(shown["paths"], [str(self.library.photos / self.samples[0])])
        drawn = self.library.home / "drawn.jpg"
        self.assertEqual(self.library.run("show", self.volume / self.samples[0], "--render", drawn).returncode, 0)
        server = self.serve()
        photo = server.get("/api/v1/search", q=f"in:{self.library.photos}").json()["hits"][0]["photo"]
        self.assertEqual(server.get(f"/api/v1/photos/{photo}/original").status, 200)
        self.assertEqual(server.get(f"/api/v1/photos/{photo}/thumbnail").status, 200)

        (self.volume / self.samples[3]).unlink()
        lost = self.library.run("show", self.volume / self.samples[3], "--render", drawn)
        self.assertIn("as storage.paths says", lost.stderr)
        self.library.run("scan", self.volume, "--only", "pdq,embedding")
        self.assertEqual(self.library.json("status", "--json")["photos"]["missing"], 1)

    def test_new_photos_of_the_second_machine_have_the_librarys_names(self) -> None:
        self.scan("--only", "pdq")
        self.move()
        self.map()
        extra = sorted(path.name for path in SAMPLES.glob("*.jpg"))[5]
        (self.volume / "new").mkdir()
        shutil.copy(SAMPLES / extra, self.volume / "new")
        self.library.run("scan", self.volume, "--only", "pdq")
        self.assertIn(
            str(self.library.photos / "new" / extra), [hit["path"] for hit in self.library.lines("search", "new", "--json", "in:" + str(self.library.photos))]
        )
        # The first machine, which needs no mapping, sees nothing new.
        self.volume.rename(self.library.photos)
        del self.library.environment["CALOTYPE_STORAGE_PATHS"]
        done = self.scan("--only", "pdq")
        self.assertIn("scanned 5 photos", done.stdout)
        self.assertIn(" 0 analysed", done.stdout)


if __name__ == "__main__":
    unittest.main()
