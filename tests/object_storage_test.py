"""Photos in S3-compatible object storage: s3://BUCKET/KEY, with a server that checks signatures and breaks connections."""

import contextlib
import http.client
import json
import os
import shutil
import socket
import subprocess
import time
import unittest
import urllib.parse

from calotype import SAMPLES, CalotypeTestCase, names
from s3_server import KEY_ID, REGION, SECRET, Object, S3Server, signed
from server_process import Server

ROOT = "s3://photos/2024"
TAKEN: set[int] = set()  # ports


def free_port() -> int:
    """SeaweedFS takes the one that is 10,000 higher, too."""
    for port in range(20_000 + os.getpid() % 10_000, 50_000, 7):
        with socket.socket() as one, socket.socket() as other:
            try:
                one.bind(("127.0.0.1", port))
                other.bind(("127.0.0.1", port + 10_000))
            except OSError:
                continue
            if port not in TAKEN:
                TAKEN.add(port)
                return port
    raise OSError("no port is free")


class ObjectStorageTest(CalotypeTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.samples = sorted(path for path in SAMPLES.glob("*.jpg"))[:4]
        self.s3 = S3Server(page=3)
        self.s3.__enter__()
        self.addCleanup(self.s3.__exit__)
        self.library.environment.update(self.s3.variables, CALOTYPE_STORAGE_TRIES="2")
        for path in self.samples:
            self.put(f"2024/May & June/{path.name}", path.read_bytes())
        self.put("2023/other.jpg", self.samples[0].read_bytes())

    def put(self, key: str, data: bytes) -> None:
        self.s3.objects["photos/" + key] = Object(data)

    def scan_objects(self, *arguments: object, expect: int = 0):
        done = self.library.run("scan", ROOT, "--only", "pdq,embedding", *arguments)
        self.assertEqual(done.returncode, expect, done.stdout + done.stderr)
        return done

    def read(self) -> list[str]:
        """The keys that were read since the last call."""
        keys = [request.split(" ", 1)[1] for request in self.s3.requests if request.startswith("GET") and "?" not in request]
        self.s3.requests.clear()
        return keys

    def test_a_folder_in_a_bucket_is_scanned_as_one_on_disk(self) -> None:
        self.put("2024/.hidden/a.jpg", b"no photo")
        self.put("2024/letter.pdf", b"%PDF")
        self.put("2024/broken.jpg", b"no photo at all")
        self.put("2024/empty/", b"")
        self.s3.cut = 2  # continued where it ended
        done = self.scan_objects(expect=1)
        self.assertIn("broken.jpg: not a photo", done.stderr)
        found = self.library.lines("search", f"in:{ROOT}", "--json")
        self.assertEqual(sorted(names(found)), sorted([path.name for path in self.samples] + ["broken.jpg"]))
        self.assertTrue(all(hit["path"].startswith(f"{ROOT}/May & June/") for hit in found if "broken" not in hit["path"]))

        # The same photos on the disk are the same photos: nothing is analysed again.
        for path in self.samples:
            self.library.add_samples(path.name)
        again = self.scan("--only", "pdq,embedding")
        self.assertIn("0 analysed", again.stdout)
        shown = self.library.json("show", f"{ROOT}/May & June/{self.samples[0].name}", "--json")
        self.assertEqual(len(shown["paths"]), 2)

    def test_only_what_changed_is_read_again(self) -> None:
        self.scan_objects()
        self.assertEqual({key.rsplit("/", 1)[1] for key in self.read()}, {path.name for path in self.samples})
        self.scan_objects()
        self.assertEqual(self.read(), [])

        first, second = self.samples[:2]
        self.put(f"2024/May & June/{first.name}", self.samples[3].read_bytes() + b"\0")
        del self.s3.objects[f"photos/2024/May & June/{second.name}"]
        self.scan_objects()
        self.assertEqual({key.rsplit("/", 1)[1] for key in self.read()}, {first.name})
        self.assertNotIn(second.name, names(self.library.lines("search", f"in:{ROOT}", "--json")))

    def test_a_storage_that_goes_down_loses_nothing(self) -> None:
        self.scan_objects()
        self.s3.down = True
        done = self.scan_objects(expect=1)
        self.assertIn(f"{ROOT}: the server answered 503 (SlowDown: a test); gave up after 2 tries (storage.tries)", done.stderr)
        self.s3.down = False
        self.assertEqual(len(self.library.lines("search", f"in:{ROOT}", "--json")), len(self.samples))

    def test_an_error_says_what_to_do(self) -> None:
        self.library.environment["AWS_SECRET_ACCESS_KEY"] = "wrong"
        self.assertIn("SignatureDoesNotMatch", self.scan_objects(expect=1).stderr)
        self.library.environment["AWS_SECRET_ACCESS_KEY"] = self.s3.variables["AWS_SECRET_ACCESS_KEY"]
        missing = self.library.run("scan", "s3://nothing-here")
        self.assertEqual(missing.returncode, 1)
        self.assertIn("s3://nothing-here does not exist", missing.stderr)
        malformed = self.library.run("scan", "s3://Upper/Case")
        self.assertEqual(malformed.returncode, 1)
        self.assertIn("not the name of a bucket", malformed.stderr)

    def test_the_doctor_names_what_is_wrong_with_the_storage(self) -> None:
        self.assertEqual(self.diagnose("storage")["detail"], "no folder was scanned yet")
        self.scan_objects()
        self.assertEqual(self.diagnose("storage")["detail"], "1 folder can be read")
        self.library.environment["AWS_SECRET_ACCESS_KEY"] = "wrong"
        check = self.diagnose("storage")
        self.assertRegex(check["detail"], f"{ROOT}: .* refused access with these credentials")
        self.assertIn("check the key", check["remedy"])
        self.library.environment["AWS_SECRET_ACCESS_KEY"] = self.s3.variables["AWS_SECRET_ACCESS_KEY"]
        self.s3.down = True
        self.assertIn("check that the storage runs", self.diagnose("storage")["remedy"])
        self.s3.down = False
        self.s3.objects.clear()
        check = self.diagnose("storage")
        self.assertIn("there is no such bucket", check["detail"])
        self.assertIn("check the name of the bucket", check["remedy"])

    def test_a_picture_is_drawn_and_sidecars_are_refused(self) -> None:
        self.scan_objects()
        path = f"{ROOT}/May & June/{self.samples[0].name}"
        drawn = self.library.home / "drawn.jpg"
        done = self.library.run("show", path, "--render", drawn)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertTrue(drawn.read_bytes().startswith(b"\xff\xd8"))
        exported = self.library.run("export", "--to", "xmp")
        self.assertIn("object storage", exported.stdout + exported.stderr)
        self.assertEqual([request for request in self.s3.requests if not request.startswith(("GET", "HEAD"))], [])


class ServerOfOthers(CalotypeTestCase):
    """The same with a server that others wrote."""

    PROGRAM = ""  # the variable that names it
    FILES = 1100  # that are no photos: more than a list has

    @classmethod
    def setUpClass(cls) -> None:
        if not os.environ.get(cls.PROGRAM):
            raise unittest.SkipTest(f"{cls.PROGRAM or 'no variable'} names no server")

    def setUp(self) -> None:
        super().setUp()
        self.port = free_port()
        self.samples = sorted(SAMPLES.glob("*.jpg"))[:6]
        self.library.environment.update(S3Server.VARIABLES, AWS_ENDPOINT_URL=f"http://127.0.0.1:{self.port}")
        self.start()
        deadline = time.monotonic() + 60
        while self.ask("PUT", "photos") not in (200, 409):
            self.assertLess(time.monotonic(), deadline, "the server does not make a bucket")
            time.sleep(0.2)

    def start(self) -> None:
        raise NotImplementedError

    def run_server(self, *arguments: object, **environment: str) -> None:
        server = subprocess.Popen(
            [os.environ[self.PROGRAM], *map(str, arguments)],
            env=dict(os.environ, **environment),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self.addCleanup(server.wait)
        self.addCleanup(server.kill)

    def ask(self, method: str, name: str, data: bytes = b"") -> int:
        """The status of the answer; 0: there is none."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        with contextlib.closing(connection):
            try:
                target = "/" + urllib.parse.quote(name)
                connection.request(method, target, data, signed(method, target, data, f"127.0.0.1:{self.port}"))
                return connection.getresponse().status
            except OSError:
                return 0

    def put(self, key: str, data: bytes) -> None:
        self.assertEqual(self.ask("PUT", f"photos/{key}", data), 200)

    def scan_bucket(self, expect: int = 0):
        done = self.library.run("scan", ROOT, "--only", "pdq,embedding")
        self.assertEqual(done.returncode, expect, done.stdout + done.stderr)
        return done

    def test_a_folder_in_a_bucket_is_scanned_as_one_on_disk(self) -> None:
        for path in self.samples:
            self.put(f"2024/été & more/{path.name}", path.read_bytes())
            self.library.add_samples(path.name)
        done = self.scan_bucket()
        self.assertIn(f"scanned {len(self.samples)} photos, {len(self.samples)} analysed", done.stdout, done.stderr)
        self.assertIn(f"{len(self.samples)} unchanged", self.scan_bucket().stdout)
        self.assertIn(" 0 analysed", self.scan("--only", "pdq,embedding").stdout)
        first, second, third = self.samples[:3]
        self.assertEqual(self.ask("DELETE", f"photos/2024/été & more/{first.name}"), 204)
        self.put(f"2024/été & more/{third.name}", second.read_bytes())
        self.scan_bucket()
        found = self.library.lines("search", f"in:{ROOT}", "--json")
        self.assertEqual(len(found), len(self.samples) - 2, "each photo once")

    def test_a_list_has_several_pages(self) -> None:
        for number in range(self.FILES):
            self.put(f"2024/{number:04}.txt", b"no photo")
        for path in self.samples[:2]:
            self.put(f"2024/{path.name}", path.read_bytes())
        self.assertIn("scanned 2 photos", self.scan_bucket().stdout)
        self.assertIn("2 unchanged", self.scan_bucket().stdout)

    def test_segments_are_written_and_read(self) -> None:
        self.put(f"2024/{self.samples[0].name}", self.samples[0].read_bytes())
        self.scan_bucket()
        segments = ("--set", "search.segments=s3://photos/segments")
        done = self.library.run("catalog", "segments", *segments)
        self.assertIn("wrote 1 photo", done.stdout, done.stderr)
        self.assertIn("nothing to write", self.library.run("catalog", "segments", *segments).stdout)
        server = Server(self.library, *segments)
        self.addCleanup(server.stop)
        deadline = time.monotonic() + 60
        while b'\ncalotype_index_photos{state="here"} 1\n' not in server.get("/metrics").body:
            self.assertLess(time.monotonic(), deadline, "the server does not fetch the segment")
            time.sleep(0.1)

    def test_a_wrong_key_is_refused(self) -> None:
        self.put(f"2024/{self.samples[0].name}", self.samples[0].read_bytes())
        self.library.environment["AWS_SECRET_ACCESS_KEY"] = "wrong"
        self.assertIn("refused access with these credentials", self.scan_bucket(expect=1).stderr)
        self.library.environment["AWS_SECRET_ACCESS_KEY"] = S3Server.VARIABLES["AWS_SECRET_ACCESS_KEY"]
        missing = self.library.run("scan", "s3://nothing-here")
        self.assertEqual(missing.returncode, 1)
        self.assertIn("s3://nothing-here does not exist", missing.stderr)


class VersityTest(ServerOfOthers):
    PROGRAM = "CALOTYPE_TEST_VERSITYGW"

    def start(self) -> None:
        self.folder = self.library.home / "storage"
        self.folder.mkdir()
        self.run_server(
            "--port", f"127.0.0.1:{self.port}", "--region", REGION, "posix", self.folder,
            ROOT_ACCESS_KEY_ID=KEY_ID, ROOT_SECRET_ACCESS_KEY=SECRET,
        )

    def test_files_that_were_copied_into_its_folder_have_no_etag(self) -> None:
        folder = self.folder / "photos/2024"
        folder.mkdir()
        for path in self.samples:
            shutil.copy(path, folder)
        self.assertIn(f"{len(self.samples)} analysed", self.scan_bucket().stdout)
        self.assertIn(f"{len(self.samples)} unchanged", self.scan_bucket().stdout)
        (folder / self.samples[0].name).unlink()
        shutil.copy(self.samples[1], folder / self.samples[2].name)
        self.scan_bucket()
        self.assertEqual(len(self.library.lines("search", f"in:{ROOT}", "--json")), len(self.samples) - 2)


class SeaweedTest(ServerOfOthers):
    PROGRAM = "CALOTYPE_TEST_SEAWEEDFS"

    def start(self) -> None:
        folder = self.library.home / "storage"
        folder.mkdir()
        credentials = {"accessKey": KEY_ID, "secretKey": SECRET}
        actions = ["Admin", "Read", "List", "Write"]
        config = self.library.home / "s3.json"
        config.write_text(
            json.dumps({"identities": [{"name": "test", "credentials": [credentials], "actions": actions}]}), encoding="utf-8"
        )
        ports = [f"-{name}.port={free_port()}" for name in ("master", "volume", "filer")]
        self.run_server(
            "server", f"-dir={folder}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", *ports, "-volume.max=20", "-master.volumeSizeLimitMB=64",
            "-s3", f"-s3.port={self.port}", f"-s3.config={config}",
        )


del ServerOfOthers  # unittest would run it, too


if __name__ == "__main__":
    unittest.main()
