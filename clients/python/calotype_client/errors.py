"""Errors. Those of the server are problem details (RFC 9457)."""

from __future__ import annotations

import json


class CalotypeError(Exception):
    """The base of all errors of this package."""


class ConnectionFailed(CalotypeError):
    """The server cannot be reached, or the connection broke. It may or may not have got the request."""


class ProblemError(CalotypeError):
    """The server refused a request or failed. `detail` is one sentence; `request_id` finds the request in its log."""

    def __init__(self, status: int, title: str, detail: str, request_id: str, retry_after: float | None) -> None:
        super().__init__(f"{status} {title}: {detail}")
        self.status = status
        self.title = title
        self.detail = detail
        self.request_id = request_id
        self.retry_after = retry_after  # seconds


class BadRequest(ProblemError):
    """A value is wrong (400)."""


class Unauthorized(ProblemError):
    """No token, or an unknown one (401)."""


class Forbidden(ProblemError):
    """The token's scope is too low, or a folder may not be scanned (403)."""


class NotFound(ProblemError):
    """There is no such thing (404)."""


class Conflict(ProblemError):
    """Something must be done first, or a decision may mean somebody else (409)."""


class TooLarge(ProblemError):
    """Over a limit of size (413)."""


class Unreadable(ProblemError):
    """The photo cannot be read (422)."""


class Busy(ProblemError):
    """Too many requests (429), or the server is busy (503): try again after `retry_after` seconds."""


class ServerFailed(ProblemError):
    """A bug of the server, or a broken file (500 and other statuses)."""


_BY_STATUS: dict[int, type[ProblemError]] = {
    400: BadRequest,
    401: Unauthorized,
    403: Forbidden,
    404: NotFound,
    409: Conflict,
    413: TooLarge,
    422: Unreadable,
    429: Busy,
    503: Busy,
}


def problem_of(status: int, body: bytes, retry_after: str | None) -> ProblemError:
    """The error of a response. `retry_after` is the value of its header."""
    try:
        problem = json.loads(body)
        title, detail, request_id = problem["title"], problem["detail"], problem["request_id"]
    except (ValueError, KeyError, TypeError):
        title, detail, request_id = "no answer of Calotype", body[:200].decode("utf-8", "replace"), ""
    kind = _BY_STATUS.get(status, ServerFailed)
    return kind(status, title, detail, request_id, float(retry_after) if retry_after and retry_after.isdigit() else None)
