"""Patients and visits: pseudonyms, notes, and the table that says which file shows whom."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from mien.web.http.clip_views import ClipView, Views
from mien.web.http.desk import Desk
from mien.web.http.keys import LARGEST, note_of, one_line, read_keys, write_keys
from mien.web.http.problems import Problem, documented


class Description(BaseModel):
    """Whom a clip shows, and what somebody wants to remember of it; what is left out stays."""

    model_config = ConfigDict(extra="forbid")

    subject: Annotated[str | None, Field(max_length=200)] = None
    visit: Annotated[str | None, Field(max_length=200)] = None
    note: Annotated[str | None, Field(max_length=4000)] = None


class KeysView(BaseModel):
    """What was taken of a table of keys."""

    taken: int
    """Clips that it said something of."""
    changed: int
    """Clips that are described otherwise now."""
    unknown: list[str]
    """Ids or files of rows that are about no clip of the project, the first ones."""
    unknown_count: int


_NAMED = 5  # rows that are about nothing


def routes(desk: Desk) -> APIRouter:
    """Routes of descriptions and of the table of keys."""
    router = APIRouter()
    clips = desk.store.clips
    view = Views(desk).one

    def describe(clip: str, values: dict[str, str | None]) -> None:
        """Note it, and have what is still to be made of the subject get the subject's face."""
        found = desk.clip(clip)
        clips.describe(clip, **values)
        if "subject" in values and found.run is None:
            clips.want(clip, {**found.job.wanted, "subject": values["subject"]})

    @router.put("/clips/{clip}/description", responses=documented(404))
    def change(clip: str, description: Description) -> ClipView:
        """Say whom a clip shows: it is called so from then on, and so are reports made of it."""
        values: dict[str, str | None] = {
            name: note_of(text) if name == "note" else one_line(text)
            for name, text in description.model_dump(exclude_unset=True).items()
        }
        describe(clip, values)
        return view(desk.clip(clip))

    @router.get(
        "/keys.csv",
        responses={200: {"content": {"text/csv": {}}}, **documented(404)},
        response_class=Response,
    )
    def keys(project: str | None = None) -> Response:
        """The table of keys: names of files and pseudonyms. Keep it apart from results."""
        listed = clips.listing(desk.project(project).id)
        return Response(
            write_keys(clip for clip in listed if clip.leaves is None).encode("utf-8-sig"),
            media_type="text/csv",
            headers={"Content-Disposition": 'attachment; filename="keys-KEEP-APART.csv"'},
        )

    @router.post(
        "/keys",
        responses=documented(404, 413),
        openapi_extra={
            "requestBody": {
                "required": True,
                "content": {"text/csv": {"schema": {"type": "string", "format": "binary"}}},
            }
        },
    )
    async def take(request: Request, project: str | None = None) -> KeysView:
        """Describe clips as a table of keys says, all of them or none."""
        content = bytearray()
        async for piece in request.stream():
            content += piece
            if len(content) > LARGEST:
                raise Problem(413, "too_large", "The table is too large: send a part of it.")
        return await run_in_threadpool(apply, bytes(content), project)

    def apply(content: bytes, project: str | None) -> KeysView:
        listed = [one for one in clips.listing(desk.project(project).id) if one.leaves is None]
        found, unknown = read_keys(content, listed)
        now = {clip.id: (clip.subject, clip.visit, clip.note) for clip in listed}
        changed = [key for key in found if now[key.clip] != (key.subject, key.visit, key.note)]
        for key in changed:
            describe(key.clip, {"subject": key.subject, "visit": key.visit, "note": key.note})
        return KeysView(
            taken=len(found),
            changed=len(changed),
            unknown=unknown[:_NAMED],
            unknown_count=len(unknown),
        )

    return router
