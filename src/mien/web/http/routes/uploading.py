"""Uploading clips, and what can be chosen for them."""

from __future__ import annotations

import asyncio
import os
import secrets
import shutil
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Query, Request
from sqlalchemy.exc import IntegrityError
from starlette.concurrency import run_in_threadpool

from mien.engines import offered
from mien.errors import VideoError
from mien.report.language import DEFAULT, Language
from mien.web.http.clip_views import (
    After,
    Audit,
    ClipView,
    Hands,
    Match,
    Measure,
    OptionsView,
    People,
    Room,
    Views,
    Voice,
    WantedView,
    Withhold,
)
from mien.web.http.desk import Desk
from mien.web.http.engines import Engine, traits
from mien.web.http.problems import Problem, documented
from mien.web.http.routes.surrogates import bank
from mien.web.http.uploads import display_name, in_words, printable, receive
from mien.web.queue.probing import Upload
from mien.web.queue.quota import QuotaFull
from mien.web.queue.remuxing import remux
from mien.web.queue.tables import Clip, Kind, Project

_NO_PROJECT = "There is no such project: it may have been removed."
OVER_QUOTA = (
    "The quota leaves no room for this: remove what is not needed any more, or ask an admin for "
    "more."
)
_LOOKED_AT = 2  # uploads at once: each is a process
_BODY = {
    "requestBody": {
        "required": True,
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}


def routes(desk: Desk) -> APIRouter:
    """Routes of uploads."""
    router = APIRouter()
    clips, jobs, folders = desk.store.clips, desk.store.jobs, desk.folders
    looking = asyncio.Semaphore(_LOOKED_AT)
    view = Views(desk).one

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
                ("hands", Hands),
                ("withholds", Withhold),
                ("audits", Audit),
                ("measures", Measure),
            )
        }
        return OptionsView(
            engines=offered(),
            traits=traits(),
            **choices,
            local=desk.serving.on_loopback and not desk.serving.behind_proxy,
            largest_bytes=desk.serving.largest,
            free_bytes=shutil.disk_usage(folders.data).free,
            batches=len(desk.batches),
        )

    @router.post(
        "/clips",
        status_code=201,
        responses=documented(400, 404, 413, 507),
        openapi_extra=_BODY,
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
        hands: Hands = "keep",
        withhold: Withhold = "over 10%",
        audit: Audit = "sample",
        after: After = "ask",
        measure: Measure = "no",
        recorded: bool = False,
        visit: Annotated[str | None, Query(max_length=100)] = None,
        hold: bool = False,
        language: Language = DEFAULT,
    ) -> ClipView:
        """Store a video, the body of the request, and queue it; one that was `recorded` by a
        browser is given durations and an index first. With `hold` it waits until it is begun; the
        report on what is measured then is written in `language`."""
        if surrogate != "auto" and surrogate not in bank():
            raise Problem(422, "invalid", "There is no such surrogate: choose another face.")
        into = desk.project(project)
        home = into.id
        jobs.check_room(Kind.DEIDENTIFY)  # before a large video is sent for nothing
        called, place = display_name(name), folders.upload(home)
        room = ExitStack()  # kept until the video is listed, and counts as stored
        try:
            size, digest = await take(request, into, place, room)
            if not place.exists():  # the project was removed while the video arrived
                raise Problem(404, "no_project", _NO_PROJECT)
            found = await look(place, called, recorded)
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
                subject=printable(subject or "") or None,
                voice=voice,
                surroundings=surroundings,
                hands=hands,
                withhold=withhold,
                audit=audit,
                compare=after == "ask",
                measure=None if measure == "no" else measure,
                language=language,
            )
            clip = Clip(
                id=secrets.token_hex(16),
                project_id=home,
                name=called,
                after=after,
                size=place.stat().st_size if recorded else size,
                digest=digest,
                subject=wanted.subject,
                visit=printable(visit or "") or None,
                width=found.width,
                height=found.height,
                frames=found.frames,
                seconds=found.seconds,
            )
            desk.made(clip.id)
            return view(await run_in_threadpool(queue, place, clip, wanted, hold))
        finally:
            place.unlink(missing_ok=True)
            room.close()

    async def take(
        request: Request, into: Project, place: Path, room: ExitStack
    ) -> tuple[int, str]:
        """Write the body of a request to a file; its size and checksum. Room is kept for it."""
        length = request.headers.get("content-length", "")
        announced = int(length) if length.isascii() and length.isdigit() else None
        largest = desk.serving.largest
        try:
            left = await run_in_threadpool(room.enter_context, desk.quota.room(into, announced))
        except QuotaFull as error:
            raise Problem(507, "quota_full", str(error)) from error
        try:
            most = largest if left is None else min(left, largest)
            return await receive(request.stream(), announced, most, place)
        except Problem as problem:
            if problem.code == "too_large" and left is not None and left < largest:
                raise Problem(507, "quota_full", OVER_QUOTA) from problem
            raise

    async def look(place: Path, called: str, recorded: bool) -> Upload:
        """What an upload is."""
        try:
            async with looking:  # waiting takes no thread from the pages
                if recorded:
                    await run_in_threadpool(remux, place)
                return await run_in_threadpool(desk.look, place)
        except VideoError as error:
            raise Problem(422, "not_a_video", in_words(error, place, called)) from error

    def queue(place: Path, clip: Clip, wanted: WantedView, hold: bool) -> Clip:
        stored = folders.original(clip)
        os.replace(place, stored)  # first the file: a job without its original would fail
        try:
            return clips.add(clip, wanted.model_dump(), held=hold)
        except BaseException as error:
            stored.unlink(missing_ok=True)
            if isinstance(error, IntegrityError):
                raise Problem(404, "no_project", _NO_PROJECT) from error
            raise

    return router
