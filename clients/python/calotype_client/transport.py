"""Requests to a server. Only the standard library is used."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import ssl
import threading
import time
import urllib.parse
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from calotype_client.errors import ConnectionFailed, problem_of

_FRESH_S = 30.0  # servers close connections that are idle for longer (server.idle_timeout_s is 75)


class Event(NamedTuple):
    """Something that the server did: "job", "scan.progress", "scan.failure" ... with its data."""

    name: str
    data: dict[str, Any]


class _Kept(threading.local):
    connection: http.client.HTTPConnection | None = None
    used = 0.0


class Transport:
    """Thread-safe: each thread keeps a connection of its own.

    url: where the server is, such as https://photos.example:4280, with the path behind a proxy if there is one
    token: from `calotype token create`; default: the environment variable CALOTYPE_TOKEN
    timeout: seconds without an answer after which a request fails
    context: for certificates that are not the system's
    """

    def __init__(
        self,
        url: str = "http://127.0.0.1:4280",
        *,
        token: str | None = None,
        timeout: float = 300,
        context: ssl.SSLContext | None = None,
    ) -> None:
        parts = urllib.parse.urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"{url!r} is not an http or https URL")
        self._parts = parts
        self._base = parts.path.rstrip("/")
        self._token = os.environ.get("CALOTYPE_TOKEN", "") if token is None else token
        self._timeout = timeout
        self._context = context
        self._kept = _Kept()

    def close(self) -> None:
        """Closes this thread's connection; a later request opens a new one."""
        if self._kept.connection is not None:
            self._kept.connection.close()
            self._kept.connection = None

    def ask_json(self, method: str, path: str, **sent: Any) -> Any:
        return json.loads(self._ask(method, path, **sent))

    def ask_bytes(self, method: str, path: str, **sent: Any) -> bytes:
        return self._ask(method, path, **sent)

    def ask_nothing(self, method: str, path: str, **sent: Any) -> None:
        self._ask(method, path, **sent)

    def events(self) -> Iterator[Event]:
        """What the server does from now on. The first event is "hello": the server listens. Ends when the server does."""
        connection = self._connect()
        with contextlib.closing(connection):
            response = self._respond(connection, "GET", "/api/v1/events", None, {"Accept": "text/event-stream"})
            if response.status != 200:
                raise problem_of(response.status, response.read(), response.getheader("Retry-After"))
            name, data = "", ""
            for raw in response:
                line = raw.decode("utf-8").rstrip("\r\n")
                if not line and data:
                    yield Event(name, json.loads(data))
                    name, data = "", ""
                elif line.startswith("event:"):
                    name = line.removeprefix("event:").strip()
                elif line.startswith("data:"):
                    data += line.removeprefix("data:").strip()

    def _ask(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        body: Mapping[str, Any] | None = None,
        upload: bytes | None = None,
    ) -> bytes:
        values = {
            name: str(value).lower() if isinstance(value, bool) else value
            for name, value in (query or {}).items()
            if value is not None
        }
        target = path + ("?" + urllib.parse.urlencode(values, doseq=True) if values else "")
        content, headers = upload, {}
        if body is not None:
            content = json.dumps({name: _listed(value) for name, value in body.items() if value is not None}).encode()
            headers["Content-Type"] = "application/json"
        elif upload is not None:
            headers["Content-Type"] = "application/octet-stream"
        response = self._respond(self._connection(), method, target, content, headers)
        answer = self._read(response)
        if not 200 <= response.status < 300:
            raise problem_of(response.status, answer, response.getheader("Retry-After"))
        return answer

    def _connect(self) -> http.client.HTTPConnection:
        host, port = self._parts.hostname or "", self._parts.port
        if self._parts.scheme == "https":
            return http.client.HTTPSConnection(host, port, timeout=self._timeout, context=self._context)
        return http.client.HTTPConnection(host, port, timeout=self._timeout)

    def _connection(self) -> http.client.HTTPConnection:
        if time.monotonic() - self._kept.used > _FRESH_S:
            self.close()
        self._kept.used = time.monotonic()
        if self._kept.connection is None:
            self._kept.connection = self._connect()
        return self._kept.connection

    def _respond(
        self, connection: http.client.HTTPConnection, method: str, target: str, content: bytes | None, headers: dict[str, str]
    ) -> http.client.HTTPResponse:
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        try:
            connection.request(method, self._base + target, content, headers)
            return connection.getresponse()
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            raise ConnectionFailed(f"{self._parts.scheme}://{self._parts.netloc}: {error or type(error).__name__}") from error

    def _read(self, response: http.client.HTTPResponse) -> bytes:
        try:
            return response.read()
        except (OSError, http.client.HTTPException) as error:
            self.close()
            raise ConnectionFailed(f"the answer broke off: {error}") from error


def _listed(value: Any) -> Any:
    return list(value) if isinstance(value, (tuple, set, frozenset)) else value
