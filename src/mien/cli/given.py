"""What whoever calls the commands from Python gives them, beside what stands on the command line.

::

    with giving(Given(patient=Script(seconds=1))):
        typer.testing.CliRunner().invoke(app, ["demo"])
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mien.phantom import Script
    from mien.pipeline.settings import Thoroughness
    from mien.review.search.apis.transport import Transport


@dataclass(frozen=True)
class Given:
    """Settings of the library for which there is no option."""

    thoroughness: Thoroughness | None = None
    """How much is looked at before a result gets its name; the usual if None."""
    patient: Script | None = None
    """Whom `mien demo` draws; the usual if None."""
    transport: Transport | None = None
    """Who answers the searches of `mien review`; the servers if None."""


_GIVEN: ContextVar[Given] = ContextVar("given")


@contextmanager
def giving(settings: Given) -> Iterator[None]:
    """Give the commands that are called in this block these settings."""
    before = _GIVEN.set(settings)
    try:
        yield
    finally:
        _GIVEN.reset(before)


def given() -> Given:
    """What the command that runs was given."""
    return _GIVEN.get(None) or Given()


def thoroughness() -> Thoroughness:
    """How thoroughly results are looked at by the command that runs."""
    from mien.pipeline.settings import Thoroughness

    return given().thoroughness or Thoroughness()
