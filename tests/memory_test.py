"""scan --memory: a stream of hundred-megapixel photos in as little memory as was said."""

import os
import re
import subprocess
import unittest

import made_photos
from calotype import SAMPLES, CalotypeTestCase

# 100.9 megapixels, rows that TIFF's strips divide.
WIDTH, HEIGHT = 11600, 8704
LIMIT = "1G"
# What decoding takes is told from a header: an estimate, and what the program holds beside photos is not all known to it.
SLACK = 1.3

KINDS = {
    "rows.jpg": lambda name: made_photos.jpeg(WIDTH, HEIGHT, name),
    "progressive.jpg": lambda name: made_photos.jpeg(WIDTH, HEIGHT, name, progressive=True),
    "rows.png": lambda name: made_photos.png(WIDTH, HEIGHT, name),
    "interlaced.png": lambda name: made_photos.png(WIDTH, HEIGHT, name, interlaced=True),
    "strips.tif": lambda name: made_photos.tiff(WIDTH, HEIGHT, name),
    "whole.tif": lambda name: made_photos.tiff(WIDTH, HEIGHT, name, HEIGHT),
}


class MemoryTest(CalotypeTestCase):
    def scan_and_measure(self, *arguments: object) -> tuple[int, int, str]:
        """The exit status, the most bytes that were resident, and what was said."""
        log = self.library.home / "log"
        with log.open("w") as out:
            process = subprocess.Popen(
                self.library.command("scan", self.library.photos, *arguments), env=self.library.environment, stdout=out,
                stderr=out,
            )
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        return process.returncode, usage.ru_maxrss * 1024, log.read_text()

    def add(self, kind: str, count: int) -> None:
        for i in range(count):
            (self.library.photos / f"{i}_{kind}").write_bytes(KINDS[kind](f"{kind} {i}"))

    def test_a_stream_of_large_photos_stays_within_its_limit(self) -> None:
        self.library.add_samples("cat.png", "obama.jpg", "sign_no_parking.jpg", "rocket.jpg")
        for kind in KINDS:
            self.add(kind, 1)
        # These photos are a few repeated rows, and so small that this limit takes them for bombs.
        self.library.environment["CALOTYPE_LIMITS_SAMPLES_PER_BYTE"] = "100000"
        code, most, said = self.scan_and_measure("--memory", LIMIT)
        self.assertEqual(code, 0, said)
        self.assertIn("10 analysed", said)
        print(f"most resident: {most / 1e6:.0f} MB under --memory {LIMIT}")
        self.assertLess(most, 1_000_000_000 * SLACK)

    def test_one_that_takes_more_than_all_is_refused_with_its_numbers(self) -> None:
        self.add("progressive.jpg", 1)
        self.add("rows.jpg", 1)
        code, most, said = self.scan_and_measure("--memory", "280M", "--only", "pdq")
        self.assertEqual(code, 1, said)
        self.assertRegex(said, r"0_progressive\.jpg: decoding it takes \d+ MB of memory, the limit is 280 \(limits\.memory_mb")
        self.assertIn("1 analysed, 1 failed", said)
        self.assertLess(most, 280_000_000 * SLACK)
        self.assertIn("retrying 1 analysis", self.library.run("--set", "limits.memory_mb=0", "retry").stdout)
        self.assertEqual(self.library.json("status", "--json")["analyses"]["pdq"]["done"], 2)

    def test_a_limit_is_kept_or_refused(self) -> None:
        samples = (sample for sample in SAMPLES.iterdir() if sample.suffix in (".jpg", ".png"))
        largest = sorted(samples, key=lambda sample: sample.stat().st_size)[-12:]
        self.library.add_samples(*(sample.name for sample in largest))
        code, _, said = self.scan_and_measure("--memory", "200M")
        self.assertEqual(code, 1, said)
        refused = re.search(r"the memory limit is 200 MB \(limits\.memory_mb, scan --memory\), but at least (\d+) MB are needed: "
                            r"(\d+) MB for the program with its models and (\d+) MB to analyse a photo", said)
        self.assertIsNotNone(refused, said)
        needed, program, photo = map(int, refused.groups())
        self.assertLessEqual(abs(needed - program - photo), 1)
        limit = needed + 20  # what the program holds differs by some megabytes from run to run
        code, most, said = self.scan_and_measure("--memory", f"{limit}M")
        self.assertEqual(code, 0, said)
        print(f"most resident: {most / 1e6:.0f} MB under --memory {limit}M")
        self.assertLessEqual(most, limit * 1_000_000)

    def test_what_is_no_size_is_told(self) -> None:
        for value in ("much", "1", "-1G"):
            done = self.library.run("scan", self.library.photos, f"--memory={value}")
            self.assertEqual(done.returncode, 2)
            self.assertIn(f"--memory is '{value}'; it may be", done.stderr)


if __name__ == "__main__":
    unittest.main()
