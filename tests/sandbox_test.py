"""Photos are read in child processes: whatever a photo does to its decoder, the program goes on, and says why it failed."""

import os
import pathlib
import random
import resource
import shutil
import signal
import struct
import subprocess
import threading
import time
import unittest
import zlib

import made_photos
from calotype import BINARY, ROOT
from server_process import ServerTestCase

# A reader that does what no decoder may do, where a file asks for it (tests/misbehaving_reader).
MISBEHAVING = str(pathlib.Path(BINARY).parent / "misbehaving_reader")
DECODERS = ("libraw", "libheif", "libexiv2", "libvips", "libjpeg")
SANITIZED = "CALOTYPE_TEST_SANITIZED" in os.environ

# What stops each deed, and what the failure says.
STOPPED = {
    "crash": "decoder stopped: SIGSEGV in PNG",
    "abort": "decoder stopped: SIGABRT in PNG",
    "stack": "decoder stopped: SIGSEGV (stack overflow) in PNG",
    "loop": "decoder stopped: no answer in PNG after 2 s (limits.decode_s)",
    "stdout": "decoder stopped: forbidden system call write in PNG",
    "socket": "decoder stopped: forbidden system call socket in PNG",
    "open": "decoder stopped: forbidden system call openat in PNG",
    "ptrace": "decoder stopped: forbidden system call ptrace in PNG",
    "fork": "decoder stopped: forbidden system call clone in PNG",
    "exec": "decoder stopped: forbidden system call execve in PNG",
}


def png(seed: int, side: int = 48) -> bytes:
    """A small photo of its own."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    noise = random.Random(seed)
    rows = b"".join(b"\0" + noise.randbytes(3 * side) for _ in range(side))
    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def crashing_dng(number: int) -> bytes:
    """A DNG whose preview's compression is not named: LibRaw 0.20.2 overwrites its heap with it."""
    photo = bytearray((ROOT / "src/photo/testdata/preview_upright.dng").read_bytes())
    assert photo[58] == 3, "the tag Compression"
    photo[58] = 0
    return bytes(photo) + bytes([number])


def maps(process: int) -> str:
    return pathlib.Path(f"/proc/{process}/maps").read_text()


def children(process: int) -> list[int]:
    """The processes that read photos for `process`."""
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        try:
            parent = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
            name = (entry / "comm").read_text()
            if parent == process and name.startswith(("calotype-reade", "misbehaving_re")):
                found.append(int(entry.name))
        except (OSError, ValueError):
            pass
    return found


class SandboxTest(ServerTestCase):
    def add(self, name: str, data: bytes) -> None:
        (self.library.photos / name).write_bytes(data)

    def add_good(self, count: int) -> None:
        for number in range(count):
            self.add(f"good_{number:03}.png", png(number))

    def misbehave(self) -> None:
        self.library.environment["CALOTYPE_READER"] = MISBEHAVING

    def counts(self) -> dict[str, int]:
        """How many photos could not be decoded, by reason."""
        failures = self.library.json("status", "--json")["failures"]
        return {one["reason"]: one["count"] for one in failures if one["analysis"] == "decode"}

    def failures(self) -> dict[str, str]:
        """The reason of each photo that could not be decoded, by the name of its file; of equal reasons three photos."""
        failures = self.library.json("status", "--json")["failures"]
        decode = [one for one in failures if one["analysis"] == "decode"]
        return {pathlib.Path(path).name: one["reason"] for one in decode for path in one["examples"]}

    def done(self, analysis: str = "pdq") -> int:
        return self.library.json("status", "--json")["analyses"][analysis]["done"]

    def test_the_program_itself_maps_no_decoder(self) -> None:
        self.library.add_samples("obama.jpg", "cat.png")
        self.scan("--only", "pdq")
        server = self.serve()
        photo = server.get("/api/v1/photos").json()["photos"][0]["photo"]
        self.assertEqual(server.get(f"/api/v1/photos/{photo}/thumbnail").status, 200)
        mapped = maps(server.process.pid)
        self.assertEqual([name for name in DECODERS if name in mapped], [])
        readers = children(server.process.pid)
        self.assertTrue(readers)
        in_child = maps(readers[0])
        self.assertEqual([name for name in DECODERS if name not in in_child], [], "they are in the child")

    @unittest.skipIf(SANITIZED, "sanitizers run without seccomp and limits of memory")
    def test_one_scan_survives_every_deed(self) -> None:
        self.misbehave()
        self.add_good(20)
        for deed in (*STOPPED, "8 GB"):
            self.add(f"{deed.replace(' ', '_')}.png", f"misbehave: {deed}\n".encode())
        self.scan("--only", "pdq", "--set", "limits.decode_s=2", expect=1)
        failures = self.failures()
        self.assertIn("limits.decoder_memory_mb", failures.pop("8_GB.png"))
        self.assertEqual(failures, {f"{deed}.png": reason for deed, reason in STOPPED.items()})
        self.assertEqual(self.done(), 20)

    @unittest.skipIf(SANITIZED, "a sanitizer reports the crash itself")
    def test_ten_crashing_photos_among_sixty_good_ones(self) -> None:
        self.misbehave()
        self.add_good(60)
        for number in range(10):
            self.add(f"bad_{number}.png", f"misbehave: crash\n{number}".encode())
        self.scan("--only", "pdq", expect=1)
        self.assertEqual(self.done(), 60)
        self.assertEqual(self.counts(), {STOPPED["crash"]: 10})
        failures = self.library.json("status", "--json")["failures"]
        self.assertEqual([one["next_try"] for one in failures], [None], "they are set aside")
        self.scan("--only", "pdq")
        self.assertEqual(self.done(), 60, "and later scans leave them alone")

    def test_damaged_raw_files_end_no_scan(self) -> None:
        self.add_good(60)
        for number in range(10):
            self.add(f"bad_{number}.dng", crashing_dng(number))
        done = self.library.run("scan", self.library.photos, "--only", "pdq")
        self.assertIn(done.returncode, (0, 1), done.stderr)
        self.assertGreaterEqual(self.done(), 60)
        for reason in self.failures().values():  # none, where LibRaw is newer
            self.assertRegex(reason, r"^decoder stopped: SIG[A-Z]+ in RAW$|RAW")

    def test_a_decoder_that_gets_no_processor_is_waited_for(self) -> None:
        self.add_good(30)
        scan = self.library.start("scan", self.library.photos, "--only", "pdq", "--set", "limits.decode_s=2")
        readers = []
        while scan.poll() is None and not readers:
            readers = children(scan.pid)
        for reader in readers:
            os.kill(reader, signal.SIGSTOP)
        time.sleep(4)
        for reader in readers:
            os.kill(reader, signal.SIGCONT)
        output, errors = scan.communicate(timeout=120)
        self.assertEqual(scan.returncode, 0, errors)
        self.assertEqual(self.done(), 30)

    def test_a_lens_is_named(self) -> None:
        # exiv2 looks for the user's names of lenses, which would end a confined process.
        self.add("lens.jpg", made_photos.with_canon_lens(made_photos.jpeg(64, 48, "lens"), 1))
        self.scan("--only", "pdq")
        shown = self.library.json("show", self.library.photos / "lens.jpg", "--json")
        self.assertEqual((shown["camera"], shown["lens"]), ("Canon EOS 5D", "Canon EF 50mm f/1.8"))

    def test_a_killed_child_loses_no_photo(self) -> None:
        self.add_good(200)
        scan = self.library.start("scan", self.library.photos, "--only", "pdq")
        killed = 0
        while scan.poll() is None and killed < 8:
            for reader in children(scan.pid):
                os.kill(reader, signal.SIGKILL)
                killed += 1
            time.sleep(0.2)
        output, errors = scan.communicate(timeout=120)
        self.assertGreater(killed, 0)
        self.assertIn(scan.returncode, (0, 1), errors)
        # A photo whose second decoder was killed, too, has failed for now, and a later scan tries it again.
        failures = [one for one in self.library.json("status", "--json")["failures"] if one["analysis"] == "decode"]
        self.assertEqual(self.done() + sum(one["count"] for one in failures), 200)
        for one in failures:
            self.assertIn("SIGKILL", one["reason"])
            self.assertIsNotNone(one["next_try"])

    def test_ctrl_c_ends_a_scan_within_a_second_of_a_photo_that_hangs(self) -> None:
        self.misbehave()
        self.add("loop.png", b"misbehave: loop\n")
        self.add_good(3)
        scan = self.library.start("scan", self.library.photos, "--only", "pdq")
        deadline = time.monotonic() + 60
        while self.library.run("status", "--json").returncode != 0 or self.done() < 3:
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.1)
        time.sleep(0.5)
        start = time.monotonic()
        scan.send_signal(signal.SIGINT)
        scan.communicate(timeout=60)
        self.assertEqual(scan.returncode, 130)
        self.assertLess(time.monotonic() - start, 3, "a second for the photo, and the end of the program")
        counts = self.library.json("status", "--json")["analyses"]["pdq"]
        self.assertEqual((counts["pending"], counts["running"], counts["failed"]), (1, 0, 0), "it is no failure")

    @unittest.skipIf(SANITIZED, "sanitizers run without seccomp")
    def test_a_server_answers_while_photos_misbehave(self) -> None:
        self.library.add_samples("obama.jpg")
        self.scan("--only", "pdq")
        self.misbehave()
        self.library.environment["CALOTYPE_LIMITS_DECODE_S"] = "3"
        server = self.serve()
        answers = {}

        def upload(deed: str) -> None:
            body = f"misbehave: {deed}\n".encode()
            answers[deed] = server.request("POST", "/api/v1/analyze?only=pdq", body)

        deeds = ("crash", "loop", "socket", "fork")
        uploads = [threading.Thread(target=upload, args=(deed,)) for deed in deeds]
        for thread in uploads:
            thread.start()
        slowest = 0.0
        while any(thread.is_alive() for thread in uploads):
            start = time.monotonic()
            self.assertEqual(server.get("/api/v1/photos").status, 200)
            slowest = max(slowest, time.monotonic() - start)
            time.sleep(0.05)
        self.assertLess(slowest, 1.5)
        for deed in deeds:
            self.assertGreaterEqual(answers[deed].status, 400)
            self.assertIn("decoder stopped: ", answers[deed].body.decode(), deed)
        good = (self.library.photos / "obama.jpg").read_bytes()
        self.assertEqual(server.request("POST", "/api/v1/analyze?only=pdq", good).status, 200)

    def test_a_lower_limit_of_the_user_stays(self) -> None:
        photo = self.library.photos / "one.png"
        photo.write_bytes(png(1))
        most = 1_000_000
        done = subprocess.run(
            self.library.command("analyze", "--only", "pdq", photo),
            env=self.library.environment, capture_output=True, text=True, timeout=60,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (most, most)),
        )
        self.assertEqual(done.returncode, 0, done.stdout)

    def test_without_a_sandbox_photos_are_read_in_processes_of_their_own(self) -> None:
        self.add_good(3)
        self.misbehave()
        self.add("crash.png", b"misbehave: crash\n")
        self.add("socket.png", b"misbehave: socket\n")
        done = self.library.run("--no-sandbox", "scan", self.library.photos, "--only", "pdq")
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn("nothing stopped it", self.failures()["socket.png"])
        if not SANITIZED:
            self.assertIn("SIGSEGV", self.failures()["crash.png"])
        self.assertEqual(self.done(), 3)

    def test_a_program_without_its_reader_says_so(self) -> None:
        alone = self.library.home / "alone"
        alone.mkdir()
        shutil.copy(BINARY, alone / "calotype")
        self.add_good(1)
        command = [str(alone / "calotype"), "scan", str(self.library.photos), "--only", "pdq"]
        done = subprocess.run(command, env=self.library.environment, capture_output=True, text=True, timeout=120)
        self.assertEqual(done.returncode, 1)
        self.assertIn("calotype-reader is neither in", done.stdout + done.stderr)


if __name__ == "__main__":
    unittest.main()
