"""Starts `calotype serve` for a test, and talks to it."""

import http.client
import json
import pathlib
import re
import shutil
import socket
import subprocess
import threading
import time
import urllib.parse
from collections.abc import Callable

from calotype import CalotypeTestCase, Library

PHOTOS = ("obama.jpg", "biden.jpg", "cat.png", "robin.jpg")


class Answer:
    def __init__(self, response: http.client.HTTPResponse) -> None:
        self.status = response.status
        self.headers = {name.lower(): value for name, value in response.getheaders()}
        self.body = response.read()

    @property
    def type(self) -> str:
        return self.headers.get("content-type", "")

    def json(self) -> dict:
        return json.loads(self.body)


class Server:
    """A server on a free port, for the library of a test."""

    def __init__(self, library: Library, *options: object, environment: dict[str, str] | None = None) -> None:
        self.process = subprocess.Popen(
            library.command("serve", "--listen", "127.0.0.1:0", *options),
            env=dict(library.environment, **(environment or {})),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.output = self.process.stdout.readline()
        found = re.search(r"https?://127\.0\.0\.1:(\d+)", self.output)
        if not found:
            raise AssertionError(f"{self.output!r}: {self.process.communicate()}")
        self.port = int(found[1])
        self.errors: list[str] = []
        self.reader = threading.Thread(target=lambda: self.errors.extend(self.process.stderr))
        self.reader.start()

    def request(
        self, method: str, path: str, body: object = None, headers: dict[str, str] | None = None, timeout: float = 60
    ) -> Answer:
        sent = dict(headers or {})
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
            sent.setdefault("Content-Type", "application/json")
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            connection.request(method, path, body, sent)
            return Answer(connection.getresponse())
        finally:
            connection.close()

    def get(self, path: str, /, headers: dict[str, str] | None = None, **query: object) -> Answer:
        return self.request("GET", path + ("?" + urllib.parse.urlencode(query) if query else ""), headers=headers)

    def raw(self, text: bytes, timeout: float = 20) -> bytes:
        """What the server sends until it closes the connection."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=timeout) as connection:
            connection.sendall(text)
            received = b""
            while piece := connection.recv(65536):
                received += piece
            return received

    def stop(self) -> int:
        self.process.terminate()
        status = self.process.wait(timeout=60)
        self.reader.join()
        self.process.stdout.close()
        self.process.stderr.close()
        return status


class ServerTestCase(CalotypeTestCase):
    def serve(self, *options: object, **more: object) -> Server:
        server = Server(self.library, *options, **more)
        self.addCleanup(server.stop)
        return server

    def wait_for(self, holds: Callable[[], bool], seconds: int = 10) -> None:
        for _ in range(20 * seconds):
            if holds():
                return
            time.sleep(0.05)
        self.fail(f"it did not happen within {seconds} seconds")


class ScannedTestCase(ServerTestCase):
    """A library that was scanned once; each test gets a copy of its catalogue, and a server."""

    @classmethod
    def setUpClass(cls) -> None:
        cls.scanned = Library()
        cls.addClassCleanup(cls.scanned.close)
        cls.scanned.add_samples(*PHOTOS)
        done = cls.scanned.run("scan", cls.scanned.photos)
        if done.returncode != 0:
            raise AssertionError(done.stderr)
        cls.catalogue = cls.scanned.home / "scanned.db"
        cls.scanned.run("backup", cls.catalogue)

    def setUp(self) -> None:
        super().setUp()
        self.library.photos = self.scanned.photos
        shutil.copy(self.catalogue, self.library.home / "catalog.db")
        self.library.environment["CALOTYPE_CATALOG_FILE"] = str(self.library.home / "catalog.db")
        self.server = self.serve()


def make_certificate(folder: pathlib.Path) -> tuple[pathlib.Path, pathlib.Path]:
    """The files of a key and of a certificate for this machine."""
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
         "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate],
        check=True, capture_output=True,
    )
    return key, certificate


def violations(value: object, schema: dict, schemas: dict, where: str = "answer") -> list[str]:
    """How a value differs from a JSON Schema, as far as this API uses them."""
    if "$ref" in schema:
        return violations(value, schemas[schema["$ref"].rsplit("/", 1)[1]], schemas, where)
    if "oneOf" in schema:
        results = [violations(value, one, schemas, where) for one in schema["oneOf"]]
        return [] if sum(not result for result in results) == 1 else min(results, key=len) or [f"{where}: not exactly one"]
    kinds = {
        "object": dict, "array": list, "string": str, "boolean": bool, "null": type(None), "integer": int, "number": (int, float)
    }
    wanted = schema.get("type", [])
    wanted = [wanted] if isinstance(wanted, str) else wanted
    fits = [kind for kind in wanted if isinstance(value, kinds[kind]) and (kind == "boolean" or not isinstance(value, bool))]
    if wanted and not fits:
        return [f"{where}: {value!r} is not {wanted}"]
    if "enum" in schema and value not in schema["enum"]:
        return [f"{where}: {value!r} is not in {schema['enum']}"]
    found = []
    if isinstance(value, dict):
        known, others = schema.get("properties", {}), schema.get("additionalProperties", True)
        found += [f"{where}: {name} is missing" for name in schema.get("required", []) if name not in value]
        for name, member in value.items():
            if name in known:
                found += violations(member, known[name], schemas, f"{where}.{name}")
            elif others is False:
                found.append(f"{where}: {name} is not in the schema")
            elif isinstance(others, dict):
                found += violations(member, others, schemas, f"{where}.{name}")
    if isinstance(value, list):
        if not schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", len(value)):
            found.append(f"{where}: {len(value)} items")
        for index, item in enumerate(value):
            found += violations(item, schema.get("items", {}), schemas, f"{where}[{index}]")
    return found
