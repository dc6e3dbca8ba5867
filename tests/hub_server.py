"""A local server that speaks the Hugging Face hub's protocol, with faults on demand, for models_test.py.

GET or HEAD /{repository}/resolve/{revision}/{path} answers 302 with X-Linked-Etag (the SHA-256), X-Linked-Size and
X-Repo-Commit, to /cdn/... on another port: another host, as far as tokens are concerned. Small files that are not in
large-file storage are served directly, with the hub's own kind of etag.
"""

from __future__ import annotations

import hashlib
import http.server
import re
import socket
import struct
import threading
import time
from dataclasses import dataclass, field

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@dataclass
class File:
    data: bytes
    direct: bool = False  # served by the hub itself
    linked_etag: str | None = None  # what the hub claims; None: the truth

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.data).hexdigest()


@dataclass
class Faults:
    """Each number is how often it happens; then all is well."""

    cut: int = 0  # the connection ends at `cut_at` of the file
    cut_at: float = 0.4
    corrupt: int = 0  # a byte is another one
    status: list[int] = field(default_factory=list)  # the hub's next answers
    retry_after: str | None = None
    no_ranges: bool = False
    change_on_range: dict[str, bytes] = field(default_factory=dict)  # by path: new content at the first range request
    token: str | None = None  # 401 without it
    expired: int = 0  # 403 of the CDN, as for a signed address that is too old
    slow: float = 0.0  # seconds before each block
    loop: bool = False  # redirects to itself


@dataclass
class Request:
    server: str  # "hub" or "cdn"
    method: str
    path: str
    headers: dict[str, str]


class HubServer:
    """Two servers on two ports with one set of files. Use as a context manager."""

    def __init__(self) -> None:
        self.files: dict[str, File] = {}  # by "owner/name/path"
        self.faults = Faults()
        self.log: list[Request] = []
        self.lock = threading.Lock()
        self.servers = {name: self._start(name) for name in ("hub", "cdn")}
        self.endpoint = f"http://127.0.0.1:{self.servers['hub'].server_port}"
        self.cdn = f"http://localhost:{self.servers['cdn'].server_port}"

    def _start(self, name: str) -> http.server.ThreadingHTTPServer:
        handler = type("Handler", (_Handler,), {"hub": self, "server_name": name})
        server = _Server(("127.0.0.1", 0), handler)
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        return server

    def __enter__(self) -> HubServer:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        for server in self.servers.values():
            server.shutdown()
            server.server_close()

    def add(self, repository: str, path: str, data: bytes, **how: object) -> File:
        file = self.files[f"{repository}/{path}"] = File(data, **how)
        return file

    def requests(self, server: str, part: str = "") -> list[Request]:
        with self.lock:
            return [request for request in self.log if request.server == server and part in request.path]


class _Server(http.server.ThreadingHTTPServer):
    def handle_error(self, *_: object) -> None:
        pass  # Clients that go away are what is tested.


class _Handler(http.server.BaseHTTPRequestHandler):
    hub: HubServer
    server_name: str
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        pass

    def do_HEAD(self) -> None:
        self.answer()

    def do_GET(self) -> None:
        self.answer()

    def answer(self) -> None:
        hub = self.hub
        with hub.lock:
            headers = {name.lower(): value for name, value in self.headers.items()}
            hub.log.append(Request(self.server_name, self.command, self.path, headers))
        if self.server_name == "cdn":
            self.answer_as_cdn(headers)
        else:
            self.answer_as_hub(headers)

    def send(self, status: int, headers: dict[str, object] | None = None, body: bytes = b"") -> None:
        self.send_response(status)
        for name, value in {"Content-Length": len(body), **(headers or {})}.items():
            self.send_header(name, str(value))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def answer_as_hub(self, headers: dict[str, str]) -> None:
        faults = self.hub.faults
        with self.hub.lock:
            status = faults.status.pop(0) if faults.status else 0
        if status:
            extra = {"Retry-After": faults.retry_after} if faults.retry_after else {}
            return self.send(status, extra, b"not now")
        if faults.token and headers.get("authorization") != f"Bearer {faults.token}":
            return self.send(401, {"X-Error-Code": "RepoNotFound", "X-Error-Message": "Repository not found"})
        if faults.loop:
            return self.send(302, {"Location": self.path})
        match = re.fullmatch(r"/([^/]+/[^/]+)/resolve/([^/]+)/(.+)", self.path)
        file = match and self.hub.files.get(f"{match[1]}/{match[3]}")
        if not file:
            return self.send(404, {"X-Error-Code": "EntryNotFound", "X-Error-Message": "Entry not found"})
        if file.direct:
            etag = f'"{hashlib.sha1(file.data).hexdigest()}"'
            return self.send_file(file, etag, headers, {"X-Repo-Commit": COMMIT}, match[3])
        facts = {
            "Location": f"{self.hub.cdn}/cdn/{match[1]}/{match[3]}?signature=abc",
            "X-Linked-Etag": f'"{file.linked_etag or file.sha256}"',
            "X-Linked-Size": len(file.data),
            "X-Repo-Commit": COMMIT,
        }
        return self.send(302, facts, b"Found. Redirecting")

    def answer_as_cdn(self, headers: dict[str, str]) -> None:
        faults = self.hub.faults
        with self.hub.lock:
            expired = faults.expired > 0
            faults.expired -= expired
        if expired:
            return self.send(403, {}, b"<Error>Request has expired</Error>")
        name = self.path.removeprefix("/cdn/").split("?")[0]
        if "range" in headers and name in faults.change_on_range:
            self.hub.files[name].data = faults.change_on_range.pop(name)
        file = self.hub.files[name]
        return self.send_file(file, f'"{hashlib.md5(file.data).hexdigest()}"', headers, {}, name)

    def send_file(self, file: File, etag: str, headers: dict[str, str], extra: dict[str, object], name: str) -> None:
        faults, data, first = self.hub.faults, file.data, 0
        match = re.fullmatch(r"bytes=(\d+)-", headers.get("range", ""))
        if match and not faults.no_ranges and headers.get("if-range", etag) == etag:
            first = int(match[1])
            if first >= len(data):
                return self.send(416, {"Content-Range": f"bytes */{len(data)}"})
        with self.hub.lock:
            cut = faults.cut > 0 and len(data) > 1000
            faults.cut -= cut
            corrupt = faults.corrupt > 0 and len(data) > 1000
            faults.corrupt -= corrupt
        if corrupt:
            data = data[:-1] + bytes([data[-1] ^ 1])
        self.send_response(206 if first else 200)
        self.send_header("ETag", etag)
        self.send_header("Content-Length", str(len(data) - first))
        if first:
            self.send_header("Content-Range", f"bytes {first}-{len(data) - 1}/{len(data)}")
        for key, value in extra.items():
            self.send_header(key, str(value))
        self.end_headers()
        if self.command == "HEAD":
            return None
        end = max(first, int(len(data) * faults.cut_at)) if cut else len(data)
        for start in range(first, end, 1 << 16):
            if faults.slow:
                time.sleep(faults.slow)
            try:
                self.wfile.write(data[start : min(end, start + (1 << 16))])
            except OSError:
                return None
        if cut:
            # A reset, not an orderly end.
            self.wfile.flush()
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.close_connection = True
            self.connection.close()
        return None
