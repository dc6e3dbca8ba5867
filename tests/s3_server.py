"""A local server that speaks as much of S3 as Calotype uses, with faults on demand. It checks every signature itself."""

from __future__ import annotations

import functools
import hashlib
import hmac
import http.server
import re
import threading
import time
import urllib.parse
from collections.abc import Callable
from dataclasses import dataclass, field
from email.utils import formatdate
from xml.sax.saxutils import escape

KEY_ID, SECRET, REGION = "test-key", "test/secret+key", "eu-test-1"


@dataclass
class Object:
    data: bytes
    changed: float = field(default_factory=time.time)

    @functools.cached_property
    def etag(self) -> str:
        return f'"{hashlib.md5(self.data).hexdigest()}"'


def signature(method: str, target: str, headers: dict[str, str], credential: str, names: str) -> str:
    """What the client must have computed (AWS Signature Version 4)."""
    url = urllib.parse.urlsplit(target)
    query = "&".join(sorted(url.query.split("&"))) if url.query else ""
    _, day, region, service, end = credential.split("/")
    lines = "".join(f"{name}:{headers[name]}\n" for name in names.split(";"))
    canonical = "\n".join([method, url.path, query, lines, names, headers["x-amz-content-sha256"]])
    scope = "/".join([day, region, service, end])
    to_sign = "\n".join(["AWS4-HMAC-SHA256", headers["x-amz-date"], scope, hashlib.sha256(canonical.encode()).hexdigest()])
    key = b"AWS4" + SECRET.encode()
    for part in (day, region, service, end):
        key = hmac.digest(key, part.encode(), "sha256")
    return hmac.new(key, to_sign.encode(), "sha256").hexdigest()


def signed(method: str, target: str, data: bytes, host: str) -> dict[str, str]:
    """The headers of a request to another server, which knows KEY_ID and SECRET."""
    now = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    headers = {"host": host, "x-amz-content-sha256": hashlib.sha256(data).hexdigest(), "x-amz-date": now}
    credential, names = f"{KEY_ID}/{now[:8]}/{REGION}/s3/aws4_request", ";".join(headers)
    proof = signature(method, target, headers, credential, names)
    return dict(headers, Authorization=f"AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders={names}, Signature={proof}")


class S3Server:
    """Objects by "bucket/key". Use as a context manager."""

    VARIABLES = {"AWS_REGION": REGION, "AWS_ACCESS_KEY_ID": KEY_ID, "AWS_SECRET_ACCESS_KEY": SECRET}

    def __init__(
        self,
        page: int = 1000,
        address: tuple[str, int] = ("127.0.0.1", 0),
        on_request: Callable[[str, str, str], None] | None = None,  # called with the client, the method and the target
    ) -> None:
        self.objects: dict[str, Object] = {}
        self.page = page  # objects in one list
        self.cut = 0  # so many connections end in the middle of an object
        self.down = False  # every answer is 503
        self.stall = threading.Event()  # while set, an answer stops in the middle of an object
        self.stalled = threading.Event()  # one did
        self.requests: list[str] = []
        self.ranges: list[int] = []  # where requests for the rest of an object began
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                outer.answer(self)

            do_HEAD = do_PUT = do_DELETE = do_GET

            def log_message(self, *_: object) -> None:
                pass

        self.server = http.server.ThreadingHTTPServer(address, Handler)
        self.on_request = on_request
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)

    def __enter__(self) -> S3Server:
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}"

    @property
    def variables(self) -> dict[str, str]:
        return dict(self.VARIABLES, AWS_ENDPOINT_URL_S3=self.endpoint)

    def answer(self, request: http.server.BaseHTTPRequestHandler) -> None:
        self.requests.append(f"{request.command} {request.path}")
        sent = request.rfile.read(int(request.headers.get("Content-Length", 0)))
        if self.on_request is not None:
            self.on_request(request.client_address[0], request.command, request.path)
        if self.down:
            return self.error(request, 503, "SlowDown")
        if not self.is_signed(request):
            return self.error(request, 403, "SignatureDoesNotMatch")
        url = urllib.parse.urlsplit(request.path)
        name = urllib.parse.unquote(url.path[1:])
        if "/" not in name:
            return self.list(request, name, dict(urllib.parse.parse_qsl(url.query)))
        if request.command == "PUT":
            if hashlib.sha256(sent).hexdigest() != request.headers["x-amz-content-sha256"]:
                return self.error(request, 400, "XAmzContentSHA256Mismatch")
            self.objects[name] = Object(sent)
            return self.send(request, 200, "")
        if request.command == "DELETE":
            self.objects.pop(name, None)
            return self.send(request, 204, "")
        found = self.objects.get(name)
        if found is None:
            return self.error(request, 404, "NoSuchKey")
        start = 0
        if ranged := re.fullmatch(r"bytes=(\d+)-", request.headers.get("Range", "")):
            start = int(ranged[1])
            self.ranges.append(start)
            if request.headers.get("If-Match", found.etag) != found.etag:
                return self.error(request, 412, "PreconditionFailed")
        data = found.data[start:]
        request.send_response(206 if ranged else 200)
        request.send_header("ETag", found.etag)
        request.send_header("Last-Modified", formatdate(found.changed, usegmt=True))
        request.send_header("Content-Length", str(len(data)))
        if ranged:
            request.send_header("Content-Range", f"bytes {start}-{len(found.data) - 1}/{len(found.data)}")
        request.end_headers()
        if request.command == "HEAD":
            return None
        if self.cut > 0 and len(data) > 1:
            self.cut -= 1
            request.wfile.write(data[: len(data) // 2])
            request.close_connection = True
            return None
        if self.stall.is_set() and len(data) > 100_000:
            request.wfile.write(data[:50_000])
            request.wfile.flush()
            self.stalled.set()
            while self.stall.is_set():
                time.sleep(0.02)
            request.close_connection = True
            return None
        request.wfile.write(data)
        return None

    def is_signed(self, request: http.server.BaseHTTPRequestHandler) -> bool:
        match = re.fullmatch(
            r"AWS4-HMAC-SHA256 Credential=([^,]+), SignedHeaders=([^,]+), Signature=(\w+)", request.headers.get("Authorization", "")
        )
        if match is None or not match[1].startswith(KEY_ID + "/") or f"/{REGION}/" not in match[1]:
            return False
        headers = {name.lower(): value.strip() for name, value in request.headers.items()}
        return hmac.compare_digest(signature(request.command, request.path, headers, match[1], match[2]), match[3])

    def list(self, request: http.server.BaseHTTPRequestHandler, bucket: str, query: dict[str, str]) -> None:
        if not any(name.startswith(bucket + "/") for name in self.objects):
            return self.error(request, 404, "NoSuchBucket")
        prefix, after = query.get("prefix", ""), query.get("continuation-token", "")
        keys = sorted(name.split("/", 1)[1] for name in self.objects if name.startswith(bucket + "/"))
        keys = [key for key in keys if key.startswith(prefix) and key > after]
        text = f"<ListBucketResult><EncodingType>url</EncodingType><IsTruncated>{str(len(keys) > self.page).lower()}</IsTruncated>"
        if len(keys) > self.page:
            text += f"<NextContinuationToken>{escape(keys[self.page - 1])}</NextContinuationToken>"
        for key in keys[: self.page]:
            one = self.objects[f"{bucket}/{key}"]
            changed = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(one.changed))
            text += (
                f"<Contents><Key>{urllib.parse.quote_plus(key, safe='/')}</Key><LastModified>{changed}</LastModified>"
                f"<ETag>{escape(one.etag)}</ETag><Size>{len(one.data)}</Size></Contents>"
            )
        self.send(request, 200, text + "</ListBucketResult>")
        return None

    def error(self, request: http.server.BaseHTTPRequestHandler, status: int, code: str) -> None:
        self.send(request, status, f"<Error><Code>{code}</Code><Message>a test</Message></Error>")

    def send(self, request: http.server.BaseHTTPRequestHandler, status: int, text: str) -> None:
        data = text.encode()
        request.send_response(status)
        request.send_header("Content-Length", str(len(data)))
        request.end_headers()
        if request.command != "HEAD":
            request.wfile.write(data)
