"""Models are not trusted: what was changed is not loaded, what never ends is ended, no pack reaches other files, and text
from packs cannot control the terminal."""

import hashlib
import json
import os
import pathlib
import shutil
import struct
import time
import unittest

from calotype import CalotypeTestCase, user_cache


def varint(number: int) -> bytes:
    data = b""
    while number > 0x7F:
        data += bytes([number & 0x7F | 0x80])
        number >>= 7
    return data + bytes([number])


def field(number: int, value: int | str | bytes) -> bytes:
    """A field of a protobuf message."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    data = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(data)) + data


FLOAT, INT64, BOOL = 1, 7, 9


def value_info(name: str, kind: int, shape: list[int]) -> bytes:
    dimensions = b"".join(field(1, field(1, size)) for size in shape)
    return field(1, name) + field(2, field(1, field(1, kind) + field(2, dimensions)))


def tensor(name: str, kind: int, shape: list[int], data: bytes) -> bytes:
    return b"".join(field(1, size) for size in shape) + field(2, kind) + field(8, name) + field(9, data)


def node(kind: str, inputs: list[str], outputs: list[str], *attributes: bytes) -> bytes:
    names = b"".join(field(1, name) for name in inputs) + b"".join(field(2, name) for name in outputs)
    return names + field(4, kind) + b"".join(field(5, attribute) for attribute in attributes)


def graph(name: str, nodes: list[bytes], constants: list[bytes], inputs: list[bytes], outputs: list[bytes]) -> bytes:
    parts = [field(1, one) for one in nodes] + [field(2, name)] + [field(5, one) for one in constants]
    return b"".join(parts + [field(11, one) for one in inputs] + [field(12, one) for one in outputs])


def endless_encoder() -> bytes:
    """An image encoder, as Immich exports them, whose loop has a condition that stays true."""
    body = graph(
        "body",
        [node("Identity", ["on"], ["still_on"]), node("Add", ["v", "one"], ["w"])],
        [tensor("one", FLOAT, [1], struct.pack("<f", 1))],
        [value_info("turn", INT64, []), value_info("on", BOOL, []), value_info("v", FLOAT, [1, 8])],
        [value_info("still_on", BOOL, []), value_info("w", FLOAT, [1, 8])],
    )
    loop = field(1, "body") + field(6, body) + field(20, 5)
    whole = graph(
        "endless",
        [node("Loop", ["", "true", "start"], ["embedding"], loop)],
        [tensor("true", BOOL, [], b"\1"), tensor("start", FLOAT, [1, 8], struct.pack("<8f", *[1.0] * 8))],
        [value_info("image", FLOAT, [1, 3, 32, 32])],
        [value_info("embedding", FLOAT, [1, 8])],
    )
    return field(1, 8) + field(7, whole) + field(8, field(1, "") + field(2, 17))


class ModelLimitsTest(CalotypeTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.starter = pathlib.Path(self.library.environment["CALOTYPE_MODELS_FOLDER"]) / "starter"
        self.models = self.library.home / "models"
        self.library.environment["CALOTYPE_MODELS_FOLDER"] = str(self.models)
        self.library.add_samples("cat.png")
        self.photo = self.library.photos / "cat.png"

    def install_starter(self) -> None:
        shutil.copytree(self.starter, self.models / "starter")

    def make_pack(self, data: bytes, more: str = "") -> None:
        pack = self.models / "hostile"
        pack.mkdir(parents=True)
        (pack / "image.onnx").write_bytes(data)
        (pack / "pack.toml").write_text(
            f'format = 1\nname = "hostile"\n{more}\n[[model]]\nname = "endless"\ntask = "embed.image"\nfamily = "clip"\n'
            f'file = "image.onnx"\nsha256 = "{hashlib.sha256(data).hexdigest()}"\nbytes = {len(data)}\nlicence = "MIT"\n'
            '[model.params]\nspace = "none"\ninput_size = 32\n'
        )
        self.library.environment["CALOTYPE_MODELS_PACK"] = "hostile"

    def analyze(self, *arguments: object) -> tuple[int, dict]:
        done = self.library.run("analyze", self.photo, "--json", *arguments)
        return done.returncode, json.loads(done.stdout)

    def test_a_model_that_never_ends_is_ended(self) -> None:
        self.make_pack(endless_encoder())
        start = time.monotonic()
        status, photo = self.analyze("--only", "embedding", "--set", "inference.cpu_timeout_s=1")
        self.assertLess(time.monotonic() - start, 60, "it would never end")
        self.assertEqual(status, 1)
        self.assertIn("did not end within 1 s (inference.cpu_timeout_s)", photo["errors"]["embedding"])

    @unittest.skipUnless((user_cache() / "openvino/libs").exists(), "OpenVINO is optional")
    def test_what_openvino_cannot_end_is_given_up(self) -> None:
        self.make_pack(endless_encoder())
        self.library.environment["CALOTYPE_DEVICES_DEFAULT"] = "openvino:cpu"
        start = time.monotonic()
        status, photo = self.analyze("--only", "embedding", "--set", "inference.cpu_timeout_s=2")
        self.assertLess(time.monotonic() - start, 60, "nor does the end of the program wait for it")
        self.assertEqual(status, 1)
        self.assertIn("the CPU (inference.cpu_timeout_s) did not return within 2000 ms", photo["errors"]["embedding"])

    def test_a_changed_model_is_not_loaded(self) -> None:
        self.install_starter()
        self.assertEqual(self.analyze("--only", "objects")[0], 0)
        verified = self.library.cache / "verified_models.txt"
        self.assertIn("centernet.onnx", verified.read_text())
        model = self.models / "starter/centernet.onnx"
        before = model.stat()
        data = bytearray(model.read_bytes())
        data[len(data) // 2] ^= 1
        model.write_bytes(data)
        os.utime(model, ns=(before.st_atime_ns, before.st_mtime_ns))
        status, photo = self.analyze("--only", "objects")
        self.assertEqual(status, 1)
        self.assertRegex(photo["errors"]["objects"], r"centernet\.onnx has SHA-256 [0-9a-f]{64}; its manifest says [0-9a-f]{64}")

    def test_the_files_beside_a_model_are_checked_too(self) -> None:
        self.install_starter()
        labels = self.models / "starter/coco80.txt"
        labels.write_text(labels.read_text().replace("cat", "dog"))
        status, photo = self.analyze("--only", "objects")
        self.assertEqual(status, 1)
        self.assertIn("coco80.txt has SHA-256", photo["errors"]["objects"])

    def test_a_pack_with_a_link_out_of_its_folder_is_not_used(self) -> None:
        self.install_starter()
        secret = self.library.home / "secret.txt"
        secret.write_text("cat\n" * 80)
        labels = self.models / "starter/coco80.txt"
        labels.unlink()
        labels.symlink_to(secret)
        done = self.library.run("analyze", self.photo, "--only", "objects")
        self.assertEqual(done.returncode, 1)
        self.assertIn("coco80.txt is a link out of the pack's folder", done.stderr + done.stdout)

    def test_text_of_a_pack_does_not_control_the_terminal(self) -> None:
        self.make_pack(endless_encoder(), 'summary = "\\u001b[31mred\\u202e"')
        printed = self.library.run("models", "list").stdout
        self.assertIn("?[31mred?", printed)
        self.assertNotIn("\x1b[31mred", printed)


if __name__ == "__main__":
    unittest.main()
