"""Clips: uploading, following, removing them, and fetching what became of them."""

from __future__ import annotations

import asyncio
import os
import secrets
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel
from sqlalchemy.exc import IntegrityError
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response, StreamingResponse

from mien.engines import offered
from mien.errors import VideoError
from mien.web.http.desk import Desk, ProgressView, progress_of
from mien.web.http.engines import Engine, TraitsView, traits
from mien.web.http.problems import Problem, documented
from mien.web.http.routes.surrogates import bank
from mien.web.http.sending import Range, send, sent
from mien.web.http.uploads import display_name, in_words, receive
from mien.web.queue.folders import COMPARE, MANIFEST, PREVIEW, RESULT
from mien.web.queue.remuxing import remux
from mien.web.queue.tables import Clip, Job, Kind, Status

Match = Literal["none", "sex", "age", "tone"]
People = Literal["all", "main"]
Voice = Literal["keep", "change", "mute"]
Room = Literal["keep", "blur", "solid"]
Withhold = Literal["never", "over 10%", "any"]
After = Literal["ask", "delete"]
Measure = Literal["no", "generic", "parkinson", "palsy"]


_NO_PROJECT = "There is no such project: it may have been removed."
_DRAWING = ("rendering", "rendering again")
"""Stages in which there is something of the result to see."""
_LOOKED_AT = 2  # uploads at once: each is a process


class OptionsView(BaseModel):
    """What can be chosen."""

    engines: list[str]
    traits: dict[str, TraitsView]
    """Of the engines, by name."""
    matches: list[str]
    people: list[str]
    voices: list[str]
    surroundings: list[str]
    withholds: list[str]
    """When nothing is given, by how much has to be covered."""
    measures: list[str]
    local: bool
    """Whether only the computer that runs the server can reach it."""
    largest_bytes: int
    """Size that an upload may have."""


class WantedView(BaseModel):
    """How a clip is de-identified."""

    engine: str
    surrogate: str
    match: str
    """What the new face keeps alike."""
    people: str
    """Whose face is replaced; others are covered."""
    subject: str | None
    """Name of the patient in a study."""
    voice: str
    surroundings: str = "keep"
    """What becomes of the room behind people."""
    withhold: str = "over 10%"
    """When nothing is given: how much may be covered as recognised or left."""
    compare: bool
    """Whether a copy is kept in which the original is beside the result."""
    measure: str | None
    """Profile that the result is measured with when it is done."""


class MissingView(BaseModel):
    """How much of a clip could not be read; only where that is much."""

    frames: int
    """Frames that gave no picture, or a damaged one."""
    of: int
    """Frames that the clip announces."""


class JudgeView(BaseModel):
    """What a recogniser that had no say makes of one person of a result."""

    person: int
    """Number from 0."""
    recogniser: str
    """Its name."""
    frames: int
    """Frames of the result that it saw."""
    share_under: float
    """Share of them in which it recognises the person, 0 to 1."""


class NoteView(BaseModel):
    """Something that was stored otherwise than the original has it."""

    kind: str
    """`interlaced`, `hdr`, `pixels`, `sound` or `damaged`."""
    words: str
    """A sentence."""


class MomentView(BaseModel):
    """Frames in a row that were covered so that the rest passes."""

    reason: Literal["recognised", "face left"]
    person: int | None
    """Number from 0; None for a face that was left."""
    by: list[str]
    """Recognisers that would know the person."""
    first_frame: int
    last_frame: int
    from_s: float
    to_s: float


class ConcededView(BaseModel):
    """What was covered so that the rest passes."""

    frames: int
    share: float
    """Of all frames, 0 to 1."""
    moments: list[MomentView]


class FoundView(BaseModel):
    """What became of a clip, in short."""

    frames: int
    ledger: dict[str, int]
    """Frames by what happened to them."""
    surrogates: list[str]
    """Faces that were given."""
    renderings: int
    """How often it was drawn until nothing failed."""
    missing: MissingView | None = None
    """None where the clip was read as good as whole."""
    conceded: ConcededView | None = None
    """None of results of earlier versions."""
    judges: list[JudgeView] = []
    """What recognisers that had no say make of the result."""
    notes: list[NoteView] = []
    """What was stored otherwise than the original has it."""


class ReaderView(BaseModel):
    """A job that is still to read a clip."""

    work: str
    kind: Kind
    running: bool
    """Whether it is being worked on; otherwise it waits."""


class ClipView(ProgressView):
    """One clip, and how far its de-identification is."""

    project_id: str
    wanted: WantedView
    found: FoundView | None
    """None until it is done."""
    after: str
    """What happens to the original when all is done."""
    size: int
    """Bytes of the original."""
    width: int | None
    """Pixels; None of a clip that was found again without its result."""
    height: int | None
    frames: int | None
    seconds: float | None
    original: bool
    """Whether the original is still stored."""
    preview: bool
    """Whether a frame of the result can be shown; of one that is being drawn, the last one."""
    compare: bool
    """Whether original and result can be seen beside each other."""
    readers: list[ReaderView]
    """Jobs that are still to read it; until they are over, neither it nor its original can go."""


class DeletedView(BaseModel):
    """What was deleted."""

    deleted: int
    """Number of originals."""
    kept: int
    """Originals that stay: something is still to be done with them, or they cannot be deleted."""


def routes(desk: Desk) -> APIRouter:
    """Routes under /clips, and what goes with them."""
    router = APIRouter()
    clips, jobs, folders = desk.store.clips, desk.store.jobs, desk.folders
    looking = asyncio.Semaphore(_LOOKED_AT)

    def readers(works: Iterable[Job]) -> dict[str, list[ReaderView]]:
        """What is still to read clips, by clip."""
        found: dict[str, list[ReaderView]] = {}
        for work in works:
            if not Status(work.status).over:
                running = work.status == Status.RUNNING
                for clip in work.clips:
                    reader = ReaderView(work=work.id, kind=Kind(work.kind), running=running)
                    found.setdefault(clip, []).append(reader)
        return found

    def view(clip: Clip, by_clip: dict[str, list[ReaderView]] | None = None) -> ClipView:
        by_clip = readers(jobs.of_clip(clip.id)) if by_clip is None else by_clip
        job = clip.job
        drawn = job if job.status == Status.RUNNING and job.stage in _DRAWING else clip
        columns = {column.key: getattr(clip, column.key) for column in Clip.__table__.columns}
        return ClipView.model_validate(
            {
                **progress_of(job),
                **columns,
                "preview": drawn.run is not None and (folders.run(drawn) / PREVIEW).is_file(),
                "compare": clip.run is not None and (folders.run(clip) / COMPARE).is_file(),
                "readers": by_clip.get(clip.id, []),
            }
        )

    def check_unneeded(clip: Clip) -> None:
        if clip.id in jobs.needed():
            raise Problem(
                409, "in_use", "This clip is still needed: wait until all about it is done."
            )

    def delete_original(clip: Clip) -> None:
        folders.forget_original(clip)
        clips.original_deleted(clip.id)

    @router.get("/options")
    def options() -> OptionsView:
        """What can be chosen."""
        choices = {
            name: list(kind.__args__)  # type: ignore[attr-defined]
            for name, kind in (
                ("matches", Match),
                ("people", People),
                ("voices", Voice),
                ("surroundings", Room),
                ("withholds", Withhold),
                ("measures", Measure),
            )
        }
        return OptionsView(
            engines=offered(),
            traits=traits(),
            **choices,
            local=desk.serving.on_loopback,
            largest_bytes=desk.serving.largest,
        )

    @router.get("/clips", responses=documented(404))
    def list_clips(project: str | None = None) -> list[ClipView]:
        """All clips of a project in the order they came."""
        home = desk.project(project).id
        listed = clips.listing(home)
        # what was measured is long: it is read only while something is still to be done
        by_clip = readers(jobs.readers(home))
        return [view(clip, by_clip) for clip in listed]

    @router.post(
        "/clips",
        status_code=201,
        responses=documented(400, 404, 413, 507),
        openapi_extra={
            "requestBody": {
                "required": True,
                "content": {
                    "application/octet-stream": {"schema": {"type": "string", "format": "binary"}}
                },
            }
        },
    )
    async def upload(
        request: Request,
        name: Annotated[str, Query(max_length=1000)],
        project: str | None = None,
        engine: Engine = "mesh",
        surrogate: Annotated[str, Query(max_length=100)] = "auto",
        match: Match = "age",
        people: People = "all",
        subject: Annotated[str | None, Query(max_length=100)] = None,
        voice: Voice = "mute",
        surroundings: Room = "keep",
        withhold: Withhold = "over 10%",
        after: After = "ask",
        measure: Measure = "no",
        recorded: bool = False,
    ) -> ClipView:
        """Store a video, the body of the request, and queue it; one that was `recorded` by a
        browser is given durations and an index first."""
        if surrogate != "auto" and surrogate not in bank():
            raise Problem(422, "invalid", "There is no such surrogate: choose another face.")
        home = desk.project(project).id
        jobs.check_room(Kind.DEIDENTIFY)  # before a large video is sent for nothing
        called, place = display_name(name), folders.upload(home)
        length = request.headers.get("content-length", "")
        announced = int(length) if length.isascii() and length.isdigit() else None
        try:
            size = await receive(request.stream(), announced, desk.serving.largest, place)
            if not place.exists():  # the project was removed while the video arrived
                raise Problem(404, "no_project", _NO_PROJECT)
            try:
                async with looking:  # waiting takes no thread from the pages
                    if recorded:
                        await run_in_threadpool(remux, place)
                        size = place.stat().st_size
                    found = await run_in_threadpool(desk.look, place)
            except VideoError as error:
                raise Problem(422, "not_a_video", in_words(error, place, called)) from error
            if voice != "mute" and not found.sound_fits:
                raise Problem(
                    422,
                    "sound_unfit",
                    f"The sound of {called} cannot be kept in a result: leave the voice out, or "
                    "convert the sound to AAC first.",
                )
            wanted = WantedView(
                engine=engine,
                surrogate=surrogate,
                match=match,
                people=people,
                subject=(subject or "").strip() or None,
                voice=voice,
                surroundings=surroundings,
                withhold=withhold,
                compare=after == "ask",
                measure=None if measure == "no" else measure,
            )
            clip = Clip(
                id=secrets.token_hex(16),
                project_id=home,
                name=called,
                after=after,
                size=size,
                width=found.width,
                height=found.height,
                frames=found.frames,
                seconds=found.seconds,
            )
            return view(await run_in_threadpool(queue, place, clip, wanted))
        finally:
            place.unlink(missing_ok=True)

    def queue(place: Path, clip: Clip, wanted: WantedView) -> Clip:
        stored = folders.original(clip)
        os.replace(place, stored)  # first the file: a job without its original would fail
        try:
            return clips.add(clip, wanted.model_dump())
        except BaseException as error:
            stored.unlink(missing_ok=True)
            if isinstance(error, IntegrityError):
                raise Problem(404, "no_project", _NO_PROJECT) from error
            raise

    @router.delete("/originals", responses=documented(404))
    def delete_originals(project: str | None = None) -> DeletedView:
        """Delete the originals of a project's clips that are over and not needed; results stay."""
        stored = [clip for clip in clips.listing(desk.project(project).id) if clip.original]
        needed = jobs.needed()  # asked last: what has just been done may be measured next
        deleted = 0
        for clip in stored:
            if Status(clip.job.status).over and clip.id not in needed:
                with suppress(OSError):  # one that cannot go does not keep the others
                    delete_original(clip)
                    deleted += 1
        return DeletedView(deleted=deleted, kept=len(stored) - deleted)

    @router.get("/clips/{clip}", responses=documented(404))
    def one_clip(clip: str) -> ClipView:
        """One clip."""
        return view(desk.clip(clip))

    @router.delete("/clips/{clip}", status_code=204, responses=documented(404, 409))
    def remove(clip: str) -> Response:
        """Delete a clip that is over, with its original, its result and its measurements."""
        found = desk.clip(clip)
        check_unneeded(found)
        about = jobs.of_clip(clip, Kind.COVER, Kind.EVALUATE)
        if not clips.remove(clip):
            raise Problem(409, "not_over", "This clip is being worked on: cancel it first.")
        folders.forget_clip(found)
        for job in about:
            if jobs.remove(job.id):
                folders.forget(job)
        desk.store.scrub()
        return Response(status_code=204)

    @router.post("/clips/{clip}/cancel", responses=documented(404, 409))
    def cancel(clip: str) -> ClipView:
        """Stop working on a clip, or take it out of the queue."""
        if Status(desk.clip(clip).job.status).over:
            raise Problem(409, "over", "This clip is finished: there is nothing to cancel.")
        jobs.ask_to_cancel(clip)
        return view(desk.clip(clip))

    @router.post("/clips/{clip}/again", responses=documented(404, 409))
    def again(clip: str) -> ClipView:
        """Queue a clip that failed or was cancelled once more."""
        if not desk.clip(clip).original:
            raise Problem(409, "no_original", "The original was deleted: upload the clip again.")
        if not jobs.again(clip):
            raise Problem(409, "not_failed", "This clip did not fail: there is nothing to repeat.")
        return view(desk.clip(clip))

    @router.delete("/clips/{clip}/original", responses=documented(404, 409))
    def delete_one_original(clip: str) -> ClipView:
        """Delete the original of a clip that is over; its result stays."""
        found = desk.clip(clip)
        check_unneeded(found)
        if not Status(found.job.status).over:
            raise Problem(409, "not_over", "This clip is being worked on: cancel it first.")
        delete_original(found)
        return view(desk.clip(clip))

    # results are called by their clip's id: the original's name may be the patient's
    @router.get(
        "/clips/{clip}/result", responses=sent("video/mp4"), response_class=StreamingResponse
    )
    def result(clip: str, range: Range = None) -> Response:
        """The de-identified clip."""
        path = desk.file(desk.done(clip), RESULT)
        return send(path, range, "video/mp4", called=f"deid-{clip[:8]}.mp4")

    @router.get(
        "/clips/{clip}/manifest",
        responses=sent("application/json"),
        response_class=StreamingResponse,
    )
    def manifest(clip: str, range: Range = None) -> Response:
        """What was done to every frame."""
        path = desk.file(desk.done(clip), MANIFEST)
        return send(path, range, "application/json", called=f"deid-{clip[:8]}.json")

    @router.get(
        "/clips/{clip}/preview",
        responses={200: {"content": {"image/jpeg": {}}}, **documented(404, 409)},
        response_class=Response,
    )
    def preview(clip: str) -> Response:
        """One frame of the de-identified clip; of one that is being drawn, the last one."""
        found = desk.clip(clip)
        drawn = found.job if found.job.status == Status.RUNNING else found
        if drawn.run is None:
            raise Problem(409, "not_done", "This clip has no result: wait until it is done.")
        try:  # read at once: a picture that is drawn is replaced meanwhile
            content = (folders.run(drawn) / PREVIEW).read_bytes()
        except OSError as error:
            raise Problem(404, "file_gone", "There is no picture yet: wait.") from error
        return Response(content, media_type="image/jpeg")

    return router
