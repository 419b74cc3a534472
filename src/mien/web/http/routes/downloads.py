"""Several results as one file."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Annotated, cast

from fastapi import APIRouter, Query
from starlette.responses import StreamingResponse

from mien.web.http.desk import Desk
from mien.web.http.problems import Problem, documented
from mien.web.queue.folders import MANIFEST, RESULT
from mien.web.queue.tables import Clip

Clips = Annotated[list[str], Query(min_length=1, max_length=500)]
_PIECE = 1 << 18  # bytes
_STAMP = (1980, 1, 1, 0, 0, 0)  # when results were made says something of patients
_ODD = re.compile(r"[^A-Za-z0-9._-]+")


def routes(desk: Desk) -> APIRouter:
    """The route of several results."""
    router = APIRouter()

    @router.get(
        "/results.zip",
        responses={200: {"content": {"application/zip": {}}}, **documented(404, 409)},
        response_class=StreamingResponse,
    )
    def results(clip: Clips) -> StreamingResponse:
        """Results and manifests of clips, called by their pseudonyms or else their ids."""
        if len(set(clip)) < len(clip):
            raise Problem(422, "invalid", "A clip is named twice: name each once.")
        found = [desk.done(each) for each in clip]
        files = [
            (f"{stem}{ending}", desk.file(each, name))
            for each, stem in zip(found, stems(found), strict=True)
            for name, ending in ((RESULT, ".mp4"), (MANIFEST, ".json"))
        ]
        return StreamingResponse(
            packed(files),
            media_type="application/zip",
            headers={"Content-Disposition": 'attachment; filename="results.zip"'},
        )

    return router


def stems(clips: list[Clip]) -> list[str]:
    """What files of clips are called: never as their own files, whose names may be patients'."""
    return [
        "-".join(
            part for part in ("deid", _safe(clip.subject), _safe(clip.visit), clip.id[:8]) if part
        )
        for clip in clips
    ]


def packed(files: list[tuple[str, Path]]) -> Iterator[bytes]:
    """An archive of files, in pieces, stored as they are."""
    out = _Pieces()
    with zipfile.ZipFile(cast(IO[bytes], out), "w", zipfile.ZIP_STORED) as archive:
        for name, path in files:
            info = zipfile.ZipInfo(name, _STAMP)
            with path.open("rb") as source, archive.open(info, "w", force_zip64=True) as place:
                while piece := source.read(_PIECE):
                    place.write(piece)
                    yield out.take()
    yield out.take()


class _Pieces:
    """Where an archive is written that is sent as it grows."""

    def __init__(self) -> None:
        self._waiting = bytearray()

    def write(self, content: bytes) -> int:
        """Take some."""
        self._waiting += content
        return len(content)

    def flush(self) -> None:
        """There is nothing behind it."""

    def take(self) -> bytes:
        """What has come since the last time."""
        found = bytes(self._waiting)
        self._waiting.clear()
        return found


def _safe(text: str | None) -> str:
    return _ODD.sub("_", text or "").strip("._")[:40]
