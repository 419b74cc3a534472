"""The API under /api: what the pages use, described by /api/openapi.json."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Callable
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict
from starlette.concurrency import run_in_threadpool
from starlette.responses import FileResponse, Response

from mien.errors import VideoError
from mien.web.folders import MANIFEST, PREVIEW, RESULT, Folders
from mien.web.jobs import Jobs
from mien.web.probing import Clip
from mien.web.problems import Problem, documented
from mien.web.serving import Serving
from mien.web.tables import Job, Status
from mien.web.uploads import display_name, in_words, receive

Engine = Literal["mesh", "mask", "blur", "pixelate"]
Voice = Literal["keep", "mute"]
After = Literal["ask", "delete"]


class SurrogateView(BaseModel):
    """A face that a patient can be given."""

    id: str
    apparent_sex: str | None
    apparent_tone: str | None
    apparent_age: str | None
    k: int
    """How many people it is an average of."""


class OptionsView(BaseModel):
    """What can be chosen."""

    engines: list[str]
    surrogates: list[SurrogateView]
    voices: list[str]
    local: bool
    """Whether only the computer that runs the server can reach it."""
    largest_bytes: int
    """Size that an upload may have."""


class ProjectView(BaseModel):
    """Clips that belong together."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    name: str


class JobView(BaseModel):
    """One clip, and how far its de-identification is."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    name: str
    """What the original was called."""
    status: Status
    created: float
    """Seconds since 1970."""
    finished: float | None
    engine: str
    surrogate: str
    voice: str
    after: str
    """What happens to the original when the result is done."""
    size: int
    """Bytes of the original."""
    width: int
    height: int
    frames: int | None
    seconds: float | None
    original: bool
    """Whether the original is still stored."""
    stage: str | None
    done: int
    """Frames that have passed the stage."""
    total: int | None
    fps: float | None
    seconds_left: float | None
    attempts: int
    cancelling: bool
    """Whether it was asked to stop and has not stopped yet."""
    preview: bool
    """Whether a frame of the result can be shown."""
    error: str | None
    code: str | None


class DeletedView(BaseModel):
    """What was deleted."""

    deleted: int
    """Number of originals."""


def api(serving: Serving, folders: Folders, jobs: Jobs, look: Callable[[Path], Clip]) -> APIRouter:
    """All routes under /api.

    Parameters
    ----------
    serving, folders, jobs
        How the server is run, where files lie, the queue.
    look : callable
        Says what an upload is, or raises `VideoError`.
    """
    router = APIRouter(prefix="/api", responses=documented(401, 403, 421, 422))
    project = jobs.projects()[0].id

    def find(job: str) -> Job:
        found = jobs.get(job)
        if found is None:
            raise Problem(404, "no_job", "There is no such clip: it may have been removed.")
        return found

    def view(job: Job) -> JobView:
        made = job.status == Status.DONE
        return JobView.model_validate(
            {
                **{name: getattr(job, name, None) for name in JobView.model_fields},
                "cancelling": job.status == Status.RUNNING and job.cancel_asked is not None,
                "preview": made and (folders.run(job) / PREVIEW).is_file(),
            }
        )

    def made(job: str, name: str) -> Path:
        found = find(job)
        if found.status != Status.DONE:
            raise Problem(409, "not_done", "This clip has no result: wait until it is done.")
        path = folders.run(found) / name
        if not path.is_file():
            raise Problem(404, "file_gone", "The file is gone: de-identify the clip again.")
        return path

    def delete_original(job: Job) -> None:
        folders.original(job).unlink(missing_ok=True)
        jobs.original_deleted(job.id)

    @router.get("/options")
    def options() -> OptionsView:
        """What can be chosen."""
        return OptionsView(
            engines=list(Engine.__args__),  # type: ignore[attr-defined]
            surrogates=list(_surrogates().values()),
            voices=list(Voice.__args__),  # type: ignore[attr-defined]
            local=serving.on_loopback,
            largest_bytes=serving.largest,
        )

    @router.get("/projects")
    def list_projects() -> list[ProjectView]:
        """All projects."""
        return [ProjectView.model_validate(found) for found in jobs.projects()]

    @router.get("/jobs")
    def list_jobs() -> list[JobView]:
        """All clips in the order they came."""
        return [view(job) for job in jobs.listing()]

    @router.post(
        "/jobs",
        status_code=201,
        responses=documented(413, 507),
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
        engine: Engine = "mesh",
        surrogate: Annotated[str, Query(max_length=100)] = "auto",
        voice: Voice = "keep",
        after: After = "ask",
    ) -> JobView:
        """Store a video, the body of the request, and queue it."""
        if surrogate != "auto" and surrogate not in _surrogates():
            raise Problem(422, "invalid", "There is no such surrogate: choose another face.")
        called, place = display_name(name), folders.upload(project)
        length = request.headers.get("content-length", "")
        announced = int(length) if length.isascii() and length.isdigit() else None
        try:
            size = await receive(request.stream(), announced, serving.largest, place)
            try:
                clip = await run_in_threadpool(look, place)
            except VideoError as error:
                raise Problem(422, "not_a_video", in_words(error, place, called)) from error
            wanted = {"engine": engine, "surrogate": surrogate, "voice": voice, "after": after}
            return view(await run_in_threadpool(queue, place, called, size, clip, wanted))
        finally:
            place.unlink(missing_ok=True)

    def queue(place: Path, called: str, size: int, clip: Clip, wanted: dict[str, Any]) -> Job:
        ident = secrets.token_hex(16)
        columns = {"id": ident, "project_id": project, "name": called, "size": size}
        stored = folders.original(Job(**columns))
        os.replace(place, stored)  # first the file: a job without its original would fail
        try:
            return jobs.add(
                **columns,
                **wanted,
                width=clip.width,
                height=clip.height,
                frames=clip.frames,
                seconds=clip.seconds,
            )
        except BaseException:
            stored.unlink(missing_ok=True)
            raise

    @router.delete("/originals")
    def delete_originals() -> DeletedView:
        """Delete the originals of all clips whose result is done; results stay."""
        due = [job for job in jobs.listing() if job.status == Status.DONE and job.original]
        for job in due:
            delete_original(job)
        return DeletedView(deleted=len(due))

    @router.get("/jobs/{job}", responses=documented(404))
    def one_job(job: str) -> JobView:
        """One clip."""
        return view(find(job))

    @router.delete("/jobs/{job}", status_code=204, responses=documented(404, 409))
    def remove(job: str) -> Response:
        """Delete a clip that is over, with its original and its result."""
        found = find(job)
        if not jobs.remove(job):
            raise Problem(409, "not_over", "This clip is being worked on: cancel it first.")
        folders.forget(found)
        return Response(status_code=204)

    @router.post("/jobs/{job}/cancel", responses=documented(404, 409))
    def cancel(job: str) -> JobView:
        """Stop working on a clip, or take it out of the queue."""
        if Status(find(job).status).over:
            raise Problem(409, "over", "This clip is finished: there is nothing to cancel.")
        jobs.ask_to_cancel(job)
        return view(find(job))

    @router.delete("/jobs/{job}/original", responses=documented(404, 409))
    def delete_one_original(job: str) -> JobView:
        """Delete the original of a clip that is over; its result stays."""
        found = find(job)
        if not Status(found.status).over:
            raise Problem(409, "not_over", "This clip is being worked on: cancel it first.")
        delete_original(found)
        return view(find(job))

    def binary(kind: str) -> dict[int | str, dict[str, Any]]:
        return {200: {"content": {kind: {}}}, **documented(404, 409)}

    # results are called by their job: the original's name may be the patient's
    @router.get("/jobs/{job}/result", responses=binary("video/mp4"), response_class=FileResponse)
    def result(job: str) -> FileResponse:
        """The de-identified clip."""
        return FileResponse(
            made(job, RESULT), media_type="video/mp4", filename=f"deid-{job[:8]}.mp4"
        )

    @router.get(
        "/jobs/{job}/manifest", responses=binary("application/json"), response_class=FileResponse
    )
    def manifest(job: str) -> FileResponse:
        """What was done to every frame."""
        return FileResponse(
            made(job, MANIFEST), media_type="application/json", filename=f"deid-{job[:8]}.json"
        )

    @router.get("/jobs/{job}/preview", responses=binary("image/jpeg"), response_class=FileResponse)
    def preview(job: str) -> FileResponse:
        """One frame of the de-identified clip."""
        return FileResponse(made(job, PREVIEW), media_type="image/jpeg")

    return router


@cache
def _surrogates() -> dict[str, SurrogateView]:
    """The bank's cards, by id; read here because `mien.surrogates` loads numerical libraries."""
    text = (files("mien") / "assets" / "surrogates" / "cards.json").read_text()
    return {
        card["id"]: SurrogateView(
            id=card["id"],
            apparent_sex=card.get("apparent_sex"),
            apparent_tone=card.get("apparent_tone"),
            apparent_age=card.get("apparent_age"),
            k=card["k"],
        )
        for card in json.loads(text)
    }
