"""A client for Calotype's server. See Client."""

from calotype_client.client import Analysis, Client
from calotype_client.errors import (
    BadRequest,
    Busy,
    CalotypeError,
    Conflict,
    ConnectionFailed,
    Forbidden,
    NotFound,
    ProblemError,
    ServerFailed,
    TooLarge,
    Unauthorized,
    Unreadable,
)
from calotype_client.transport import Event

__all__ = [
    "Analysis",
    "BadRequest",
    "Busy",
    "CalotypeError",
    "Client",
    "Conflict",
    "ConnectionFailed",
    "Event",
    "Forbidden",
    "NotFound",
    "ProblemError",
    "ServerFailed",
    "TooLarge",
    "Unauthorized",
    "Unreadable",
]
