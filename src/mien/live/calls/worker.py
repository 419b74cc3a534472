"""The process that de-identifies the pictures of one call.

::

    python -m mien.live.calls.worker '{"match": "age"}'

Pictures come on standard input and go out on standard output, as `mien.live.calls.wire` has them.
It ends when its input does, writes nothing else, and knows no network.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import BinaryIO

import cv2
import numpy as np

from mien.errors import MienError
from mien.live.calls.wire import planes_of, receive, send
from mien.live.doubt import Doubt
from mien.live.session import Session
from mien.live.settings import LiveSettings
from mien.live.shot import Shot
from mien.live.sources import CLOCK


class Incoming:
    """Pictures of a pipe in a camera's place."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream

    def __iter__(self) -> Iterator[Shot]:
        while (picture := receive(self._stream)) is not None:
            yield Shot(picture.rgb(), picture.pts, CLOCK, picture.came)


class Outgoing:
    """Gives what may be shown to a pipe."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream

    def show(self, image: np.ndarray, pts: int, time_base: Fraction, doubt: Doubt | None) -> None:
        """See `mien.live.sinks.Sink.show`."""
        send(self._stream, planes_of(image, round(pts * time_base / CLOCK), doubt))

    def close(self) -> None:
        """See `mien.live.sinks.Sink.close`."""


def work(settings: LiveSettings, pictures: BinaryIO, results: BinaryIO) -> None:
    """De-identify what comes until there is no more.

    Parameters
    ----------
    settings : LiveSettings
        What the user wants.
    pictures, results : binary streams
        Where they come from, and where they go.
    """
    session = Session(Incoming(pictures), [Outgoing(results)], settings)
    try:
        session.run()
    finally:
        session.close()


def chosen(text: str) -> LiveSettings:
    """Settings as `mien.live.calls.remote` writes them down."""
    found = json.loads(text)
    bank = found.pop("bank", None)
    return LiveSettings(**found, bank=None if bank is None else Path(bank))


def main() -> int:
    """Run one call; 0 at its end, 1 where something failed."""
    results = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever libraries print is no picture
    cv2.setNumThreads(1)  # stages run beside each other; threads that wait for more work cost time
    try:
        work(chosen(sys.argv[1]), sys.stdin.buffer, results)
    except (MienError, OSError) as exc:
        print(f"{type(exc).__name__}: {exc}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
