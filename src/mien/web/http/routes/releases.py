"""Releases: results that are checked once more and packed for somebody else."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response, StreamingResponse

from mien.report.language import DEFAULT, Language
from mien.video.boxes import boxes
from mien.web.http.desk import Desk, WorkView
from mien.web.http.problems import Problem, documented
from mien.web.http.sending import Range, send, sent
from mien.web.http.uploads import printable
from mien.web.queue.folders import ARCHIVE, MANIFEST, RESULT
from mien.web.queue.tables import Clip, Job, Kind, Status

_MOST = 500  # clips of a release
_LONGEST_HEAD = 64 << 20  # bytes of a file's index that are looked through

Clips = Annotated[list[str], Query(max_length=_MOST)]
Text = Annotated[str, Field(max_length=2000)]


class ReleaseWanted(BaseModel):
    """What is to be packed, and what the data card says."""

    model_config = ConfigDict(extra="forbid")

    clips: Annotated[list[str], Field(min_length=1, max_length=_MOST)]
    """Clips that are done; they are packed in this order."""
    mute: bool = True
    """Whether copies without sound are packed."""
    include_metrics: bool = True
    """Whether figures are packed, of clips that were measured."""
    title: Annotated[str, Field(max_length=200)] = ""
    """Heading of the card."""
    consent: Text = ""
    """Who agreed to what."""
    licence: Text = ""
    """Under what terms others may use it."""
    contact: Text = ""
    """Whom to ask."""
    language: Language = DEFAULT
    """Of the data card."""


class ContentView(BaseModel):
    """One clip as it would be packed."""

    id: str
    name: str
    """What people call it; not in the package."""
    file: str
    """What it is called in the package."""
    bytes: int
    """Size of the video."""
    method: str
    """What was done to the faces: `mesh`, `mask`, `blur` or `pixelate`."""
    frames: int
    covered: int
    """Frames that show no face."""
    sound: bool
    """Whether the result has sound."""
    original: bool
    """Whether the original is here, to compare with."""
    measured: bool
    """Whether there are figures."""
    stale: bool
    """Whether the figures are of an older version, and would be left out."""


class ContentsView(BaseModel):
    """What a release would hold."""

    clips: list[ContentView]
    files: list[str]
    """Names of all files in it, if everything is included."""
    bytes: int
    """Size of the videos."""


def routes(desk: Desk) -> APIRouter:
    """Routes under /releases, and fetching one."""
    router = APIRouter()

    def chosen(ids: list[str]) -> list[Clip]:
        if len(set(ids)) < len(ids):
            raise Problem(422, "invalid", "A clip is named twice: name each once.")
        return [desk.done(clip) for clip in ids]

    def measured() -> dict[str, Job]:
        """The newest measurement of each clip."""
        jobs = desk.store.jobs.listing(None, Kind.EVALUATE)
        return {clip: job for job in jobs if job.status == Status.DONE for clip in job.clips}

    def content(number: int, clip: Clip, measurement: Job | None) -> ContentView:
        result = desk.file(clip, RESULT)
        desk.file(clip, MANIFEST)
        found = clip.found or {}
        theirs = None if measurement is None else (measurement.found or {}).get("result_run")
        return ContentView(
            id=clip.id,
            name=clip.called,
            file=f"clip-{number:03d}.mp4",
            bytes=result.stat().st_size,
            method=clip.job.wanted.get("engine", "mesh"),
            frames=found.get("frames") or 0,
            covered=(found.get("ledger") or {}).get("covered", 0),
            sound=clip.job.wanted.get("voice") != "mute" and _has_sound(result),
            original=clip.original,
            measured=measurement is not None,
            stale=measurement is not None and theirs != clip.run,
        )

    @router.get("/releases/contents", responses=documented(404, 409))
    def contents(clips: Clips) -> ContentsView:
        """What a release of these clips would hold."""
        measurements = measured()
        views = [
            content(number, clip, measurements.get(clip.id))
            for number, clip in enumerate(chosen(clips), 1)
        ]
        files = ["README.txt", "DATA_CARD.md", "manifest.json"]
        for view in views:
            stem = view.file.removesuffix(".mp4")
            files += [view.file, f"{stem}.json"]
            files += [f"{stem}-metrics.json"] if view.measured and not view.stale else []
        return ContentsView(clips=views, files=files, bytes=sum(view.bytes for view in views))

    @router.post("/releases", status_code=201, responses=documented(404, 409))
    def add_release(wanted: ReleaseWanted) -> WorkView:
        """Check clips and pack them, in the queue."""
        clips = chosen(wanted.clips)
        covering = {
            clip
            for job in desk.store.jobs.listing(None, Kind.COVER)
            if not Status(job.status).over
            for clip in job.clips
        }
        for clip in clips:
            desk.file(clip, RESULT)
            if clip.id in covering:
                raise Problem(
                    409, "being_covered", "A clip is being covered by hand: wait until it is done."
                )
        measurements = measured() if wanted.include_metrics else {}
        figures = {clip.id: measurements[clip.id].id for clip in clips if clip.id in measurements}
        count = len(clips)
        return desk.work_view(
            desk.order(
                Kind.RELEASE,
                clips,
                {**wanted.model_dump(exclude={"clips", "include_metrics"}), "measured": figures},
                printable(wanted.title) or f"{count} clip{'' if count == 1 else 's'}",
            )
        )

    @router.get(
        "/works/{work}/release",
        responses=sent("application/zip"),
        response_class=StreamingResponse,
    )
    def archive(work: str, range: Range = None) -> Response:
        """The package, a ZIP."""
        found = desk.work(work, Kind.RELEASE)
        if found.status == Status.DONE and not (found.found or {}).get("passed"):
            raise Problem(
                409, "withheld", "A check failed, so there is no package: see which one it was."
            )
        path = desk.file(found, ARCHIVE)
        return send(path, range, "application/zip", called=f"release-{work[:8]}.zip")

    return router


def _has_sound(result: Path) -> bool:
    """Whether an MP4 announces a sound track; read here, because what reads videos is heavy."""
    with result.open("rb") as stream, suppress(ValueError):
        for box in boxes(stream, 0, result.stat().st_size):
            if box.kind == b"moov":
                stream.seek(box.start)
                return b"soun" in stream.read(min(box.end - box.start, _LONGEST_HEAD))
    return False
