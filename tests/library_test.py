"""A library over time: folders that change and vanish, patterns, pauses, backups, people whom somebody sorts."""

import json
import os
import pathlib
import shutil
import signal
import subprocess
import time
import unittest

from calotype import SAMPLES, CalotypeTestCase, names


class LibraryTest(CalotypeTestCase):
    def photos(self) -> dict:
        return self.library.json("status", "--json")["photos"]

    def test_a_watched_folder_is_followed(self) -> None:
        self.library.add_samples("cat.png")
        process = self.library.start("--set", "scan.settle_s=1", "scan", self.library.photos, "--watch", "--only", "pdq")
        self.addCleanup(process.kill)

        def wait_for(line: str) -> None:
            while line not in (told := process.stdout.readline()):
                self.assertNotEqual(told, "", f"{line} never came")

        wait_for("scanned 1 photo, 1 analysed")
        new = self.library.photos / "new"
        new.mkdir()
        shutil.copy(self.library.photos / "cat.png", new / "again.png")
        self.library.add_samples("dog.png")
        wait_for("1 analysed")
        (self.library.photos / "cat.png").unlink()
        wait_for("1 no longer there")
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
        self.assertEqual(process.returncode, 0)
        self.assertEqual(self.photos(), {"total": 2, "missing": 0, "damaged": 0}, "the cat has a copy left")

    def add_renamed_folder(self) -> None:
        """Five photos, four of them in the folder "old"."""
        self.library.add_samples("cat.png", "dog.png", "coins.png", "flower.jpg", "rocket.jpg")
        (self.library.photos / "old").mkdir()
        for name in ("cat.png", "dog.png", "coins.png", "flower.jpg"):
            (self.library.photos / name).rename(self.library.photos / "old" / name)
        shutil.copy(self.library.photos / "old/cat.png", self.library.photos / "old/copy.png")

    def assert_only_files_that_exist(self, folder: pathlib.Path) -> None:
        """Every command names the photos in `folder`, and no file that is gone."""
        self.assertEqual(self.photos(), {"total": 5, "missing": 0, "damaged": 0})
        hits = self.library.lines("search", "type:png", "--json") + self.library.lines("search", "type:jpeg", "--json")
        self.assertEqual(len(hits), 5)
        for hit in hits:
            self.assertTrue(pathlib.Path(hit["path"]).exists(), hit)
            self.assertNotIn("gone", hit)
        copies = self.library.run("duplicates").stdout
        self.assertIn(str(folder), copies)
        self.assertNotIn("gone", copies)
        for word in copies.split():
            self.assertTrue(not word.startswith(str(self.library.photos)) or pathlib.Path(word).exists(), copies)
        done = self.library.run("export", "type:png", "--to", "csv")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(str(folder), done.stdout)
        self.assertNotIn(f"{self.library.photos}/old", done.stdout)

    def test_renaming_a_folder_or_all_files_is_no_deletion(self) -> None:
        self.add_renamed_folder()
        self.scan("--only", "pdq")
        new = self.library.photos / "new"
        (self.library.photos / "old").rename(new)
        done = self.scan("--only", "pdq")
        self.assertIn(" 0 analysed in ", done.stdout)
        self.assertEqual(done.stderr, "")
        self.assert_only_files_that_exist(new)
        for photo in [*new.iterdir(), self.library.photos / "rocket.jpg"]:
            photo.rename(photo.with_name("renamed-" + photo.name))
        self.assertIn(" 0 analysed in ", self.scan("--only", "pdq").stdout)
        self.assert_only_files_that_exist(new)
        self.assertIn("pdq", self.library.json("show", new / "renamed-dog.png", "--json"))

    def test_a_folder_that_is_renamed_while_it_is_watched_is_followed(self) -> None:
        self.add_renamed_folder()
        process = self.library.start("--set", "scan.settle_s=1", "scan", self.library.photos, "--watch", "--only", "pdq")
        self.addCleanup(process.kill)
        self.assertIn("5 analysed", process.stdout.readline())
        new = self.library.photos / "new"
        (self.library.photos / "old").rename(new)
        self.library.add_samples("robin.jpg")
        self.assertIn("1 analysed", line := process.stdout.readline())
        self.assertNotIn("could not be read", line)
        (self.library.photos / "robin.jpg").unlink()
        self.assertIn("1 no longer there", process.stdout.readline())
        process.send_signal(signal.SIGINT)
        _, problems = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 0, problems)
        self.assertNotIn("missing", problems)
        self.assertEqual(self.photos(), {"total": 5, "missing": 1, "damaged": 0})

    def test_a_folder_that_vanished_is_no_deletion_until_somebody_says_so(self) -> None:
        self.library.add_samples("cat.png", "dog.png", "coins.png")
        self.scan("--only", "pdq")
        away = self.library.home / "away"
        self.library.photos.rename(away)
        done = self.library.run("scan", "--only", "pdq")
        self.assertEqual(done.returncode, 1)
        self.assertIn("3 of 3 known photos are missing. Their disk is probably not mounted, so nothing was changed", done.stderr)
        self.assertEqual(self.photos(), {"total": 3, "missing": 0, "damaged": 0})
        away.rename(self.library.photos)
        self.assertIn("3 unchanged", self.library.run("scan", "--only", "pdq").stdout)
        for photo in self.library.photos.iterdir():
            photo.unlink()
        self.assertIn("3 no longer there", self.scan("--gone", "--only", "pdq").stdout)
        self.assertEqual(self.photos(), {"total": 0, "missing": 3, "damaged": 0})
        done = self.library.run("--set", "scan.forget_after_days=1", "scan", "--only", "pdq")
        self.assertEqual(self.photos()["missing"], 3, "a day has not passed")

    def test_a_file_that_is_gone_is_not_named_as_if_it_was_there(self) -> None:
        a, b = self.library.photos / "a", self.library.photos / "b"
        for folder in (a, b):
            folder.mkdir()
            shutil.copy(SAMPLES / "robin.jpg", folder)
        self.library.add_samples("flower.jpg")
        self.scan("--only", "pdq,embedding")
        robin, flower = str(b / "robin.jpg"), self.library.photos / "flower.jpg"
        (a / "robin.jpg").unlink()
        (hit,) = self.library.lines("search", "name:robin", "--json")
        self.assertEqual(hit["path"], robin)
        self.assertNotIn("gone", hit)
        (hit,) = self.library.lines("search", "in:a", "name:robin", "--json")
        self.assertEqual((hit["path"], hit["gone"]), (str(a / "robin.jpg"), True), "the query asks for that file")
        self.assertIn(f"{a / 'robin.jpg'} (gone)", self.library.run("search", "in:a").stdout)
        done = self.library.run("search", "in:a", "--paths")
        self.assertEqual(done.stdout, "")
        self.assertIn("left out 1 photo that is gone since the last scan", done.stderr)
        (hit,) = self.library.lines("similar", flower, "--json")
        self.assertEqual(hit["path"], robin)
        shown = self.library.json("show", a / "robin.jpg", "--json")
        self.assertEqual((shown["path"], shown["gone"]), (robin, [str(a / "robin.jpg")]))
        self.assertIn(f"{robin}\n{a / 'robin.jpg'}  (gone)\n", self.library.run("show", robin).stdout)
        (b / "robin.jpg").unlink()
        (hit,) = self.library.lines("similar", flower, "--json")
        self.assertTrue(hit["gone"])
        self.assertIn("(gone)", self.library.run("similar", flower).stdout)

    def test_what_patterns_name_is_left_out(self) -> None:
        self.library.add_samples("cat.png", "dog.png", "rocket.jpg")
        (self.library.photos / ".calotypeignore").write_text("*.jpg\n")
        self.assertIn("scanned 2 photos", self.scan("--only", "pdq").stdout)
        done = self.library.run("--set", "scan.exclude=dog.*", "scan", "--only", "pdq")
        self.assertIn("scanned 1 photo (1 unchanged), 0 analysed, 1 no longer there", done.stdout)

    def test_one_photo_is_tried_again(self) -> None:
        for name in ("broken1.jpg", "broken2.jpg"):
            (self.library.photos / name).write_text(f"{name} is no photo")
        self.scan("--only", "pdq", expect=1)
        done = self.library.run("retry", self.library.photos / "broken1.jpg", "--only", "pdq")
        self.assertIn("retrying 1 analysis\n", done.stdout)
        self.assertEqual(set(self.library.json("status", "--json")["analyses"]), {"decode", "facts", "pdq"})
        self.assertIn("0 analyses", self.library.run("retry", "--reason", "no such reason").stdout)
        done = self.library.run("retry", "--reason", "not a photo", "--only", "pdq")
        self.assertIn("2 analyses", done.stdout)

    def test_a_pause_holds_a_scan_and_another_scan_waits_for_it(self) -> None:
        self.library.add_samples("cat.png")
        self.scan("--only", "pdq")
        self.library.run("pause")
        self.library.add_samples("dog.png")
        first = self.library.start("scan", self.library.photos, "--only", "pdq")
        self.addCleanup(first.kill)
        deadline = time.monotonic() + 30
        while self.library.json("status", "--json")["analyses"]["pdq"]["pending"] == 0:
            self.assertLess(time.monotonic(), deadline)
        second = self.library.start("scan", self.library.photos, "--only", "pdq")
        self.addCleanup(second.kill)
        time.sleep(1)
        self.assertIsNone(first.poll())
        self.library.run("resume")
        for process in (first, second):
            out, err = process.communicate(timeout=60)
            self.assertEqual(process.returncode, 0, err)
        self.assertIn("is running", err)
        self.assertIn("scanned 2 photos", out)
        self.assertEqual(self.library.json("status", "--json")["analyses"]["pdq"]["done"], 2)

    def test_another_terminal_sees_how_far_a_scan_is(self) -> None:
        self.library.add_samples("cat.png")
        self.scan("--only", "pdq")
        self.assertIsNone(self.library.json("status", "--json")["scan"])
        self.assertEqual(self.library.run("status", "--watch").stdout, "no scan is running\n")
        self.library.run("pause")
        self.library.add_samples("dog.png", "coins.png")
        (self.library.photos / "broken.jpg").write_text("no photo")
        scan = self.library.start("scan", self.library.photos, "--only", "pdq", "--nice", "7")
        self.addCleanup(scan.kill)
        watch = self.library.start("status", "--watch", "--json")
        self.addCleanup(watch.kill)
        deadline = time.monotonic() + 60
        while not (told := self.library.json("status", "--json")["scan"]) or told["to_do"] < 3 or not told["resting"]:
            self.assertLess(time.monotonic(), deadline, told)
            time.sleep(0.1)
        self.assertEqual(told["process"], scan.pid)
        self.assertEqual((told["analysed"], told["failed"], told["unchanged"]), (0, 0, 1))
        self.assertEqual(told["resting"], "paused (calotype resume continues)")
        self.assertIn(f"waiting: paused (calotype resume continues)  (process {scan.pid})", self.library.run("status").stdout)
        niceness = pathlib.Path(f"/proc/{scan.pid}/stat").read_text().rsplit(")", 1)[1].split()[16]
        self.assertEqual(niceness, str(os.nice(0) + 7) if os.nice(0) + 7 < 19 else "19")
        if watch.poll() is not None:  # it looked before the scan began
            watch = self.library.start("status", "--watch", "--json")
            self.addCleanup(watch.kill)
        plain = self.library.start("status", "--watch")
        self.addCleanup(plain.kill)
        time.sleep(1)
        self.library.run("resume")
        scan.communicate(timeout=60)
        seen = [json.loads(line) for line in watch.communicate(timeout=60)[0].splitlines()]
        self.assertEqual(watch.returncode, 0)
        self.assertTrue(any(line["resting"] for line in seen), seen)
        self.assertIn("the scan ended: 3 photos done, 1 of them failed\n", plain.communicate(timeout=60)[0])
        self.assertIsNone(self.library.json("status", "--json")["scan"])

        self.library.run("pause")
        scan = self.library.start("scan", self.library.photos, "--only", "pdq")
        time.sleep(2)
        scan.kill()
        scan.communicate()
        watch = self.library.start("status", "--watch")
        self.assertIn(f"the latest scan (process {scan.pid}) died", watch.communicate(timeout=60)[0])
        self.assertEqual(watch.returncode, 1)

    def test_wrong_options_of_a_scan_are_told(self) -> None:
        for nice, told in (("20", "20; it must be 0 to 19"), ("-1", "-1; it must be 0 to 19"),
                           ("much", "'much'; it must be a whole number from 0 to 19")):
            done = self.library.run("scan", self.library.photos, f"--nice={nice}")
            self.assertEqual(done.returncode, 2)
            self.assertIn(f"scan.nice is {told}", done.stderr)

    def test_backup_restore_and_check(self) -> None:
        self.library.add_samples("cat.png")
        self.scan("--only", "pdq")
        backup = self.library.home / "backup.db"
        self.assertEqual(self.library.run("backup", backup).returncode, 0)
        self.assertIn("exists already", self.library.run("backup", backup).stderr)
        self.library.add_samples("dog.png")
        self.scan("--only", "pdq")
        self.assertEqual(self.library.run("check-db").stdout, "the catalogue is intact\n")
        restored = self.library.run("restore", backup)
        catalog = next(self.library.home.glob("home/**/catalog.db"))
        self.assertEqual(restored.stdout, f"restored {backup}; the previous catalogue is now {catalog}.before-restore\n")
        self.assertEqual(self.photos()["total"], 1)
        self.assertIn("scanned 2 photos (1 unchanged, 1 new or changed), 1 analysed in", self.scan("--only", "pdq").stdout)
        data = bytearray(catalog.read_bytes())
        self.library.run("backup", self.library.home / "whole.db")
        for at in range(9000, len(data) - 3000, 4096):
            data[at : at + 300] = b"x" * 300
        for beside in ("-wal", "-shm"):
            pathlib.Path(f"{catalog}{beside}").unlink(missing_ok=True)
        catalog.write_bytes(data)
        done = self.library.run("check-db")
        self.assertEqual(done.returncode, 1)
        self.assertNotIn("unexpected", done.stderr)
        self.assertEqual(self.library.run("restore", self.library.home / "whole.db").returncode, 0)
        self.assertEqual(self.photos()["total"], 2)

    def test_a_failed_backup_or_restore_names_its_own_file(self) -> None:
        self.library.add_samples("cat.png")
        self.scan("--only", "pdq")
        nowhere = self.library.home / "nowhere"
        text = self.library.home / "text.db"
        text.write_text("this is no catalogue, only some text")
        for arguments, message in (
            (("backup", nowhere / "b.db"), f"the folder {nowhere} does not exist"),
            (("restore", nowhere), f"{nowhere} does not exist"),
            (("restore", text), f"{text} is damaged or not a catalogue of Calotype; nothing was changed"),
        ):
            done = self.library.run(*arguments)
            self.assertEqual((done.returncode, done.stderr), (1, f"calotype: {message}\n"), arguments)
        self.assertEqual(list(self.library.home.glob("home/**/*restor*")), [])
        # A limit of 80 KB on the size of files stands in for a full disk.
        target = self.library.home / "full.db"
        done = subprocess.run(["sh", "-c", 'trap "" XFSZ; ulimit -f 160; exec "$@"', "sh", *self.library.command("backup", target)],
                              env=self.library.environment, capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn(f"disk full: the backup {target} cannot be written", done.stderr)
        self.assertEqual(list(self.library.home.glob("full.db*")), [])

    def test_folders_are_listed_and_removed(self) -> None:
        self.library.add_samples("cat.png")
        other = self.library.home / "other"
        other.mkdir()
        shutil.copy(SAMPLES / "dog.png", other)
        self.library.run("scan", self.library.photos, other, "--only", "pdq")
        self.assertEqual(self.library.run("folders", "list").stdout, f"{other}\n{self.library.photos}\n")
        self.assertEqual(self.library.run("folders", "remove", other / "dog.png").returncode, 1)
        self.assertEqual(self.library.run("folders", "remove", self.library.photos).returncode, 0)
        self.assertEqual(self.library.lines("folders", "list", "--json"), [{"path": str(other)}])
        self.assertEqual(self.library.run("search", "name:cat", "--paths").stdout, "")
        self.assertIn("scanned 1 photo (1 unchanged), 0 analysed in", self.library.run("scan", "--only", "pdq").stdout)
        self.library.run("scan", self.library.photos, "--only", "pdq")
        self.assertEqual(self.library.run("search", "name:cat", "--paths").stdout, f"{self.library.photos}/cat.png\n")
        # Without a folder the lists are empty, which is no failure; a scan says what is missing.
        for folder in (other, self.library.photos):
            self.assertEqual(self.library.run("folders", "remove", folder).returncode, 0)
        self.assertEqual(self.library.run("folders", "list").stdout, "no folders; add one: calotype scan FOLDER\n")
        self.assertEqual(self.library.lines("folders", "list", "--json"), [])
        self.assertEqual(self.library.lines("search", "type:png", "--json"), [])
        none = self.library.run("scan", "--only", "pdq")
        self.assertEqual((none.returncode, none.stdout), (1, ""))
        self.assertIn("all folders were removed from the library; add one: calotype scan FOLDER", none.stderr)

    def test_what_is_said_of_people_stays(self) -> None:
        self.library.add_samples("obama.jpg", "obama_speaking.jpg", "biden.jpg", "astronaut.png")
        self.scan("--only", "faces")
        people = self.library.json("people", "list", "--json")["people"]
        self.assertEqual(len(people), 3)
        obama = people[0]
        self.assertEqual(obama["photos"], 2)
        faces = self.library.lines("people", "show", obama["id"], "--json")
        self.assertEqual({pathlib.Path(f["path"]).name for f in faces}, {"obama.jpg", "obama_speaking.jpg"})
        speaking = next(f["face"] for f in faces if f["path"].endswith("speaking.jpg"))

        run = self.library.run
        self.assertEqual(run("people", "name", obama["id"], "Barack").returncode, 0)
        self.assertEqual(run("people", "not", obama["id"], speaking).returncode, 0)
        self.scan("--only", "faces")
        self.assertEqual(names(self.library.lines("search", 'person:Barack', "--json")), ["obama.jpg"])
        other = next(
            p["id"] for p in self.library.json("people", "list", "--json")["people"] if p["cover"].endswith("speaking.jpg")
        )
        self.assertEqual(run("people", "merge", obama["id"], other).returncode, 0)
        self.assertEqual(len(self.library.lines("people", "show", other, "--json")), 2, "the old number means the new one")
        self.assertIn("person", run("people", "split", speaking).stdout)
        self.assertEqual(names(self.library.lines("search", 'person:Barack', "--json")), ["obama.jpg"])
        self.assertEqual(run("people", "hide", obama["id"]).returncode, 0)
        self.assertNotIn("Barack", run("people", "list").stdout)
        self.assertIn("Barack", run("people", "list", "--hidden").stdout)
        wrong = run("people", "merge", obama["id"], "999")
        self.assertEqual(wrong.returncode, 1)
        self.assertIn("there is no person 999", wrong.stderr)

    def test_pages_and_orders(self) -> None:
        self.library.add_samples("cat.png", "dog.png", "rocket.jpg", "coins.png", "obama.jpg")
        self.scan("--only", "pdq")
        whole = names(self.library.lines("search", "in:photos", "--json"))
        self.assertEqual(len(whole), 5)
        paged = []
        after: list[str] = []
        while True:
            page = self.library.lines("search", "in:photos", "--json", "--limit", "2", *after)
            paged += names(page)
            if "next" not in page[-1]:
                break
            after = ["--after", page[-1]["next"]]
        self.assertEqual(paged, whole)
        self.assertEqual(names(self.library.lines("search", "in:photos", "--json", "--sort", "newest"))[0], "rocket.jpg")
        done = self.library.run("search", "dog colour:red")
        self.assertIn("\n  dog colour:red\n      ^", done.stderr)
        self.assertEqual(names(self.library.lines("search", "name:coins type:png", "--json")), ["coins.png"])


if __name__ == "__main__":
    unittest.main()
