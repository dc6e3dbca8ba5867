"""Bad weather on the real binary: kills, full disks, damaged files, wrong clocks, disks that are pulled out, two at once.

tests/README.md tells which weather is held where. CALOTYPE_TEST_KILLS says how often a scan is killed (200), and
CALOTYPE_TEST_SEED repeats what an earlier run did.
"""

import contextlib
import os
import pathlib
import random
import signal
import sqlite3
import subprocess
import time
import unittest

import made_photos
from calotype import BINARY, CalotypeTestCase, limit_file_size

PATIENCE_S = 120
WRONG_CLOCK = pathlib.Path(BINARY).parent / "wrong_clock.so"
TEN_YEARS_S = 315_360_000


class WeatherTest(CalotypeTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.catalog = self.library.home / "home/catalog.db"
        self.made = 0

    def add_photos(self, count: int, width: int = 64, height: int = 48) -> None:
        for _ in range(count):
            name = f"p{self.made:04}.jpg"
            (self.library.photos / name).write_bytes(made_photos.jpeg(width, height, name))
            self.made += 1

    def start_scan(self, **more: object) -> subprocess.Popen:
        command = self.library.command("scan", self.library.photos, "--only", "pdq")
        return subprocess.Popen(
            command, env=self.library.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **more
        )

    def read(self, query: str) -> list[tuple]:
        with contextlib.closing(sqlite3.connect(self.catalog)) as database:
            return database.execute(query).fetchall()

    def done(self) -> dict[tuple, tuple]:
        """When each analysis that is done was done, by photo and analysis."""
        rows = self.read("SELECT photo_id, analysis, updated_at, attempts FROM analysis WHERE state = 2")
        return {row[:2]: row[2:] for row in rows}

    def check_whole(self, photos: int) -> None:
        """Everything is done once, and nothing is there twice."""
        self.assertEqual(self.library.run("check-db").stdout, "the catalogue is intact\n")
        status = self.library.json("status", "--json")
        self.assertEqual(status["photos"], {"total": photos, "missing": 0, "damaged": 0})
        for name, counts in status["analyses"].items():
            self.assertEqual(counts, {"done": photos, "pending": 0, "running": 0, "failed": 0, "skipped": 0}, name)
        for table, column in (("photo", "sha256"), ("file", "path"), ("pdq", "photo_id")):
            counted = self.read(f"SELECT count(*), count(DISTINCT {column}) FROM {table}")
            self.assertEqual(counted, [(photos, photos)], table)

    def test_killed_again_and_again_at_random_instants(self) -> None:
        kills = int(os.environ.get("CALOTYPE_TEST_KILLS", "200"))
        seed = int(os.environ.get("CALOTYPE_TEST_SEED", random.randrange(10**9)))
        print(f"{kills} kills, CALOTYPE_TEST_SEED={seed}")
        chance = random.Random(seed)
        self.add_photos(10)
        start = time.monotonic()
        self.scan("--only", "pdq")
        span = time.monotonic() - start
        before = self.done()
        hit = 0
        for kill in range(kills):
            self.add_photos(2)
            scan = self.start_scan()
            time.sleep(chance.uniform(0, 0.9 * span))
            hit += scan.poll() is None
            scan.send_signal(signal.SIGKILL)
            scan.wait()
            if kill % 10 == 9:
                now = self.done()
                self.assertEqual({key: now.get(key) for key in before}, before, f"kill {kill}: what was done stays done")
                before = now
        self.assertGreater(hit, kills / 5, "kills came before the end of a scan")
        self.library.run("scan", self.library.photos, "--only", "pdq")
        # Five kills in a row at one photo, in whichever scans: it is told, and can be tried again.
        set_aside = self.library.json("status", "--json")["failures"]
        for failure in set_aside:
            self.assertIn("killed 5 times in a row", failure["reason"])
        if set_aside:
            self.library.run("retry", "--only", "pdq")
        now = self.done()
        self.assertEqual({key: now.get(key) for key in before}, before)
        self.check_whole(10 + 2 * kills)

    def test_a_disk_that_fills_up_is_told_and_nothing_is_lost(self) -> None:
        self.add_photos(60)
        told = 0
        for limit in (50_000, 150_000, 230_000, 300_000, 350_000, 400_000):

            def limited(size: int = limit) -> None:
                limit_file_size(size)

            # The system sends a signal with the error, which a full disk does not.
            command = ["env", "--ignore-signal=XFSZ", *self.library.command("scan", self.library.photos, "--only", "pdq")]
            done = subprocess.run(
                command, env=self.library.environment, capture_output=True, text=True, timeout=PATIENCE_S,
                preexec_fn=limited,
            )
            if done.returncode != 0:
                self.assertIn("disk full", done.stderr)
                told += 1
            self.assertNotIn("damaged", done.stderr)
        self.assertGreaterEqual(told, 2)
        self.scan("--only", "pdq")
        self.check_whole(60)

    def test_a_catalogue_that_was_cut_short_is_told_and_a_backup_helps(self) -> None:
        self.add_photos(40)
        self.scan("--only", "pdq")
        backup = self.library.home / "backup.db"
        self.library.run("backup", backup)
        size = self.catalog.stat().st_size
        for length in (size - 1000, size // 2, 5000, 100, 0):
            for beside in ("-wal", "-shm"):
                pathlib.Path(f"{self.catalog}{beside}").unlink(missing_ok=True)
            os.truncate(self.catalog, length)
            done = self.library.run("check-db")
            self.assertEqual(done.returncode, 1, f"cut to {length} of {size}: {done.stdout}")
            self.assertNotEqual(done.stderr, "")
            self.assertNotIn("unexpected", done.stderr)
            if length == 0:
                self.assertIn("is empty, though scans were made with it", done.stderr)
                self.assertNotEqual(self.library.run("scan", self.library.photos).returncode, 0)
            self.assertEqual(self.library.run("restore", backup).returncode, 0)
            self.check_whole(40)

    @unittest.skipIf("CALOTYPE_TEST_SANITIZED" in os.environ, "sanitizers take the clock's functions for themselves")
    def test_a_clock_that_was_set_back_holds_nothing_up(self) -> None:
        self.add_photos(4)
        (self.library.photos / "broken.jpg").write_bytes(b"\xff\xd8\xff no photo")
        self.scan("--only", "pdq", expect=1)
        self.add_photos(3)
        clock = dict(self.library.environment, LD_PRELOAD=str(WRONG_CLOCK), CALOTYPE_TEST_CLOCK_S=str(-TEN_YEARS_S))
        self.library.environment = clock
        done = self.library.run("scan", self.library.photos, "--only", "pdq")
        self.assertRegex(done.stdout, r"\([45] unchanged, [34] new or changed\), 3 analysed")
        newest = self.read("SELECT max(updated_at) FROM analysis WHERE photo_id > 5")[0][0]
        self.assertLess(newest, time.time() - TEN_YEARS_S / 2, "the clock was set back indeed")
        (self.library.photos / "broken.jpg").unlink()
        self.library.run("scan", self.library.photos, "--only", "pdq")
        self.assertEqual(self.library.json("status", "--json")["photos"], {"total": 7, "missing": 1, "damaged": 0})
        self.assertEqual(self.library.run("check-db").returncode, 0)

    def wait_until(self, what: str, ready) -> None:  # noqa: ANN001
        end = time.monotonic() + PATIENCE_S
        while not ready():
            self.assertLess(time.monotonic(), end, what)
            time.sleep(0.01)

    def done_count(self) -> int:
        try:
            return len(self.done())
        except sqlite3.Error:
            return 0  # not made yet

    def test_a_disk_that_is_pulled_out_in_the_middle(self) -> None:
        self.add_photos(150, 3200, 2400)
        scan = self.library.start("scan", self.library.photos, "--only", "pdq")
        self.addCleanup(scan.kill)
        self.wait_until("some are done", lambda: self.done_count() > 20)
        away = self.library.home / "away"
        self.library.photos.rename(away)
        _, told = scan.communicate(timeout=PATIENCE_S)
        self.assertEqual(scan.returncode, 1, told)
        self.assertIn("is gone or empty, as if its disk was removed", told)
        status = self.library.json("status", "--json")
        self.assertEqual(status["photos"]["missing"], 0)
        self.assertEqual({name: counts["failed"] for name, counts in status["analyses"].items()}, {"decode": 0, "facts": 0, "pdq": 0})
        self.assertLess(status["analyses"]["pdq"]["done"], 150)
        before = self.done()
        away.rename(self.library.photos)
        self.scan("--only", "pdq")
        now = self.done()
        self.assertEqual({key: now[key] for key in before}, before)
        self.check_whole(150)

    def test_two_that_begin_at_once_share_the_work(self) -> None:
        self.add_photos(60)
        scans = [self.library.start("scan", self.library.photos, "--only", "pdq") for _ in range(3)]
        for scan in scans:
            self.addCleanup(scan.kill)
            _, told = scan.communicate(timeout=PATIENCE_S)
            self.assertEqual(scan.returncode, 0, told)
        self.check_whole(60)
        self.assertEqual({attempts for _, attempts in self.done().values()}, {1})


if __name__ == "__main__":
    unittest.main()
