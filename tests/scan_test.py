"""calotype scan, status, show, retry: the main job and what it says of bad input."""

import pathlib
import re
import shutil
import struct
import unittest
import zlib

from calotype import CASES, CalotypeTestCase


def png_header(width: int, height: int) -> bytes:
    """A PNG that promises these dimensions and has next to no data."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 64)) + chunk(b"IEND", b"")


class ScanTest(CalotypeTestCase):
    def test_scan_then_status_show_and_scan_again(self) -> None:
        self.library.add_samples("cat.png", "rocket.jpg", "obama.jpg", "sign_copy_centre.jpg")
        done = self.scan()
        self.assertRegex(done.stdout, r"^scanned 4 photos, 4 analysed in .* photos per minute\)\n$")
        # Each model says where it runs, and a scan that takes long prints its progress.
        self.assertEqual([line for line in done.stderr.splitlines() if not re.search(r" loaded on |\[[#-]+\] ", line)], [])

        status = self.library.json("status", "--json")
        self.assertEqual(status["photos"], {"total": 4, "missing": 0, "damaged": 0})
        self.assertEqual(status["failures"], [])
        expected = {"decode", "facts", "objects", "embedding", "text", "faces.detect", "faces.recognise", "pdq"}
        self.assertEqual(set(status["analyses"]), expected)
        for name, counts in status["analyses"].items():
            self.assertEqual(counts, {"done": 4, "pending": 0, "running": 0, "failed": 0, "skipped": 0}, name)

        shown = self.library.json("show", self.library.photos / "cat.png", "--json")
        self.assertIn("cat", [found["label"] for found in shown["objects"]])
        self.assertEqual((shown["width"], shown["height"]), (451, 300))
        self.assertEqual(shown["errors"], {})

        drawn = self.library.home / "drawn.jpg"
        done = self.library.run("show", self.library.photos / "obama.jpg", "--render", drawn)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(drawn.read_bytes()[:3], b"\xff\xd8\xff")

        again = self.scan()
        self.assertRegex(again.stdout, r"^scanned 4 photos \(4 unchanged\), 0 analysed in ")

        people = self.library.json("people", "list", "--json")
        self.assertEqual(people["faces"], 1)

    def test_a_photo_is_drawn_from_any_of_its_files_that_is_there(self) -> None:
        self.library.add_samples("cat.png")
        copies = [self.library.photos / name for name in ("a.png", "cat.png", "z.png")]
        shutil.copy(copies[1], copies[0])
        shutil.copy(copies[1], copies[2])
        self.scan("--only", "pdq")
        drawn = self.library.home / "drawn.jpg"
        for gone in copies[:2]:  # and nobody scanned since
            gone.unlink()
            for asked in (copies[2], gone):
                done = self.library.run("show", asked, "--render", drawn)
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertEqual(drawn.read_bytes()[:3], b"\xff\xd8\xff")
                drawn.unlink()
        copies[2].unlink()
        done = self.library.run("show", copies[2], "--render", drawn)
        self.assertEqual(done.returncode, 1)
        self.assertIn(f"cannot open {copies[2]}: No such file", done.stderr)

    def test_nothing_is_written_over_a_photo(self) -> None:
        self.library.add_samples("cat.png", "obama.jpg")
        self.scan("--only", "pdq")
        photo = self.library.photos / "obama.jpg"
        before = photo.read_bytes()
        link = self.library.home / "link.jpg"
        link.symlink_to(photo)
        for output in (photo, link):
            for arguments in (("show", photo, "--render", output),
                              ("show", self.library.photos / "cat.png", "--render", output),
                              ("export", "--to", "csv", "--out", output)):  # fmt: skip
                done = self.library.run(*arguments)
                self.assertEqual(done.returncode, 1, done.stdout)
                self.assertIn(f"{output} is a photo of the library", done.stderr)
                self.assertEqual(photo.read_bytes(), before)
        done = self.library.run("show", photo, "--render", self.library.home / "drawn.png")
        self.assertEqual(done.returncode, 1, done.stdout)
        self.assertIn("drawn.png: a JPEG is written, so its name must end in .jpg", done.stderr)

    def test_only_some_analyses_then_the_rest(self) -> None:
        self.library.add_samples("cat.png")
        self.scan("--only", "pdq")
        self.assertEqual(set(self.library.json("status", "--json")["analyses"]), {"decode", "facts", "pdq"})
        self.scan()
        self.assertEqual(self.library.json("status", "--json")["analyses"]["objects"]["done"], 1)
        wrong = self.library.run("scan", self.library.photos, "--only", "smell")
        self.assertEqual(wrong.returncode, 2)
        self.assertIn("--only is 'smell'; it can be objects, embedding, text, faces, faces.detect, faces.recognise or pdq",
                      wrong.stderr)

    def test_bad_files_get_one_clear_line_each_and_the_run_goes_on(self) -> None:
        self.library.add_samples("cat.png", "rocket.jpg")
        photos = self.library.photos
        whole = (photos / "rocket.jpg").read_bytes()
        (photos / "broken.jpg").write_bytes(whole[: len(whole) // 4])
        (photos / "empty.jpg").touch()
        (photos / "text.jpg").write_text("not a photo at all, whatever the name says\n")
        (photos / "huge.png").write_bytes(png_header(60000, 60000))
        (photos / "notes.txt").write_text("this is no photo and nobody says so")
        closed = photos / "closed"
        closed.mkdir()
        shutil.copy(photos / "cat.png", closed / "inside.png")
        closed.chmod(0)
        try:
            done = self.library.run("scan", photos, unprivileged=True)
        finally:
            closed.chmod(0o755)

        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn("scanned 6 photos, 2 analysed, 3 failed, 2 could not be read", done.stdout)
        lines = [line for line in done.stderr.splitlines() if " loaded on " not in line]
        self.assertEqual(len(lines), 5, done.stderr)
        expected = {
            "broken.jpg": "cut short",
            "empty.jpg": "empty",
            "text.jpg": "not a photo",
            "huge.png": "60000x60000",
            "closed": "Permission denied",
        }
        for name, words in expected.items():
            told = [line for line in lines if f"/{name}: " in line]
            self.assertEqual(len(told), 1, f"{name} in {lines}")
            self.assertIn(words, told[0])
        self.assertTrue(any("limits.pixels" in line for line in lines), "the knob of the limit is named")

        failures = self.library.json("status", "--json")["failures"]
        self.assertEqual({pathlib.Path(f["examples"][0]).name for f in failures}, set(expected))

    def test_a_damaged_photo_is_analysed_and_says_so(self) -> None:
        for name in ("last_200_bytes_gone.jpg", "progressive_last_scan_cut.jpg"):
            shutil.copy(CASES / "damaged" / name, self.library.photos)
        done = self.scan("--only", "pdq")
        self.assertIn("scanned 2 photos, 2 analysed", done.stdout)
        self.assertEqual(self.library.json("status", "--json")["photos"], {"total": 2, "missing": 0, "damaged": 2})
        self.assertIn("2 photos, 2 of them damaged\n", self.library.run("status").stdout)
        photo = self.library.photos / "last_200_bytes_gone.jpg"
        shown = self.library.run("show", photo).stdout
        self.assertEqual(shown.count("damaged: the JPEG is cut short"), 1, shown)
        self.assertIn("taken     2024-05-01", shown)
        self.assertIn("damaged", self.library.json("show", photo, "--json")["warnings"]["decode"])

    def test_the_facts_of_a_photo_without_readable_pixels_are_kept(self) -> None:
        whole = (CASES / "damaged/last_200_bytes_gone.jpg").read_bytes()
        photo = self.library.photos / "quarter.jpg"
        photo.write_bytes(whole[: len(whole) // 4])
        self.assertEqual(self.library.run("scan", self.library.photos, "--only", "pdq").returncode, 1)
        shown = self.library.json("show", photo, "--json")
        self.assertIn("cut short", shown["errors"]["decode"])
        self.assertEqual((shown["camera"], shown["format"], shown["width"]), ("Canon EOS R5", "JPEG", None))
        self.assertIn("quarter.jpg", self.library.run("search", "on:2024-05-01").stdout)
        line = self.library.lines("analyze", photo, "--only", "pdq")[0]
        self.assertEqual(line["camera"], "Canon EOS R5")

    def test_what_is_skipped_is_counted(self) -> None:
        self.library.add_samples("cat.png")
        for name in ("a.pdf", "b.pdf", "c.mp4", "notes.txt"):
            (self.library.photos / name).write_text("no photo")
        self.assertTrue(self.scan("--only", "pdq").stdout.endswith("\nskipped: 2 PDFs, 1 video\n"))

    def test_metadata_that_cannot_be_read_is_said_once(self) -> None:
        self.library.add_samples("cat.png")
        (self.library.photos / "cat.png.xmp").write_text(
            "<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'><rdf:Description "
            "xmlns:exif='http://ns.adobe.com/exif/1.0/' exif:GPSLatitude='95,0N' exif:GPSLongitude='16,0E'/></rdf:RDF></x:xmpmeta>")
        self.scan("--only", "pdq")
        shown = self.library.run("show", self.library.photos / "cat.png").stdout
        self.assertEqual(shown.count("cannot be read: position"), 1, shown)
        line = self.library.lines("analyze", self.library.photos / "cat.png", "--only", "pdq")[0]
        self.assertEqual(line["warnings"], {"facts": "cannot be read: position"})
        self.assertEqual(set(line["devices"]), {"decode", "pdq"})

    def test_a_photo_that_was_mended_is_analysed(self) -> None:
        photo = self.library.photos / "photo.jpg"
        photo.write_text("broken")
        self.scan(expect=1)
        self.library.add_samples("rocket.jpg")
        shutil.move(self.library.photos / "rocket.jpg", photo)
        self.assertIn("1 analysed", self.scan().stdout)
        self.assertEqual(self.library.json("status", "--json")["failures"], [])

    def test_retry_tries_what_failed(self) -> None:
        (self.library.photos / "broken.jpg").write_text("broken")
        self.scan(expect=1)
        done = self.library.run("retry")
        self.assertEqual(done.returncode, 1)
        self.assertIn("1 failed", done.stdout)

    def test_facts_of_the_photo(self) -> None:
        self.library.add_samples("rocket.jpg")
        self.scan("--only", "pdq")
        shown = self.library.json("show", self.library.photos / "rocket.jpg", "--json")
        self.assertRegex(shown["taken_at"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")
        self.assertIn("camera", shown)
        self.assertIn("gps", shown)


class UsageTest(CalotypeTestCase):
    def test_errors_say_what_to_do(self) -> None:
        cases = [
            (["status"], 1, "nothing was scanned yet"),
            (["scan", "/no/such/folder"], 1, "/no/such/folder does not exist"),
            (["scan"], 1, "nothing was scanned yet"),
            (["scan", str(self.library.photos), "--only", "smell"], 2, "--only is 'smell'; it can be "),
            (["models", "use", "nothing"], 1, "'nothing' is not installed in"),
            (["models", "use", "--undo"], 1, "nothing was scanned yet"),
            (["status"], 1, "nothing was scanned yet"),
            (["--set", "scan.workers=many", "status"], 1, "scan.workers is 'many'; it must be a whole number from 0 to 256"),
            (["--set", "models.pack=nothing", "scan", str(self.library.photos)], 1, "'nothing' is not installed in"),
            (["nonsense"], 2, "unknown command 'nonsense'; \"calotype --help\" lists the commands"),
            (["analyse", str(self.library.photos)], 2, "unknown command 'analyse'; did you mean 'analyze'?"),
            (["-v", "--set", "scan.workers=1", "searhc", "cat"], 2, "unknown command 'searhc'; did you mean 'search'?"),
            (["people", "lsit"], 2, "unknown command 'people lsit'; did you mean 'list'?"),
            ([], 2, "a command is required; \"calotype --help\" lists the commands"),
            (["models"], 2, "a command is required; \"calotype models --help\" lists the commands"),
        ]
        for arguments, code, words in cases:
            done = self.library.run(*arguments)
            self.assertEqual(done.returncode, code, arguments)
            self.assertIn(words, done.stderr, arguments)
        self.assertFalse((self.library.home / "home/catalog.db").exists(), "no failed command creates a catalogue")

    def test_variables_without_a_setting_are_reported(self) -> None:
        self.library.environment["CALOTYPE_SCAN_WORKER"] = "1"
        done = self.library.run("config")
        self.assertEqual(done.returncode, 0)
        self.assertRegex(
            done.stderr, r"^\S+ calotype: warning: the environment variable CALOTYPE_SCAN_WORKER is ignored, because no "
            r"setting has this name; did you mean 'CALOTYPE_SCAN_WORKERS'\?\n$")

    def test_a_wrong_configuration_names_its_line(self) -> None:
        home = self.library.home / "home"
        home.mkdir()
        (home / "config.toml").write_text("[scan]\nworkerz = 3\n")
        done = self.library.run("status")
        self.assertEqual(done.returncode, 1)
        self.assertIn("config.toml:2: unknown setting 'scan.workerz'; did you mean 'scan.workers'?", done.stderr)

    def test_help_and_version(self) -> None:
        self.assertRegex(self.library.run("--version").stdout, r"^calotype \d+\.\d+\.\d+\n$")
        text = self.library.run("--help").stdout
        for command in ("scan", "search", "show", "duplicates", "similar", "people", "status", "analyze", "models"):
            self.assertIn(f"\n  {command} ", text)

    def test_models_list_tells_licences(self) -> None:
        done = self.library.run("models", "list")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("starter", done.stdout)
        self.assertIn("non-commercial", done.stdout)


if __name__ == "__main__":
    unittest.main()
