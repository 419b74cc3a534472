"""Files as answers, whole or in part.

The file is opened before anything is answered: what is removed or replaced meanwhile is sent to its
end as it was.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, BinaryIO

from fastapi import Header
from starlette.responses import Response, StreamingResponse

from mien.web.http.problems import Problem, documented

Range = Annotated[str | None, Header()]
"""The header of that name."""
_PIECE = 1 << 18  # bytes
_RANGE = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})")


def sent(kind: str) -> dict[int | str, dict[str, Any]]:
    """Entries of the OpenAPI document for a route that sends a file of a media type."""
    return {
        200: {"content": {kind: {}}},
        206: {"content": {kind: {}}, "description": "The bytes that were asked for."},
        416: {"description": "There are no such bytes."},
        **documented(404, 409),
    }


def send(
    path: Path,
    wanted: str | None,
    kind: str,
    *,
    called: str | None = None,
    headers: Mapping[str, str] | None = None,
    hide: Collection[int] = (),
) -> Response:
    """Answer with a file or a part of it.

    Parameters
    ----------
    path : Path
        The file.
    wanted : str or None
        The request's header ``Range``; what is no single range is answered with everything.
    kind : str
        Media type.
    called : str, optional
        Name under which a browser is to save it; None to show it.
    headers : mapping, optional
        Further headers.
    hide : collection of int
        Places, bytes from the start, at which the name of a box is sent as ``free``.

    Raises
    ------
    Problem
        If the file is gone.
    """
    try:
        file = path.open("rb")
    except OSError as error:
        raise Problem(404, "file_gone", "The file is gone: make it again.") from error
    try:
        size = os.fstat(file.fileno()).st_size
        given = {**(headers or {}), "Accept-Ranges": "bytes"}
        if called is not None:
            given["Content-Disposition"] = f'attachment; filename="{called}"'
        status, (first, end) = 200, (0, size)
        if match := _RANGE.fullmatch(wanted or ""):
            status, (first, end) = 206, _part(match[1], match[2], size)
            given["Content-Range"] = f"bytes {first}-{end - 1}/{size}"
            if first >= end:
                file.close()
                return Response(status_code=416, headers={"Content-Range": f"bytes */{size}"})
        given["Content-Length"] = str(end - first)
        return StreamingResponse(
            _pieces(file, first, end, hide), status_code=status, media_type=kind, headers=given
        )
    except BaseException:
        file.close()
        raise


def _part(first: str, last: str, size: int) -> tuple[int, int]:
    """First byte and the one after the last, as the header counts them."""
    if not first:
        return max(0, size - int(last or 0)), size
    return int(first), min(size, int(last) + 1) if last else size


def _pieces(file: BinaryIO, first: int, end: int, names: Collection[int]) -> Iterator[bytes]:
    with file:
        while first < end:
            file.seek(first)
            piece = bytearray(file.read(min(_PIECE, end - first)))
            if not piece:
                return
            for name in names:
                for k, byte in enumerate(b"free", name - first):
                    if 0 <= k < len(piece):
                        piece[k] = byte
            yield bytes(piece)
            first += len(piece)
