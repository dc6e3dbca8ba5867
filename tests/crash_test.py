"""A scan that is killed, or stopped, loses nothing and does nothing twice."""

import signal
import sqlite3
import time
import unittest

from calotype import SAMPLES, CalotypeTestCase

ANALYSES = "objects,embedding,pdq"  # quick ones: the crash is the point


class CrashTest(CalotypeTestCase):
    def setUp(self) -> None:
        super().setUp()
        for photo in sorted(SAMPLES.iterdir()):
            if photo.suffix in (".png", ".jpg"):
                self.library.add_samples(photo.name)
        self.total = len(list(self.library.photos.iterdir()))

    def rows(self) -> dict[tuple[int, str], tuple[int, str]]:
        """When each analysis was last written, and its state, by photo and analysis."""
        with sqlite3.connect(self.library.home / "home/catalog.db") as database:
            cursor = database.execute("SELECT photo_id, analysis, attempts, state, updated_at FROM analysis")
            return {(photo, analysis): (attempts, state, when) for photo, analysis, attempts, state, when in cursor}

    def wait_for(self, count: int) -> None:
        """Until `count` photos are done."""
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                if self.library.json("status", "--json")["analyses"]["pdq"]["done"] >= count:
                    return
            except (ValueError, KeyError):
                pass  # No catalogue yet.
            time.sleep(0.05)
        self.fail(f"{count} photos were not done within a minute")

    def check_whole(self) -> None:
        for name, counts in self.library.json("status", "--json")["analyses"].items():
            self.assertEqual(counts, {"done": self.total, "pending": 0, "running": 0, "failed": 0, "skipped": 0}, name)
        with sqlite3.connect(self.library.home / "home/catalog.db") as database:
            for table in ("pdq", "embedding"):
                distinct, rows = database.execute(f"SELECT count(DISTINCT photo_id), count(*) FROM {table}").fetchone()
                self.assertEqual((distinct, rows), (self.total, self.total), table)

    def test_kill_minus_nine_in_the_middle(self) -> None:
        scan = self.library.start("scan", self.library.photos, "--only", ANALYSES)
        self.wait_for(8)
        scan.send_signal(signal.SIGKILL)
        scan.communicate()
        before = {key: row for key, row in self.rows().items() if row[1] == 2}
        self.assertGreaterEqual(len(before), 8)
        self.assertLess(len(before), 4 * self.total, "the scan was killed before its end")

        self.scan("--only", ANALYSES)
        self.check_whole()
        after = self.rows()
        for key, row in before.items():
            self.assertEqual(after[key], row, "what was done before the crash is not done again")

    def test_ctrl_c_is_safe(self) -> None:
        scan = self.library.start("scan", self.library.photos, "--only", ANALYSES)
        self.wait_for(4)
        scan.send_signal(signal.SIGINT)
        output, errors = scan.communicate(timeout=60)
        self.assertEqual(scan.returncode, 130, errors)
        self.assertIn("stopped, the next scan continues from here", output)
        counts = self.library.json("status", "--json")["analyses"]["objects"]
        self.assertEqual(counts["running"], 0)
        self.assertGreater(counts["pending"], 0)
        self.scan("--only", ANALYSES)
        self.check_whole()


if __name__ == "__main__":
    unittest.main()
