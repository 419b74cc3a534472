"""What the three interfaces have in common: answers come page by page."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Protocol

from mien.errors import FormatError
from mien.review.records.record import Record
from mien.review.search.apis.transport import Transport


@dataclass(frozen=True)
class Query:
    """What is asked."""

    words: str
    """In the language of the interface."""
    since: str = ""
    """First day of publication, or of entering the database if `entered`; ``2021-09-30``."""
    until: str = ""
    """Last day."""
    entered: bool = False
    """Whether dates are of entering the database, as when a review is brought up to date."""


@dataclass(frozen=True)
class Page:
    """One answer."""

    records: tuple[Record, ...]
    """In the server's order."""
    total: int
    """Records that the server has for the query."""
    cursor: str
    """From where to go on; empty at the end."""
    body: bytes
    """The answer as it came, to be kept."""


class Api(Protocol):
    """One interface."""

    name: str
    """Of the database."""

    def page(self, query: Query, cursor: str, transport: Transport) -> Page:
        """The page at a cursor, the first one at an empty cursor."""


def parsed(body: bytes, name: str) -> dict[str, Any]:
    """The object in an answer; raises `FormatError` if it is none."""
    try:
        said = json.loads(body)
    except (ValueError, RecursionError) as exc:
        raise FormatError(f"{name} answered with something that is no JSON: try again.") from exc
    if not isinstance(said, dict):
        raise FormatError(f"{name} answered with something unexpected: try again.")
    return said


def text(value: Any) -> str:
    """A value that should be a text, as one."""
    return value if isinstance(value, str) else str(value) if isinstance(value, int) else ""


def listed(value: Any) -> list[dict[str, Any]]:
    """A value that should be a list of objects, as one."""
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def under(value: Any, *keys: str) -> Any:
    """What stands in nested objects, or None."""
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value
