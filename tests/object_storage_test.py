"""Photos in S3-compatible object storage: s3://BUCKET/KEY, with a server that checks signatures and breaks connections."""

import os
import shutil
import socket
import subprocess
import time
import unittest

from calotype import SAMPLES, CalotypeTestCase, names
from s3_server import Object, S3Server

ROOT = "s3://photos/2024"


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


@unittest.skipUnless(os.environ.get("CALOTYPE_TEST_VERSITYGW"), "CALOTYPE_TEST_VERSITYGW does not name a versitygw")
class GatewayTest(CalotypeTestCase):
    """The same with a server that others wrote."""

    def test_a_folder_in_a_bucket_is_scanned_as_one_on_disk(self) -> None:
        bucket = self.library.home / "storage/photos"
        folder = bucket / "2024/été & more"
        folder.mkdir(parents=True)
        samples = sorted(SAMPLES.glob("*.jpg"))[:6]
        for path in samples:
            shutil.copy(path, folder)
            self.library.add_samples(path.name)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            address = "127.0.0.1:{}".format(free.getsockname()[1])
        gateway = subprocess.Popen(
            [os.environ["CALOTYPE_TEST_VERSITYGW"], "--port", address, "--region", "eu-test-1", "posix", bucket.parent],
            env=dict(os.environ, ROOT_ACCESS_KEY_ID="key", ROOT_SECRET_ACCESS_KEY="secret"),
            stdout=subprocess.DEVNULL,
        )
        self.addCleanup(gateway.wait)
        self.addCleanup(gateway.kill)
        self.library.environment.update(
            AWS_ENDPOINT_URL=f"http://{address}", AWS_REGION="eu-test-1", AWS_ACCESS_KEY_ID="key", AWS_SECRET_ACCESS_KEY="secret"
        )
        for _ in range(100):
            done = self.library.run("scan", "s3://photos/2024", "--only", "pdq")
            if done.returncode == 0 or "Connection refused" not in done.stderr + done.stdout:
                break
            time.sleep(0.1)
        self.assertIn(f"scanned {len(samples)} photos, {len(samples)} analysed", done.stdout, done.stderr)
        self.assertIn(f"{len(samples)} unchanged", self.library.run("scan", "s3://photos/2024", "--only", "pdq").stdout)
        self.assertIn(" 0 analysed", self.scan("--only", "pdq").stdout)
        (folder / samples[0].name).unlink()
        shutil.copy(samples[1], folder / samples[2].name)
        self.library.run("scan", "s3://photos/2024", "--only", "pdq")
        found = self.library.lines("search", "in:s3://photos/2024", "--json")
        self.assertEqual(len(found), len(samples) - 2, "each photo once")


if __name__ == "__main__":
    unittest.main()
