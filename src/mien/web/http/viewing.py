"""Videos as a browser shows them from the first to the last frame.

A clip that begins late has an edit list that says so, and Chromium takes that time off the end:
nobody can go to the last frames. For viewing, where pages count frames from the first, edit lists
are hidden while the file is sent. The file itself stays as it is.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from starlette.responses import Response

from mien.video.boxes import boxes
from mien.web.http.sending import send


def view(path: Path, wanted: str | None) -> Response:
    """Answer with an MP4 or a part of it.

    Parameters
    ----------
    path : Path
        The file.
    wanted : str or None
        The request's header ``Range``; what is no single range is answered with everything.

    Raises
    ------
    OSError
        If the file cannot be opened.
    """
    with path.open("rb") as file:
        places = hidden(file, os.fstat(file.fileno()).st_size)
    return send(path, wanted, "video/mp4", hide=places)


def hidden(file: BinaryIO, size: int) -> list[int]:
    """Where the names of an MP4's edit lists stand, bytes from the start."""
    found = []
    with suppress(ValueError):  # a damaged file is sent as it is from there on
        for whole in boxes(file, 0, size):
            if whole.kind != b"moov":
                continue
            for track in boxes(file, whole.start, whole.end):
                if track.kind == b"trak":
                    parts = boxes(file, track.start, track.end)
                    found += [part.start - 4 for part in parts if part.kind == b"edts"]
    return found
