"""Who is in a clip, a picture of one's own as the new face, and how one moment would look."""

from __future__ import annotations

import os
from io import BytesIO
from typing import Annotated, Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from mien.web.http.desk import Desk, WorkView
from mien.web.http.making import Making, wanted
from mien.web.http.problems import Problem, documented
from mien.web.http.uploads import FULL
from mien.web.queue.folders import TRIED, WAS, person_picture
from mien.web.queue.tables import Clip, Job, Kind, Status

_LARGEST_PICTURE = 1 << 20  # bytes: the page makes pictures small
_MOST_PIXELS = 100_000_000
_PICTURE = {200: {"content": {"image/jpeg": {}}}, **documented(404, 409)}
_KINDS = ("JPEG", "PNG", "WEBP")


class Trying(BaseModel):
    """A moment, and how it shall be made."""

    time_s: Annotated[float, Field(ge=0, le=1e6, allow_inf_nan=False)]
    making: Making


class PeopleView(BaseModel):
    """What is known of who is in a clip."""

    people: WorkView | None
    """The newest look for people: its `found` lists them; None if nobody asked."""
    tried: WorkView | None
    """The newest picture of a moment."""
    portrait: bool
    """Whether a picture of one's own is stored."""


def routes(desk: Desk) -> APIRouter:
    """Routes under /clips/ID about people."""
    router = APIRouter(prefix="/clips/{clip}")
    jobs, folders = desk.store.jobs, desk.folders

    def newest(clip: str, kind: Kind) -> Job | None:
        found = jobs.of_clip(clip, kind)
        return found[-1] if found else None

    def stored(clip: str) -> Clip:
        found = desk.clip(clip)
        if not found.original:
            raise Problem(409, "no_original", "The original was deleted: upload the clip again.")
        return found

    def renew(clip: Clip, kind: Kind, settings: dict[str, object]) -> Job:
        """Order a job of a kind of which a clip has one at a time; what an older one made goes."""
        about = jobs.of_clip(clip.id, kind)
        if any(not Status(job.status).over for job in about):
            raise Problem(409, "being_looked_at", "This is under way already: wait.")
        new = desk.order(kind, [clip], settings, clip.called)
        for job in about:
            if jobs.remove(job.id):
                folders.forget(job)
        return new

    @router.get("/people", responses=documented(404))
    def people(clip: str) -> PeopleView:
        """What is known of who is in a clip."""
        found = desk.clip(clip)
        looked, tried = newest(clip, Kind.PEOPLE), newest(clip, Kind.TRY)
        return PeopleView(
            people=None if looked is None else desk.work_view(looked),
            tried=None if tried is None else desk.work_view(tried),
            portrait=folders.portrait(found).is_file(),
        )

    @router.post("/people", status_code=201, responses=documented(404, 409))
    def find(clip: str) -> WorkView:
        """Look for everybody in a clip's original."""
        return desk.work_view(renew(stored(clip), Kind.PEOPLE, {}))

    @router.get("/people/{number}", responses=_PICTURE, response_class=Response)
    def person(clip: str, number: int) -> Response:
        """A picture of a person: it shows the patient."""
        desk.say(f"person {number}")
        return picture(clip, Kind.PEOPLE, person_picture(number))

    @router.post("/try", status_code=201, responses=documented(404, 409))
    def try_moment(clip: str, trying: Trying) -> WorkView:
        """Make a picture of one moment as the result would look."""
        found = stored(clip)
        settings = wanted(
            trying.making, found.subject, portrait=folders.portrait(found).is_file()
        ).model_dump()
        looked = newest(clip, Kind.PEOPLE)
        seen = (looked.found or {}).get("people", []) if looked is not None else []
        if not seen and (trying.making.people not in ("all", "main") or trying.making.leave):
            raise Problem(409, "nobody_known", "Find everybody in the clip first.")
        return desk.work_view(
            renew(found, Kind.TRY, {**settings, "time_s": trying.time_s, "seen": seen})
        )

    @router.get("/try/{which}", responses=_PICTURE, response_class=Response)
    def moment(clip: str, which: Literal["tried", "was"]) -> Response:
        """The moment as the result would look, or as it was; both show the patient."""
        return picture(clip, Kind.TRY, TRIED if which == "tried" else WAS)

    def picture(clip: str, kind: Kind, name: str) -> Response:
        desk.clip(clip)
        job = newest(clip, kind)
        if job is None:
            raise Problem(404, "file_gone", "There is no such picture.")
        path = desk.file(job, name)
        return Response(
            path.read_bytes(), media_type="image/jpeg", headers={"Cache-Control": "no-store"}
        )

    @router.post(
        "/portrait",
        status_code=204,
        responses=documented(404, 409, 413, 507),
        openapi_extra={
            "requestBody": {
                "required": True,
                "content": {"image/*": {"schema": {"type": "string", "format": "binary"}}},
            }
        },
    )
    async def take(request: Request, clip: str) -> Response:
        """Store a picture of somebody who agreed to be the new face, the body of the request."""
        found = stored(clip)
        content = bytearray()
        async for piece in request.stream():
            content += piece
            if len(content) > _LARGEST_PICTURE:
                raise Problem(413, "too_large", "The picture is too large: choose a smaller one.")
        await run_in_threadpool(keep, found, bytes(content))
        return Response(status_code=204)

    def keep(clip: Clip, content: bytes) -> None:
        arriving = folders.upload(clip.project_id)
        try:
            arriving.write_bytes(clean_picture(content))
            os.replace(arriving, folders.portrait(clip))
        except OSError as error:
            raise Problem(507, "disk_full", FULL) from error
        finally:
            arriving.unlink(missing_ok=True)

    @router.delete("/portrait", status_code=204, responses=documented(404))
    def drop(clip: str) -> Response:
        """Delete the picture again."""
        folders.forget_portrait(desk.clip(clip))
        return Response(status_code=204)

    return router


def clean_picture(content: bytes) -> bytes:
    """A picture as PNG, upright, without anything that cameras write into pictures.

    Raises
    ------
    Problem
        If it is none.
    """
    from PIL import Image, ImageOps, UnidentifiedImageError

    try:
        with Image.open(BytesIO(content), formats=_KINDS) as image:
            if image.width * image.height > _MOST_PIXELS:
                raise Problem(413, "too_large", "The picture is too large: choose a smaller one.")
            upright = ImageOps.exif_transpose(image).convert("RGB")
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        raise Problem(
            422, "no_picture", "This is no picture that can be read: choose a JPEG, PNG or WebP."
        ) from None
    out = BytesIO()
    upright.save(out, "PNG")
    return out.getvalue()
